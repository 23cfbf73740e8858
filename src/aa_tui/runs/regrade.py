"""Grade a run's samples again with the graders of today, without running the model."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.catalog import life, runs, samples
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.runs.errors import RunError
from aa_tui.runs.figures import figures_of, stopped_by_results
from aa_tui.runs.identity import identity_of
from aa_tui.runs.journal import score_row, verdict_of

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack


@dataclass(frozen=True, slots=True)
class Change:
    """A sample whose verdict is another one now."""

    item_id: str
    epoch: int
    before: str | None
    after: str
    grader_before: str | None
    grader_after: str


@dataclass(frozen=True, slots=True)
class Regraded:
    """Old and new scores of a run, and the samples that changed."""

    run: RunRow
    before: Summary
    after: Summary
    changes: tuple[Change, ...]
    n_graded: int


def regrade(conn: sqlite3.Connection, run_id: int, on_progress: Callable[[float], object] | None = None) -> Regraded:
    """Grade every sample again; old verdicts stay in the catalog. Raises RunError, PackError."""
    from aa_tui.evals.grading import Grading
    from aa_tui.evals.packs import load

    run = runs.get(conn, run_id)
    if run.kind != "eval":
        raise RunError(f"Run {run_id} measured speed: there is nothing to grade.")
    if run.is_live:
        raise RunError(f"Run {run_id} goes on and grades by itself; stop it first, or wait for its end.")
    pack = load(run.settings["pack"], path_of(conn).parent)
    _check_pack(run, pack)
    items = {item.id: item for item in pack.items}
    before = samples.scored(conn, run_id)
    with Grading(unsafe_code=bool(run.settings.get("unsafe_code"))) as grading:
        for number, row in enumerate(before):
            sample = samples.get(conn, row.id)
            samples.add_score(conn, row.id, score_row(verdict_of(grading, pack, items.get(row.item_id), sample)))
            if on_progress is not None:
                on_progress((number + 1) / len(before))
    after = samples.scored(conn, run_id)
    in_turn_only = run.state in ("stopped", "failed")
    categories = {item.category for item in pack.items}
    any_time = stopped_by_results(run.state, run.reason)
    summaries = [
        summarise(rows, categories=categories, in_turn_only=in_turn_only, any_time=any_time) for rows in (before, after)
    ]
    runs.put_figures(conn, run, figures_of(pack.name, pack.version, summaries[1], after))
    _note_graders(conn, run, pack)
    return Regraded(run, summaries[0], summaries[1], tuple(_changes(before, after)), len(after))


def _check_pack(run: RunRow, pack: Pack) -> None:
    if run.pack_version not in (None, pack.version):
        raise RunError(
            f"Run {run.id} answered version {run.pack_version} of {pack.name}, and here is version {pack.version}: "
            "verdicts of one on answers to the other would mean nothing."
        )


def _note_graders(conn: sqlite3.Connection, run: RunRow, pack: Pack) -> None:
    """All its samples have the verdicts of today's graders now, so it can go on with these."""
    from aa_tui.evals.grading import grader

    before = run.identity_parts.get("graders")
    if before:
        parts = {**run.identity_parts, "graders": {name: grader(name).version for name in before}}
        life.set_identity(conn, run.id, identity_of(parts), parts)


def _changes(before: list[ScoredSample], after: list[ScoredSample]) -> list[Change]:
    old = {row.id: row for row in before}
    return [
        Change(row.item_id, row.epoch, old[row.id].outcome, row.outcome or "", old[row.id].grader, row.grader or "")
        for row in after
        if row.outcome != old[row.id].outcome
    ]
