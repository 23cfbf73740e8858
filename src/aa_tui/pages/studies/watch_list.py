"""The files that are watched on this machine and how they stand, and their probes by date."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aa_tui.analysis import MISSING
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.studies import watch
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.probe_compared import Probe, load
from aa_tui.runs.studies.probe_plan import BASELINE, CHOSEN, CONDITIONS, PINNED, finished_here
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

Table = tuple[tuple[str, ...], list[tuple[str, ...]], frozenset[int]]
"""Head, rows, and the columns of words."""


def files_json(conn: sqlite3.Connection, build: str | None = None) -> list[dict[str, Any]]:
    """A row for each baseline that is the newest of its file, the file probed last first.

    `needs_probe` tells whether llama.cpp was built anew since the last probe; None where `build`, today's, is not told.
    """
    found = finished_here(conn)
    newest: dict[str, RunRow] = {}
    for one in found:
        if one.settings.get(PINNED):
            newest[one.file.sha256] = one
    rows = []
    for baseline in newest.values():
        of_it = [one for one in found if one.settings.get(BASELINE) == baseline.uid and not one.settings.get(CHOSEN)]
        last = of_it[-1] if of_it else baseline
        probe = load(conn, last)
        probed_with = (last.settings.get(CONDITIONS) or {}).get("build")
        rows.append(
            {
                "file": baseline.file.shown_name,
                "path": baseline.file.shown_path,
                "model": baseline.slug,
                "baseline_run_id": baseline.id,
                "baseline_at": baseline.ended_at,
                "last_run_id": last.id,
                "last_file": last.file.shown_name,
                "last_path": last.file.shown_path,
                "last_at": last.ended_at,
                "n_probes": 1 + len(of_it),
                "verdict": watch.verdict(probe),
                "result": watch.few_words(probe),
                "build": probed_with,
                "is_here": Path(last.file.path).exists(),
                "needs_probe": None if build is None else probed_with != build,
            }
        )
    return sorted(rows, key=lambda row: str(row["last_at"]), reverse=True)


def files_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The same to be read."""
    head = ("File", "Baseline", "Last", "Probes", "Since then")
    body: list[tuple[str, ...]] = [
        (
            str(row["file"]),
            f"run {row['baseline_run_id']}",
            str(row["last_at"])[:10],
            str(row["n_probes"]),
            str(row["result"]) if row["last_run_id"] != row["baseline_run_id"] else "not probed since",
        )
        for row in rows
    ]
    return head, body, frozenset({0, 1, 2, 4})


def history(conn: sqlite3.Connection, target: str | None = None) -> list[Probe]:
    """The probes of this machine, oldest first; of `target`, a path, a file's name or a model, alone.

    Raises RunError where there is none of it.
    """
    found = [one for one in finished_here(conn) if target is None or _is_of(one, target)]
    if target is not None and not found:
        raise RunError(
            f"There is no probe of {quoted(target)} on this machine: `aa-tui watch {quoted(target)}` makes one."
        )
    return [load(conn, one) for one in found]


def history_json(conn: sqlite3.Connection, target: str | None = None) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "run_id": probe.run.id,
            "file": probe.run.file.shown_name,
            "path": probe.run.file.shown_path,
            "at": probe.run.ended_at,
            "build": (probe.run.settings.get(CONDITIONS) or {}).get("build"),
            "result": watch.few_words(probe),
            **watch.values(probe),
        }
        for probe in history(conn, target)
    ]


def history_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The same to be read."""
    head = ("Run", "Date", "File", "llama.cpp", "pp128", "tg32", "Against", "Result")
    body: list[tuple[str, ...]] = [
        (
            str(row["run_id"]),
            str(row["at"])[:10],
            str(row["file"]),
            clean_line(str(row["build"] or MISSING)),
            _rate(row, "pp128"),
            _rate(row, "tg32"),
            _reference(row),
            str(row["result"]) if not row["is_baseline"] else "baseline",
        )
        for row in rows
    ]
    return head, body, frozenset({1, 2, 3, 6, 7})


def trouble(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of `files_json`: a sentence for each file that became worse, and for each to be probed anew."""
    worse = [
        f"{row['last_file']}: {row['result']} since its baseline; `aa-tui runs show {row['last_run_id']}` has it, and "
        f"`aa-tui watch {quoted(str(row['last_path']))} --pin` takes it as it is."
        for row in rows
        if row["verdict"] == "regression"
    ]
    due = [
        f"llama.cpp was built anew since {row['last_file']} was probed: "
        f"run `aa-tui watch {quoted(str(row['last_path']))}`."
        for row in rows
        if row["needs_probe"] and row["is_here"]
    ]
    return worse + due


def _is_of(run: RunRow, target: str) -> bool:
    wanted = {target, str(Path(target).expanduser().absolute())}
    return bool(wanted & {run.file.path, run.file.shown_name, run.slug, run.target, run.file.name})


def _rate(row: Mapping[str, Any], test: str) -> str:
    speed = row["speeds"].get(test)
    if speed is None:
        return MISSING
    if "change" not in speed:
        return f"{speed['tokens_per_s']:,.1f}"
    return f"{speed['tokens_per_s']:,.1f} ({speed['change'] * 100:+.1f} % on {speed['reference_tokens_per_s']:,.1f})"


def _reference(row: Mapping[str, Any]) -> str:
    """What the changes of a row are against: "run 9", "mean of 4 since run 9"."""
    n = max((speed.get("n_reference", 0) for speed in row["speeds"].values()), default=0)
    if not n:
        return MISSING
    first = f"run {min(row['reference_run_ids'])}"
    if row["compared_file"]:
        first += f" of {row['compared_file']}"
    return first if n == 1 else f"mean of {n} since {first}"
