"""From a file to a queued probe of it: which earlier probe it is compared with, or whether it is pinned itself."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from aa_tui.catalog import runs
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.library.registering import Progress
from aa_tui.runs.errors import OptionsError, RunError
from aa_tui.runs.studies.plan import file_to_study, queue

WATCH: Final = "watch"
SPEED, BLOCKS, ITEMS, AGAINST = "speed", "tokens", "answers", "against"
CONDITIONS: Final = "conditions"
"""The setting that keeps what a probe was made with."""
PINNED: Final = "pinned"
BASELINE: Final = "baseline"
"""The settings that say whether a probe is a baseline, and the uid of the one that it is compared with."""
CHOSEN: Final = "baseline_chosen"
"""Whether the baseline was named, as for a comparison of two files: then it says nothing of how a file stands."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What is asked of a probe.

    It is compared with the run `baseline`, or with what is pinned of the file `against`, or of the file itself or of
    another content of the same model and quantization here. Without any, or with `pin`, it is pinned itself.
    `force` leaves out the looks at memory and earlier crashes.
    """

    baseline: int | None = None
    against: str | None = None
    pin: bool = False
    n_threads: int | None = None
    force: bool = False


def prepare_watch(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: WatchOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a probe of a file. Returns the run's number.

    Raises RunError where the baseline is no finished probe, or of another machine, and as `file_to_study`.
    """
    options = options or WatchOptions()
    chosen = options.baseline is not None or options.against is not None
    if options.pin and chosen:
        raise OptionsError("--pin makes this probe the baseline: leave out --baseline and --against, or --pin.")
    file = file_to_study(conn, target, model=model, force=options.force, on_progress=on_progress)
    found = None if options.pin else _baseline(conn, file, options.baseline, options.against, on_progress)
    settings = {
        CHOSEN: chosen,
        PINNED: found is None,
        BASELINE: None if found is None else found.uid,
        "n_threads": options.n_threads,
    }
    return queue(conn, WATCH, file, settings)


def finished_on(conn: sqlite3.Connection, fingerprint: str | None) -> list[RunRow]:
    """The finished probes of a machine, oldest first."""
    return [
        one
        for one in runs.studies_called(conn, WATCH)
        if one.state == "finished" and one.machine is not None and one.machine.fingerprint == fingerprint
    ]


def finished_here(conn: sqlite3.Connection) -> list[RunRow]:
    """Those of the machine that this is, oldest first."""
    from aa_tui.host.machine import describe

    return finished_on(conn, describe().fingerprint)


def baseline_of(conn: sqlite3.Connection, run: RunRow) -> RunRow | None:
    """The probe that a probe is compared with; None for one that is pinned, and where it was deleted since."""
    uid = run.settings.get(BASELINE)
    return None if uid is None else next((one for one in runs.studies_called(conn, WATCH) if one.uid == uid), None)


def pinned_for(conn: sqlite3.Connection, file: FileRow) -> RunRow | None:
    """The newest baseline of this content, else of another content that stands for the same file: at the same path, or
    of the same model and quantization."""
    pinned = [one for one in reversed(finished_here(conn)) if one.settings.get(PINNED)]
    own = next((one for one in pinned if one.file.sha256 == file.sha256), None)
    return own or next((one for one in pinned if _is_remade(one.file, file)), None)


def _is_remade(before: FileRow, now: FileRow) -> bool:
    same_model = before.model_id is not None and before.model_id == now.model_id
    return before.path == now.path or (same_model and before.quant == now.quant)


def _baseline(
    conn: sqlite3.Connection, file: FileRow, number: int | None, against: str | None, on_progress: Progress | None
) -> RunRow | None:
    if number is not None:
        run = runs.get(conn, number)
        if run not in finished_here(conn):
            raise RunError(f"Run {number} is no finished probe of this machine: `aa-tui watch --list` lists those.")
        return run
    if against is None:
        return pinned_for(conn, file)
    other = file_to_study(conn, against, force=True, on_progress=on_progress)
    found = pinned_for(conn, other)
    if found is None:
        raise RunError(
            f"There is no baseline of {other.shown_name} on this machine: make one with `aa-tui watch` of that file."
        )
    return found
