"""The runs as the runs view lists them: a source of rows, and the table's columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING
from aa_tui.catalog import runs
from aa_tui.charts.here_eval import undecided
from aa_tui.tui.columns import Column, Part
from aa_tui.tui.live import (
    STATE_MARKS,
    Score,
    live_score,
    local_time,
    noted_score,
    progress_bar,
    score_words,
    state_word,
)
from aa_tui.tui.store import RECENT_RUNS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import LocalResult, RunRow, SampleRow
    from aa_tui.tui.store import Store

BAR_CELLS = 8
LIVE_SCORE_FROM = 36
"""The width from which a running score has room for its interval; without that it is not shown."""
WHOLE_FROM = 1000
"""Speeds from here on are told in whole tokens/s: both have room then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One run with its figures so far. `note` is what undecided samples leave open, or why there is no score."""

    run: RunRow
    pp: str
    tg: str
    score: Score | None
    note: str = ""


class RunList:
    """The newest runs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def row(self, index: int) -> Entry | None:
        """The run at a place in the list."""
        return self._entries[index] if index < len(self._entries) else None

    def index_of(self, run_id: int | None) -> int | None:
        """Where a run is in the list."""
        return next((place for place, entry in enumerate(self._entries) if entry.run.id == run_id), None)

    def refresh(self) -> list[int]:
        """Read the runs again; the places where another run stands or the same one reads differently."""
        known = {entry.run.id: entry for entry in self._entries}

        def query(conn: sqlite3.Connection) -> list[Entry]:
            found = runs.list_runs(conn, limit=RECENT_RUNS)
            return [_kept(known.get(run.id), run) or _entry(runs.result_of(conn, run)) for run in found]

        before = self._entries
        self._entries = self._store.read(query, before)
        longest = max(len(before), len(self._entries))
        return [place for place in range(longest) if before[place : place + 1] != self._entries[place : place + 1]]

    def forget(self, run_id: int) -> None:
        """Read this run anew next time: its figures are others now, though it had ended."""
        self._entries = [entry for entry in self._entries if entry.run.id != run_id]

    def details(self, run: RunRow) -> tuple[LocalResult | None, list[SampleRow]]:
        """All that is known of a run."""
        nothing: tuple[LocalResult | None, list[SampleRow]] = (None, [])
        return self._store.read(lambda conn: (runs.result_of(conn, run), runs.samples(conn, run.id)), nothing)


def _kept(entry: Entry | None, run: RunRow) -> Entry | None:
    """What was read before, if nothing can have changed: the run had ended and still reads the same."""
    return entry if entry is not None and not run.is_live and entry.run == run else None


def _entry(result: LocalResult) -> Entry:
    note = result.no_headline or undecided(result, 1, 2).removeprefix(", ")
    return Entry(result.run, _rate(result, "pp512"), _rate(result, "tg128"), _score(result), note)


def _rate(result: LocalResult, metric: str) -> str:
    row = result.measurements.get(metric)
    if row is None:
        return MISSING
    return f"{row.value:,.0f}" if row.value >= WHOLE_FROM else f"{row.value:,.1f}"


def _score(result: LocalResult) -> Score | None:
    """The running score while it goes on, else the one that was noted."""
    if result.run.is_live and (result.run.live.get("no_headline") or live_score(result.run)):
        return live_score(result.run)
    row = result.measurements.get(f"eval.{result.run.pack}.score_strict")
    return noted_score(row)


def _state(entry: Entry, _: int) -> Sequence[Part]:
    mark, kind = STATE_MARKS[entry.run.state]
    return ((f"{mark} ", kind), (state_word(entry.run), kind))


def _what(entry: Entry, _: int) -> Sequence[Part]:
    """The pack of an evaluation; speed stands back."""
    return ((entry.run.pack, ""),) if entry.run.kind == "eval" and entry.run.pack else (("speed", "dim"),)


def _progress(entry: Entry, width: int) -> Sequence[Part]:
    run = entry.run
    if run.kind == "eval":
        return _of_evaluation(entry, width)
    if run.is_live:
        return (*progress_bar(run.progress, BAR_CELLS), (f"  {run.progress_text}", "dim"))
    if run.reason:
        return ((run.reason, "dim"),)
    return ((f"pp {entry.pp} · tg {entry.tg} tok/s", "here" if entry.tg != MISSING else "faint"),)


def _of_evaluation(entry: Entry, width: int) -> list[Part]:
    """Samples done, the score with its interval, and why it is not going on."""
    run = entry.run
    done = f"{run.n_done}/{run.n_items or MISSING}"
    score = score_words(entry.score) if entry.score is not None else ""
    parts: list[Part] = []
    if run.is_live:
        bar, track, _ = progress_bar(run.progress, BAR_CELLS)  # the numbers tell what a percentage would
        parts = [bar, track, (f"  {done:>7}", "")]
        if width < LIVE_SCORE_FROM:
            score = ""
    if score:
        parts += [("  " if parts else "", ""), (score, "here")]
    if not run.is_live:
        parts.append((f"  {done}" if parts else done, "dim" if parts else ""))
    if entry.note and not run.is_live:
        parts.append((f" · {entry.note}", "warn"))
    words = run.reason or (run.progress_text if run.state in ("queued", "paused") else "")
    return [*parts, ("  ", ""), (words, "dim")] if words else parts


FIXED: tuple[Column[Entry], ...] = (
    Column("id", "Run", 4, lambda entry, _: ((str(entry.run.id), "dim"),)),
    Column("state", "State", 10, _state, right=False),
    Column(
        "model",
        "Model",
        22,
        lambda entry, _: ((entry.run.target, "strong"),),
        right=False,
        flexible=True,
        most=36,
    ),
)
MOVING: tuple[Column[Entry], ...] = (
    Column("what", "What", 7, _what, right=False, flexible=True, most=14),
    Column("progress", "Progress and result", 23, _progress, right=False, flexible=True, most=52),
    Column("when", "When", 16, lambda entry, _: ((local_time(entry.run.created_at), "dim"),), right=False),
    Column("quant", "Quant", 7, lambda entry, _: ((entry.run.file.quant or MISSING, ""),), right=False),
    Column(
        "machine",
        "Machine",
        16,
        lambda entry, _: ((entry.run.machine.name if entry.run.machine else MISSING, "dim"),),
        right=False,
    ),
    Column("file", "File", 28, lambda entry, _: ((Path(entry.run.file.path).name, "dim"),), right=False),
)
