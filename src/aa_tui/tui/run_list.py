"""The runs as the runs view lists them: a source of rows, and the table's columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING
from aa_tui.catalog import runs
from aa_tui.tui.columns import Column, Part
from aa_tui.tui.live import STATE_MARKS, local_time, progress_bar
from aa_tui.tui.store import RECENT_RUNS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import LocalResult, RunRow, SampleRow
    from aa_tui.tui.store import Store

BAR_CELLS = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One run with its figures so far."""

    run: RunRow
    pp: str
    tg: str


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

    def details(self, run: RunRow) -> tuple[LocalResult | None, list[SampleRow]]:
        """All that is known of a run."""
        nothing: tuple[LocalResult | None, list[SampleRow]] = (None, [])
        return self._store.read(lambda conn: (runs.result_of(conn, run), runs.samples(conn, run.id)), nothing)


def _kept(entry: Entry | None, run: RunRow) -> Entry | None:
    """What was read before, if nothing can have changed: the run had ended and still reads the same."""
    return entry if entry is not None and not run.is_live and entry.run == run else None


def _entry(result: LocalResult) -> Entry:
    return Entry(result.run, _rate(result, "pp512"), _rate(result, "tg128"))


def _rate(result: LocalResult, metric: str) -> str:
    row = result.measurements.get(metric)
    return f"{row.value:,.1f}" if row else MISSING


def _state(entry: Entry, _: int) -> Sequence[Part]:
    run = entry.run
    mark, kind = STATE_MARKS[run.state]
    word = "stopping" if run.control == "stop" and run.is_live else run.state
    return ((f"{mark} ", kind), (word, kind))


def _progress(entry: Entry, width: int) -> Sequence[Part]:
    run = entry.run
    if run.is_live:
        return (*progress_bar(run.progress, BAR_CELLS), (f"  {run.progress_text}", "dim"))
    if run.reason:
        return ((run.reason, "dim"),)
    return ((f"pp {entry.pp} · tg {entry.tg} tok/s", "here" if entry.tg != MISSING else "faint"),)


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
    Column("progress", "Progress and result", 32, _progress, right=False, flexible=True, most=52),
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
