"""An evaluation put together once, from its samples in the catalog: for the app, the shell and JSON."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from aa_tui.analysis.agreement import Agreement, Label, agreement
from aa_tui.analysis.budget_curve import BudgetPoint, budget_curve
from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.analysis.intervals import Score
from aa_tui.catalog import labels, runs, samples
from aa_tui.catalog.metric_names import LOGGED, of_evaluation
from aa_tui.catalog.rows import MeasurementRow, RunRow, ScoredSample
from aa_tui.errors import UsageError
from aa_tui.pages import costs as cost
from aa_tui.pages import talked
from aa_tui.pages.control import Control, best_with_control, with_control
from aa_tui.pages.costs import Costs
from aa_tui.pages.short import Shortened
from aa_tui.pages.short import of_run as short_of
from aa_tui.pages.talked import Talked


class NoEvaluationError(UsageError):
    """The run is of another kind."""

    def __init__(self, run: RunRow) -> None:
        if run.kind == "ask":
            super().__init__(f"Run {run.id} is a conversation: `aa-tui runs show {run.id}` shows it.")
            return
        if run.kind == "study":
            super().__init__(f"Run {run.id} is a study, no evaluation: `aa-tui runs show {run.id}` shows it.")
            return
        super().__init__(f"Run {run.id} measured speed and has no samples; `aa-tui runs show {run.id}` shows it.")


@dataclass(frozen=True, slots=True)
class EvalReport:
    """All that a run's samples tell. `any_time`: it ended because of its score, so its intervals are wider.

    `agreement` is that of verdicts and people's labels, None without any; `n_blind` labels were given unseen.
    `logged` are figures as the log states them that the run was read from. `control` is what its score comes to with
    another run as its control, an estimate beside the score; None where nothing can be estimated.
    `short` is what a run of chosen items tells of all items, an estimate too; there is no score then, since a mean of
    chosen items is none, nor a curve of them. None for other runs.
    `costs` is what its answers took, None while it is running. `talked` is what its conversations came to, None where
    its items are none.
    """

    run: RunRow
    samples: list[ScoredSample]
    summary: Summary
    curve: list[BudgetPoint]
    jails: tuple[str, ...]
    tokens_per_s_total: float | None
    joules_per_token: float | None
    any_time: bool
    agreement: Agreement | None = None
    n_blind: int = 0
    cost_usd: float | None = None
    logged: tuple[MeasurementRow, ...] = ()
    control: Control | None = None
    costs: Costs | None = None
    short: Shortened | None = None
    talked: Talked | None = None

    @property
    def strict(self) -> Score | None:
        """The strict score, with the interval that holds for how the run ended."""
        return self.summary.all.strict


def load(
    conn: sqlite3.Connection, run: RunRow, *, these_items: bool | None = None, control: RunRow | None = None
) -> EvalReport:
    """The report of an evaluation, finished or not. Raises `NoEvaluationError` for another kind of run.

    `these_items`: whether the scores' intervals are for the pack's own items, not for such items; None as the run says.
    `control` is the run that is to be its control; None for one that suits it, where there is one.
    """
    if run.kind != "eval":
        raise NoEvaluationError(run)
    rows = samples.scored(conn, run.id)
    figures = runs.result_of(conn, run).measurements
    setup = run.setup
    these_items = setup.these_items if these_items is None else these_items
    population = _population(setup.n_items_by_category, rows) if these_items else None
    any_time = run.ended_by_score
    summary = summarise(
        rows,
        categories=setup.categories,
        in_turn_only=run.state in ("stopped", "failed"),
        population=population,
        any_time=any_time,
        is_chosen=setup.is_chosen,
    )
    total, joules = (figures.get(of_evaluation(run.pack, name)) for name in ("tokens_per_s_total", "joules_per_token"))
    told = labels.of_run(conn, run.id)
    controlled = (
        best_with_control(conn, run, these_items=these_items)
        if control is None
        else with_control(conn, run, control, these_items=these_items)
    )
    jails = Counter(row.jail for row in rows if row.jail)
    return EvalReport(
        run=run,
        samples=rows,
        summary=summary,
        curve=[] if setup.is_chosen else budget_curve(rows, samples.probes(conn, run.id), any_time=any_time),
        jails=tuple(jails),
        tokens_per_s_total=total.value if total else None,
        joules_per_token=joules.value if joules else None,
        any_time=any_time,
        agreement=agreement_of(rows),
        n_blind=sum(label.blind for label in told.values()),
        cost_usd=_cost(rows),
        logged=tuple(row for metric, row in figures.items() if metric.startswith(LOGGED)),
        control=controlled,
        costs=None if setup.is_chosen else cost.load(conn, run, rows),
        short=short_of(conn, run, rows),
        talked=talked.of_run(conn, run, rows),
    )


def _cost(rows: Sequence[ScoredSample]) -> float | None:
    """What the answers cost; None where nothing was paid."""
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    return sum(known) if known else None


def _population(noted: Mapping[str, int], rows: Sequence[ScoredSample]) -> dict[str, int] | None:
    """The pack's items by category; None where fewer are noted than were answered, which cannot be."""
    answered = Counter(category for category, _ in {(row.category, row.item_id) for row in rows})
    return dict(noted) if noted and all(noted.get(name, 0) >= n for name, n in answered.items()) else None


def agreement_of(rows: Sequence[ScoredSample]) -> Agreement | None:
    """How verdicts and labels agree; None where nothing is labelled."""
    told = [(row.item_id, row.outcome, cast("Label", row.label)) for row in rows if row.label is not None]
    return agreement(told) if told else None
