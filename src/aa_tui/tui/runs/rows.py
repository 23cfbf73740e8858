"""The runs as the runs view lists them: a source of rows, and the table's columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from aa_tui.analysis import MISSING
from aa_tui.catalog import runs
from aa_tui.catalog.clock import local
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.charts.here import reliability
from aa_tui.charts.here.evaluations import undecided
from aa_tui.pages.load import of_result
from aa_tui.pages.measured import two_speeds
from aa_tui.pages.text.load import few_words
from aa_tui.tui.core.store import RECENT_RUNS
from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.running import (
    STATE_MARKS,
    Score,
    live_score,
    noted_score,
    progress_bar,
    score_words,
    state_word,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import LocalResult, RunRow, SampleRow
    from aa_tui.pages.studies.report import StudyReport
    from aa_tui.tui.core.store import Store

BAR_CELLS = 8
LIVE_SCORE_FROM = 38
"""The width from which a running score has room for its interval; without that it is not shown."""
WHOLE_FROM = 1000
"""Speeds from here on are told in whole tokens/s: both have room then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One run with its figures so far; `tests` name those of `pp` and `tg`.

    `note` is what undecided samples leave open, or why there is no score.
    """

    run: RunRow
    pp: str
    tg: str
    score: Score | None
    note: str = ""
    n_scored: int | None = None
    through: str = ""
    tests: tuple[str, str] = ("pp", "tg")

    @property
    def counts_a_part(self) -> bool:
        """Whether the run ended with gaps, so that its score is of fewer samples than it has done."""
        return self.run.state in ("stopped", "failed") and self.n_scored is not None and self.n_scored < self.run.n_done


class RunList:
    """The newest runs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: list[Entry] = []
        self._is_stale = False

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
        known = {} if self._is_stale else {entry.run.id: entry for entry in self._entries}
        self._is_stale = False

        def query(conn: sqlite3.Connection) -> list[Entry]:
            found = runs.list_runs(conn, limit=RECENT_RUNS)
            return [_kept(known.get(run.id), run) or _entry(conn, run) for run in found]

        before = self._entries
        self._entries = self._store.read(query, before)
        longest = max(len(before), len(self._entries))
        return [place for place in range(longest) if before[place : place + 1] != self._entries[place : place + 1]]

    def forget(self) -> None:
        """Read the figures of all runs again next time, also of those that have ended."""
        self._is_stale = True

    def details(self, run: RunRow) -> tuple[LocalResult | None, list[SampleRow]]:
        """All that is known of a run."""
        nothing: tuple[LocalResult | None, list[SampleRow]] = (None, [])
        return self._store.read(lambda conn: (runs.result_of(conn, run), runs.samples(conn, run.id)), nothing)

    def found(self, run: RunRow) -> StudyReport | None:
        """What a study found."""
        from aa_tui.pages.studies.report import study_report

        return self._store.read(lambda conn: study_report(conn, run), None)


def _kept(entry: Entry | None, run: RunRow) -> Entry | None:
    """What was read before, if nothing can have changed: the run had ended and still reads the same."""
    return entry if entry is not None and not run.is_live and entry.run == run else None


def _entry(conn: sqlite3.Connection, run: RunRow) -> Entry:
    result = runs.result_of(conn, run)
    if run.kind == "study":
        from aa_tui.pages.studies.report import study_report

        found = study_report(conn, run) if run.n_done else None
        return Entry(run, "", "", None, through=found.few_words if found is not None else "")
    note = result.no_headline or undecided(result).removeprefix(", ")
    noted = result.measurements.get(of_evaluation(result.run.pack, "score_strict"))
    n_scored = noted.n if noted is not None else None
    load = of_result(result) if result.run.kind == "speed" and result.run.file.is_served else None
    if load is not None:
        return Entry(result.run, "", "", None, through=few_words(load))
    pp, tg = two_speeds(result)
    tests = ("pp", "tg") if (pp, tg) == ("pp512", "tg128") else (pp, tg)
    return Entry(result.run, _rate(result, pp), _rate(result, tg), _score(result), note, n_scored, tests=tests)


def _rate(result: LocalResult, metric: str) -> str:
    row = result.measurements.get(metric)
    if row is None:
        return MISSING
    words = f"{row.value:,.0f}" if row.value >= WHOLE_FROM else f"{row.value:,.1f}"
    return words + reliability.flag(result, metric)


def _score(result: LocalResult) -> Score | None:
    """The score so far while it is running, else the one that was noted."""
    if result.run.is_live:
        return live_score(result.run)
    row = result.measurements.get(of_evaluation(result.run.pack, "score_strict"))
    return noted_score(row)


