"""What more items would take and give, from those that a run has done: the plan that is shown before going on."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aa_tui.analysis.planning import SIZES, PlanRow, Throughput, TokenFit, fit_tokens, plan
from aa_tui.catalog import runs, samples, slot_probes, telemetry
from aa_tui.catalog.db import path_of
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.gguf.fit import Plan
from aa_tui.host.machine import describe
from aa_tui.library.fits import Fit, file_fit
from aa_tui.library.room import room_here
from aa_tui.outcomes import Outcome
from aa_tui.pages.control import Control, best_with_control
from aa_tui.runs.evaluation.earlier import LEAST, Earlier, lengths, like
from aa_tui.runs.evaluation.needs import n_more_of, needs_of
from aa_tui.runs.evaluation.options import EvalOptions

SHARE = 0.7
"""The intervals' widths are told for this score: unknown before the run, and widest in the middle."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Rows for some numbers of items; empty while nothing tells how long answers are.

    Until two samples are done an `earlier` run like it speaks, where there is one.
    """

    run: RunRow
    n_done: int
    n_items: int
    fit: TokenFit | None
    rows: tuple[PlanRow, ...]
    slots: int | None
    watts: float | None
    earlier: Earlier | None = None
    memory: Fit | None = None
    """At the run's context and slots; None while it is live, and where its file or pack cannot be read."""
    control: Control | None = None
    """A run that has answered all items, and what it says of this one; None where none does."""

    def n_worth(self, row: PlanRow) -> float | None:
        """With the control a row's items give the interval that so many would without; None where none helps."""
        worth = self.control.n_worth(row.n) if self.control is not None and row.n < self.n_items else None
        return worth if worth is not None and worth >= row.n + 1 else None


def of_run(conn: sqlite3.Connection, run: RunRow) -> RunPlan:
    """The plan of an evaluation as it stands."""
    memory = None if run.is_live else _memory(conn, run)
    return replace(_of_run(conn, run), memory=memory, control=best_with_control(conn, run))


def _memory(conn: sqlite3.Connection, run: RunRow) -> Fit | None:
    """What the run takes of the memory: with the context and slots it had until now, else as its pack lets expect."""
    n_ctx, n_slots = run.setup.n_ctx, run.setup.n_parallel
    options = EvalOptions.from_settings(run.settings)
    if n_ctx is not None and n_slots is not None:
        known = Plan(n_ctx, n_slots, options.type_k, options.type_v, n_more=n_more_of(options))
        return file_fit(run.file, room_here(conn, measure=False), lambda _: known)
    return memory_of(conn, run.file, run.setup.pack or run.pack or "", options)


def memory_of(conn: sqlite3.Connection, file: FileRow, pack: str, options: EvalOptions | None = None) -> Fit | None:
    """What an evaluation with a pack takes of the memory; None where file or pack cannot be read."""
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load

    try:
        needs = needs_of(load(pack, path_of(conn).parent), options)
    except PackError:
        return None
    return file_fit(file, room_here(conn, measure=False), needs.plan)


def _of_run(conn: sqlite3.Connection, run: RunRow) -> RunPlan:
    done = [row for row in samples.scored(conn, run.id) if row.outcome != Outcome.ERROR]
    setup = run.setup
    of_all = len(setup.short.items) if setup.short is not None else setup.n_items_of_pack
    n_items = of_all or run.n_items or len(done)
    slots = setup.n_parallel
    rate = runs.result_of(conn, run).measurements.get(of_evaluation(run.pack, "tokens_per_s_total"))
    power = [state.power_w for state in telemetry.of_run(conn, run.id) if state.power_w is not None]
    watts = statistics.fmean(power) if power else None
    if len(done) < LEAST or rate is None or slots is None:
        found = None if run.is_live else like(conn, run.file, run.pack, _machine(run), but=run.id)
        if found is None:
            return RunPlan(run, len(done), n_items, None, (), slots, watts)
        fit, rows = _by(found, n_items, _sizes(run, n_items))
        return RunPlan(run, len(done), n_items, fit, rows, found.slots, watts, found)
    fit = fit_tokens(lengths(done), limit=setup.max_output_tokens)
    rows = plan(
        fit,
        Throughput(slots, rate.value, _alone(conn, run, rate.value)),
        n_items,
        sizes=_sizes(run, n_items),
        n_done=len(done),
        watts=watts,
        share=SHARE,
        population=n_items if setup.these_items and not setup.is_chosen else None,
    )
    return RunPlan(run, len(done), n_items, fit, rows, slots, watts)


def expected(conn: sqlite3.Connection, file: FileRow, pack: str, n_items: int) -> tuple[PlanRow, Earlier] | None:
    """What an evaluation that has not begun will take, from an earlier one like it; None where there is none."""
    found = like(conn, file, pack, describe().fingerprint)
    if found is None or n_items < 1:
        return None
    return _by(found, n_items)[1][-1], found


def _sizes(run: RunRow, n_items: int) -> list[int]:
    """The numbers of items that a plan shows before all: the usual ones, and what was asked for."""
    return sorted(size for size in {*SIZES, run.setup.limit or n_items} if size < n_items)


def _by(found: Earlier, n_items: int, sizes: Sequence[int] = ()) -> tuple[TokenFit, tuple[PlanRow, ...]]:
    fit = fit_tokens(found.answers, limit=found.run.setup.max_output_tokens)
    throughput = Throughput(found.slots, found.tokens_per_s)
    return fit, plan(fit, throughput, n_items, sizes=sizes, share=SHARE)


def _machine(run: RunRow) -> str:
    """Where the run is, or will be, made."""
    return run.machine.fingerprint if run.machine is not None else describe().fingerprint


def _alone(conn: sqlite3.Connection, run: RunRow, total: float) -> float | None:
    """The speed of one slot alone in tokens/s, where the probe for the best number of slots has measured it."""
    machine = run.machine
    known = slot_probes.newest(conn, machine.fingerprint, run.file.sha256) if machine is not None else None
    alone = dict(known.rates).get(1) if known is not None else None
    return None if alone is None else min(alone, total)
