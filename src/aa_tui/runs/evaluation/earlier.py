"""What earlier evaluations on this machine say of one that is to come: how long answers are, how fast they come.

Of a served model those through a server do; how fast a server is says nothing of this machine, and the other way round.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from aa_tui.analysis.planning import PilotItem
from aa_tui.catalog import runs, samples
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.outcomes import CUT_SHORT

LEAST = 2
"""Answers from which their lengths say something."""

MOST_LOOKED_AT = 50
"""Evaluations, the newest ones, among which one like this is looked for."""


class Answer(Protocol):
    """What is needed of a finished sample."""

    @property
    def n_thinking(self) -> int: ...
    @property
    def n_answer(self) -> int: ...
    @property
    def outcome(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Earlier:
    """The lengths of answers on a pack, and the speed of all slots of a file together."""

    run: RunRow
    answers: tuple[PilotItem, ...]
    tokens_per_s: float
    slots: int


def lengths(rows: Iterable[Answer]) -> list[PilotItem]:
    """The lengths of answers; those cut short would have been longer."""
    return [
        PilotItem(row.n_thinking + row.n_answer, row.outcome not in CUT_SHORT) for row in rows if row.outcome != "error"
    ]


def like(
    conn: sqlite3.Connection, file: FileRow, pack: str | None, machine: str | None, *, but: int | None = None
) -> Earlier | None:
    """The newest evaluation of this file on this pack and machine, else of another file of its model.

    The lengths of answers are the pack's and the model's; the speed is the file's own wherever it is known. `but` is a
    run that is not asked. None where there is none.
    """
    like_it = [run for run in _evaluations(conn, None if file.is_served else machine) if run.file.kind == file.kind]
    known = [run for run in like_it if run.id != but and file.id == run.file.id]
    others = [
        run
        for run in like_it
        if run.id != but and run.file.id != file.id and file.model_id is not None and run.file.model_id == file.model_id
    ]
    for run in (*known, *others):
        if run.pack != pack or run.n_done < LEAST:
            continue
        answers = lengths(samples.scored(conn, run.id))
        own = next((rate for one in known if (rate := _rate(conn, one)) is not None), None)
        rate = _rate(conn, run) if run in known or own is None else own
        if len(answers) >= LEAST and rate is not None:
            return Earlier(run, tuple(answers), rate, run.setup.n_parallel or 1)
    return None


def _evaluations(conn: sqlite3.Connection, machine: str | None) -> Iterator[RunRow]:
    for run in runs.list_runs(conn, limit=MOST_LOOKED_AT):
        made_at = run.machine.fingerprint if run.machine is not None else None
        if run.kind == "eval" and (run.file.is_served or made_at is not None) and machine in (None, made_at):
            yield run


def _rate(conn: sqlite3.Connection, run: RunRow) -> float | None:
    figure = runs.result_of(conn, run).measurements.get(of_evaluation(run.pack, "tokens_per_s_total"))
    return figure.value if figure is not None and figure.value > 0 else None
