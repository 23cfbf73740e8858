"""An evaluation's score on all items, estimated from those it has answered and a cheaper run that has answered all.

It stands beside the plain score and is never noted as one that was measured.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from aa_tui.analysis.control_variate import Controlled, cells_of, controlled, worth_of
from aa_tui.analysis.evaluation import in_turn
from aa_tui.catalog import runs, samples, scores
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.outcomes import UNKNOWN, Outcome

LEAST = 16
"""Answered items from which a control says something: two cells of eight."""

MOST_LOOKED_AT = 50
"""Runs, the newest ones, among which a control is looked for."""


@dataclass(frozen=True, slots=True)
class Control:
    """What a run's score comes to with another as its control; `why_not` says why that cannot be told."""

    run: RunRow
    control: RunRow
    result: Controlled | None
    why_not: str = ""

    def n_worth(self, n: int) -> float | None:
        """With the control n items give the interval that so many would without; None where that is not known."""
        one = self.result
        if one is None or not 0 < n <= one.population:
            return None
        return worth_of(n, one.unexplained, one.population, estimand=one.interval.estimand)


def with_control(conn: sqlite3.Connection, run: RunRow, control: RunRow, *, these_items: bool | None = None) -> Control:
    """The score of `run` with `control`. `these_items`: about just the items that the control has; None as it says."""
    why = _why_not(conn, run, control)
    if why:
        return Control(run, control, None, why)
    rows = samples.scored(conn, run.id)
    rows = rows if run.state == "finished" else in_turn(rows)
    others = samples.scored(conn, control.id)
    too_long = set(run.setup.too_long.items) if run.setup.too_long is not None else set()
    shares = {item: share for item, share in _shares(others).items() if item not in too_long}
    right = {row.item_id: row.outcome == Outcome.CORRECT for row in rows if row.outcome not in (None, *UNKNOWN)}
    n_missing = len(right.keys() - shares.keys())
    if n_missing:
        items = "item is" if n_missing == 1 else "items are"
        return Control(run, control, None, f"{n_missing} of its {items} missing in run {control.id}")
    if len(right) < LEAST:
        answered = "item is" if len(right) == 1 else "items are"
        return Control(run, control, None, f"{len(right)} {answered} answered, and {LEAST} are the least")
    if len(right) == len(shares):
        return Control(run, control, None, f"it has all the items that run {control.id} has")
    levels = {item: _level(share) for item, share in shares.items()}
    categories = {row.item_id: row.category for row in others}
    these = run.setup.these_items if these_items is None else these_items
    cells = cells_of(right, levels, categories)
    found = controlled(cells, estimand="these items" if these else "such items")
    return Control(run, control, found)


def _level(share: float | None) -> str:
    """What a control made of an item."""
    if share is None:
        return "unknown"
    return "right" if share >= 0.5 else "wrong"


def found(conn: sqlite3.Connection, run: RunRow) -> RunRow | None:
    """The run that is the best control as far as can be said without looking at answers; None where there is none.

    One of the same model before others, of files the one that is nearest in size, and the newest.
    """
    return min(_candidates(conn, run), key=lambda one: _distance(run, one), default=None)


def best_with_control(conn: sqlite3.Connection, run: RunRow, *, these_items: bool | None = None) -> Control | None:
    """What a run that has answered a part comes to with the control that suits it; None where nothing can be said."""
    if run.kind != "eval" or _is_whole(run) or run.n_done < LEAST:
        return None
    other = found(conn, run)
    if other is None:
        return None
    one = with_control(conn, run, other, these_items=these_items)
    return one if one.result is not None else None


def _why_not(conn: sqlite3.Connection, run: RunRow, control: RunRow) -> str:
    reasons = {
        "a run is no control of itself": run.id == control.id,
        "both must be evaluations": (run.kind, control.kind) != ("eval", "eval"),
        "the two are of different packs, or of different versions": _pack(run) != _pack(control),
        "how a log's items were chosen is not known": run.origin == "log",
        "it answers each item several times": run.setup.epochs > 1,
        "it ended because of its score, and the number of items must not depend on that": run.ended_by_score,
    }
    why = next((words for words, speaks_against in reasons.items() if speaks_against), "")
    if why:
        return why
    headlines = ((one.id, scores.no_headline(conn, one)) for one in (run, control))
    return next((f"run {number} has {words}" for number, words in headlines if words is not None), "")


def _pack(run: RunRow) -> tuple[str | None, str | None]:
    return run.pack, run.pack_version


def _candidates(conn: sqlite3.Connection, run: RunRow) -> Iterator[RunRow]:
    for one in runs.list_runs(conn, limit=MOST_LOOKED_AT):
        is_like_it = one.kind == "eval" and one.origin != "log" and _pack(one) == _pack(run)
        if is_like_it and one.id != run.id and one.n_done > run.n_done and _is_whole(one):
            yield one


def _is_whole(run: RunRow) -> bool:
    """Whether it has answered all of its pack, but for what is too long to be asked."""
    setup = run.setup
    if setup.n_items_of_pack is None:
        return False
    return run.n_done >= (setup.n_items_of_pack - setup.n_too_long) * setup.epochs


def _distance(run: RunRow, other: RunRow) -> tuple[bool, float, int]:
    is_kin = run.file.model_id is not None and run.file.model_id == other.file.model_id
    return not is_kin, abs((run.file.size_bytes or 0) - (other.file.size_bytes or 0)), -other.id


def _shares(rows: list[ScoredSample]) -> dict[str, float | None]:
    """Of each item the share right of its decided answers; None where there is none."""
    told: dict[str, list[bool]] = {row.item_id: [] for row in rows}
    for row in rows:
        if row.outcome is not None and row.outcome not in UNKNOWN:
            told[row.item_id].append(row.outcome == Outcome.CORRECT)
    return {item: sum(hits) / len(hits) if hits else None for item, hits in told.items()}
