"""Finished samples into the catalog, at once and for certain, then graded: in a thread, so that decoding goes on.

A sample is journalled before it is graded, and before one that was finished earlier is: a grader may take long. When
the catalog is locked or the disk is full the journal waits and tries again; what it holds is not lost, and the worker
stops decoding meanwhile.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aa_tui.catalog import samples, turns
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.db import CatalogFile, open_again, open_catalog, set_synchronous
from aa_tui.catalog.rows import BudgetProbe, EvalSample, ScoreRow
from aa_tui.catalog.turns import TurnRow
from aa_tui.evals import finish
from aa_tui.evals.conversation.talks import is_talk
from aa_tui.evals.items import Item, Pack, Verdict
from aa_tui.runs.evaluation.conversing import transcript_of
from aa_tui.runs.patience import patiently

if TYPE_CHECKING:
    from aa_tui.evals.grading import Grading

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sample answered when its thinking was closed after `budget_tokens`."""

    budget_tokens: int
    answer: str
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished sample with its probes."""

    sample: EvalSample
    probes: tuple[Probe, ...] = ()


_OfTurns = Callable[[sqlite3.Connection], None]
"""What is to be written about turns of conversations."""


class Journal:
    """Writes and grades; a context manager, at whose end everything is written.

    Where the disk stays full it waits on; once `should_stop` says so only for some minutes more.
    """

    def __init__(
        self,
        catalog_path: Path,
        run_id: int,
        pack: Pack,
        grading: Grading,
        on_graded: Callable[[sqlite3.Connection], None],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        file: CatalogFile | None = None,
    ) -> None:
        self._path = catalog_path
        self._file = file
        self._run_id = run_id
        self._pack = pack
        self._items: dict[str, Item] = {item.id: item for item in pack.items}
        self._grading = grading
        self._on_graded = on_graded
        self._should_stop = should_stop
        self._queue: queue.SimpleQueue[Entry | _OfTurns | None] = queue.SimpleQueue()
        self._n_open = 0
        self._n_turns = self._n_turns_written = 0
        self._lock = threading.Lock()
        self._turn_written = threading.Condition()
        self.trouble: str | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def __enter__(self) -> Journal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    @property
    def n_open(self) -> int:
        """Samples that are not written or not graded yet."""
        return self._n_open

    @property
    def failure(self) -> BaseException | None:
        """What the journal died of; nothing more can be kept then."""
        return self._failure

    def put(self, entry: Entry) -> None:
        """Hand over a finished sample."""
        with self._lock:
            self._n_open += 1
        self._queue.put(entry)

    def put_turn(self, turn: TurnRow) -> int:
        """Hand over a turn of a conversation: it is written before what is handed over later. A number for
        `has_turn`."""
        self._queue.put(lambda conn: turns.add(conn, self._run_id, turn))
        self._n_turns += 1
        return self._n_turns

    def has_turn(self, number: int) -> bool:
        """Whether this turn has been written, for certain."""
        return self._n_turns_written >= number

    def await_turn(self, seconds: float) -> None:
        """Wait until any further turn has been written, or so long."""
        with self._turn_written:
            self._turn_written.wait_for(lambda: self._n_turns_written == self._n_turns, seconds)

    def forget_turns(self, item_id: str, epoch: int) -> None:
        """Forget the turns of a conversation that begins anew."""
        self._queue.put(lambda conn: turns.forget(conn, self._run_id, item_id, epoch))
        self._n_turns += 1

    def _write_turns(self, conn: sqlite3.Connection, write: _OfTurns) -> None:
        self._persist(lambda: write(conn))
        with self._turn_written:
            self._n_turns_written += 1
            self._turn_written.notify_all()

    def _run(self) -> None:
        try:
            with closing(open_again(self._file) if self._file else open_catalog(self._path)) as conn:
                set_synchronous(conn, "FULL")
                self._grade_rest(conn)
                self._take_all(conn)
                self._persist(lambda: self._on_graded(conn))
        except BaseException as error:  # noqa: BLE001  # a thread's errors are seen by nobody: the worker raises it
            self._failure = error

    def _take_all(self, conn: sqlite3.Connection) -> None:
        """Until the end is handed over and everything before it is graded."""
        written: deque[tuple[int, Entry]] = deque()
        is_last = False
        while written or not is_last:
            try:
                entry = self._queue.get(block=not written and not is_last)
            except queue.Empty:
                self._grade(conn, *written.popleft())
                with self._lock:
                    self._n_open -= 1
                continue
            if entry is None:
                is_last = True
            elif not isinstance(entry, Entry):
                self._write_turns(conn, entry)
            else:
                written.append((self._write(conn, entry), entry))

    def _write(self, conn: sqlite3.Connection, entry: Entry) -> int:
        probes = [(probe.budget_tokens, probe.answer, probe.n_tokens) for probe in entry.probes]
        return self._persist(lambda: samples.add(conn, self._run_id, entry.sample, probes))

    def _grade(self, conn: sqlite3.Connection, sample_id: int, entry: Entry) -> None:
        self._score(conn, sample_id, entry.sample)
        for probe in entry.probes:
            self._score_probe(conn, sample_id, entry.sample.item_id, probe)
        self._persist(lambda: self._on_graded(conn))

    def _grade_rest(self, conn: sqlite3.Connection) -> None:
        """What was written but not graded when the worker before this one went."""
        for row in samples.ungraded(conn, self._run_id):
            self._score(conn, row.id, samples.get(conn, row.id))
        by_id = {row.id: row.item_id for row in samples.scored(conn, self._run_id)}
        for left in samples.probes(conn, self._run_id, ungraded_only=True):
            probe = Probe(left.budget_tokens, left.answer, left.n_tokens)
            self._score_probe(conn, left.sample_id, by_id[left.sample_id], probe)

    def _score(self, conn: sqlite3.Connection, sample_id: int, sample: EvalSample) -> None:
        item = self._items.get(sample.item_id)
        answer = answer_of(conn, self._run_id, self._pack, item, sample)
        row = score_row(verdict_of(self._grading, self._pack, item, sample, answer))
        self._persist(lambda: samples.add_score(conn, sample_id, row))

    def _score_probe(self, conn: sqlite3.Connection, sample_id: int, item_id: str, probe: Probe) -> None:
        item = self._items.get(item_id)
        if item is None:
            return
        waiting = BudgetProbe(sample_id, probe.budget_tokens, probe.answer, probe.n_tokens, None, None, None)
        graded = probe_verdict(self._grading, self._pack, item, waiting)
        self._persist(lambda: samples.set_probe(conn, graded))

    def _persist(self, write: Callable[[], _Result]) -> _Result:
        return patiently(write, is_to_end=self._should_stop, on_trouble=self._note_trouble, path=self._path)

    def _note_trouble(self, words: str | None) -> None:
        self.trouble = words


def answer_of(conn: sqlite3.Connection, run_id: int, pack: Pack, item: Item | None, sample: EvalSample) -> str:
    """What a grader is given of a sample: its answer, and of one that is a conversation all of its turns."""
    if item is None or not is_talk(pack, item):
        return sample.answer
    return transcript_of(turns.of_sample(conn, run_id, sample.item_id, sample.epoch))


def verdict_of(grading: Grading, pack: Pack, item: Item | None, sample: EvalSample, answer: str) -> Verdict:
    """What became of a sample: how it ended, and where it ended of itself what its grader says of `answer_of` it."""
    return finish.verdict_of(
        grading,
        pack,
        item,
        answer,
        finish_reason=sample.finish_reason,
        has_thought=bool(sample.thinking),
        message=sample.message,
    )


def probe_verdict(grading: Grading, pack: Pack, item: Item, probe: BudgetProbe) -> BudgetProbe:
    """A probe with the verdict on its answer."""
    verdict = finish.graded(grading, pack, item, probe.answer)
    return probe._replace(outcome=verdict.outcome, extracted=verdict.extracted, grader=verdict.grader)


def score_row(verdict: Verdict) -> ScoreRow:
    """A verdict as the catalog keeps it."""
    return ScoreRow(
        verdict.grader,
        verdict.outcome,
        verdict.extracted,
        verdict.detail,
        verdict.jail,
        verdict.parts,
        utc_now(),
        verdict.fault,
    )
