"""What more items would take and give, from those that a run has done: the plan that is shown before going on."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.analysis.planning import SIZES, PlanRow, Throughput, TokenFit, fit_tokens, plan
from aa_tui.catalog import runs, samples, slot_probes, telemetry
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.host.machine import describe
from aa_tui.outcomes import Outcome
from aa_tui.runs.evaluation.earlier import LEAST, Earlier, lengths, like

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


def of_run(conn: sqlite3.Connection, run: RunRow) -> RunPlan:
    """The plan of an evaluation as it stands."""
    done = [row for row in samples.scored(conn, run.id) if row.outcome != Outcome.ERROR]
    setup = run.setup
    n_items = setup.n_items_of_pack or run.n_items or len(done)
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
        population=n_items if setup.these_items else None,
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