def _state(entry: Entry, _: int) -> Sequence[Part]:
    mark, kind = STATE_MARKS[entry.run.state]
    return ((f"{mark} ", kind), (state_word(entry.run), kind))


def _what(entry: Entry, _: int) -> Sequence[Part]:
    """The pack of an evaluation; other kinds stand back."""
    return ((entry.run.what, "" if entry.run.pack else "dim"),)


def _progress(entry: Entry, width: int) -> Sequence[Part]:
    """How far it is or what came of it; before that, where it was made, unless it was here."""
    run = entry.run
    parts = _of_run(entry, width)
    if run.origin != "machine":
        return parts
    machine = run.machine.name if run.machine is not None else "another machine"
    return ((f"on {machine}  ", "dim"), *parts)


def _of_run(entry: Entry, width: int) -> Sequence[Part]:
    run = entry.run
    if run.kind == "eval":
        return _of_evaluation(entry, width)
    if run.kind == "ask":
        done = f"{run.n_done} of {run.n_items} answered"
        words = run.reason or (run.progress_text if run.is_live else "")
        return ((done, ""), (f"  {words}" if words else "", "dim"))
    if run.is_live:
        return (*progress_bar(run.progress, BAR_CELLS), (f"  {run.progress_text}", "dim"))
    if run.reason:
        return ((run.reason, "dim"),)
    if entry.through or run.kind == "study":
        return ((entry.through, "here"),)
    pp, tg = entry.tests
    return ((f"{pp} {entry.pp} · {tg} {entry.tg} tok/s", "here" if entry.tg != MISSING else "faint"),)


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
        parts += [("  " if parts else "", ""), (score, "" if run.log_of else "here")]
        if entry.counts_a_part:
            parts.append((f" of {entry.n_scored:,}", "warn"))
    if not run.is_live:
        parts.append((f" {done}" if parts else done, "dim" if parts else ""))
    if entry.note and not run.is_live:
        parts.append((f" · {entry.note}", "warn"))
    if n_too_long := run.setup.n_too_long:
        parts.append((f" · {n_too_long:,} too long", "warn"))
    words = run.reason or run.log_of or (run.progress_text if run.state in ("queued", "paused") else "")
    return [*parts, ("  ", ""), (words, "dim")] if words else parts


_ID: Column[Entry] = Column("id", "Run", 4, lambda entry, _: ((str(entry.run.id), "dim"),))
_STATE: Column[Entry] = Column("state", "State", 10, _state, right=False)
_LEAST_MODEL, _MOST_MODEL = 12, 36
_LEAST_PACK, _MOST_PACK = 7, 14
_RESULT: Column[Entry] = Column("progress", "Progress and result", 26, _progress, right=False, flexible=True, most=52)
_MORE: tuple[Column[Entry], ...] = (
    Column(
        "when",
        "When",
        16,
        lambda entry, _: ((local(entry.run.created_at), "dim"),),
        right=False,
        order=lambda entry: entry.run.created_at,
    ),
    Column(
        "machine",
        "Machine",
        16,
        lambda entry, _: ((entry.run.made_on or MISSING, "dim"),),
        right=False,
    ),
    Column("file", "File", 28, lambda entry, _: ((entry.run.file.shown_name, "dim"),), right=False),
)


class Columns(NamedTuple):
    """The columns that always stand, and those that move."""

    fixed: tuple[Column[Entry], ...]
    moving: tuple[Column[Entry], ...]


def columns_of(runs: RunList) -> Columns:
    """Columns as wide as what stands in them, so that no quant and no result has to make room for nothing."""
    entries = [entry for index in range(len(runs)) if (entry := runs.row(index)) is not None]
    model = max((cell_len(entry.run.target) for entry in entries), default=0)
    quant = max((cell_len(entry.run.file.quant or MISSING) for entry in entries), default=0)
    pack = max((cell_len(entry.run.what) for entry in entries), default=0)
    return Columns(
        (
            _ID,
            _STATE,
            Column(
                "model",
                "Model",
                max(5, min(model, _LEAST_MODEL)),
                lambda entry, _: ((entry.run.target, "strong"),),
                right=False,
                flexible=True,
                most=min(model, _MOST_MODEL),
            ),
            Column(
                "quant", "Quant", max(5, quant), lambda entry, _: ((entry.run.file.quant or MISSING, ""),), right=False
            ),
        ),
        (
            Column(
                "what",
                "What",
                max(5, min(pack, _LEAST_PACK)),
                _what,
                right=False,
                flexible=True,
                most=min(pack, _MOST_PACK),
            ),
            _RESULT,
            *_MORE,
        ),
    )
