"""What more items would take and give, from those that a run has done: the plan that is shown before going on."""

from __future__ import annotations

import sqlite3
import statistics
from dataclasses import dataclass
from typing import Any

from aa_tui.analysis.planning import SIZES, PilotItem, PlanRow, Throughput, TokenFit, fit_tokens, plan
from aa_tui.catalog import runs, samples, slot_probes, telemetry
from aa_tui.catalog.rows import RunRow
from aa_tui.outcomes import CUT_SHORT
from aa_tui.pages.evaluation import too_long

SHARE = 0.7
"""The intervals' widths are told for this score: unknown before the run, and widest in the middle."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Rows for some numbers of items; empty while fewer than two samples are done."""

    run: RunRow
    n_done: int
    n_items: int
    fit: TokenFit | None
    rows: tuple[PlanRow, ...]
    slots: int | None
    watts: float | None


def of_run(conn: sqlite3.Connection, run: RunRow) -> RunPlan:
    """The plan of an evaluation as it stands."""
    done = [row for row in samples.scored(conn, run.id) if row.outcome != "error"]
    n_items = run.settings.get("n_items_of_pack") or run.n_items or len(done)
    slots = run.settings.get("n_parallel")
    rate = runs.result_of(conn, run).measurements.get(f"eval.{run.pack}.tokens_per_s_total")
    power = [state.power_w for state in telemetry.of_run(conn, run.id) if state.power_w is not None]
    watts = statistics.fmean(power) if power else None
    if len(done) < 2 or rate is None or not isinstance(slots, int):
        return RunPlan(run, len(done), n_items, None, (), slots if isinstance(slots, int) else None, watts)
    pilot = [PilotItem(row.n_thinking + row.n_answer, row.outcome not in CUT_SHORT) for row in done]
    fit = fit_tokens(pilot, limit=run.settings.get("max_output_tokens"))
    rows = plan(
        fit,
        Throughput(slots, rate.value, _alone(conn, run, rate.value)),
        n_items,
        sizes=tuple(size for size in SIZES if size < n_items),
        n_done=len(done),
        watts=watts,
        share=SHARE,
        population=n_items if run.settings.get("these_items") else None,
    )
    return RunPlan(run, len(done), n_items, fit, rows, slots, watts)


def _alone(conn: sqlite3.Connection, run: RunRow, total: float) -> float | None:
    """The speed of one slot alone in tokens/s, where the probe for the best number of slots has measured it."""
    machine = run.machine
    known = slot_probes.newest(conn, machine.fingerprint, run.file.sha256) if machine is not None else None
    alone = dict(known.rates).get(1) if known is not None else None
    return None if alone is None else min(alone, total)


def as_json(planned: RunPlan) -> dict[str, Any]:
    """As plain values with stable keys."""
    fit = planned.fit
    return {
        "n_done": planned.n_done,
        "n_items_of_pack": planned.n_items,
        "n_too_long": len((planned.run.settings.get("too_long") or {}).get("items", ())),
        "slots": planned.slots,
        "peak_memory_bytes": planned.run.peak_memory_bytes,
        "tokens_per_item": {"mean": fit.mean, "low": fit.low, "high": fit.high, "n": fit.n, "n_cut": fit.n_cut}
        if fit
        else None,
        "rows": [
            {
                "n": row.n,
                "seconds": row.seconds,
                "seconds_low": row.seconds_low,
                "seconds_high": row.seconds_high,
                "energy_j": row.energy_j,
                "half_width": row.half_width,
            }
            for row in planned.rows
        ],
    }


def lines(planned: RunPlan) -> list[str]:
    """The plan as text."""
    left_out = [f"  {words}"] if (words := too_long(planned.run)) else []
    if planned.fit is None:
        return ["  Too few samples are done to plan by; two are needed.", *left_out]
    fit = planned.fit
    least = "at least " if fit.is_lower_bound else ""
    out = [
        f"  pilot: {planned.n_done} done, {least}{fit.mean:,.0f} tokens a question ({fit.low:,.0f}–{fit.high:,.0f}), "
        f"{planned.slots} slots",
        f"  {'items':>7}  {'time to go':>12}  {'95 % range':>19}  {'energy':>9}  {'interval at 0.7':>15}",
    ]
    for row in planned.rows:
        energy = f"{row.energy_j / 3600:.1f} Wh" if row.energy_j is not None else "–"
        span = f"{time_words(row.seconds_low)} – {time_words(row.seconds_high)}"
        width = f"± {100 * row.half_width:.1f} %"
        out.append(f"  {row.n:>7,}  {time_words(row.seconds):>12}  {span:>19}  {energy:>9}  {width:>15}")
    return [*out, *left_out]


def time_words(seconds: float) -> str:
    """A time to plan with: "45 s", "12 min", "3 h 20", "5 d"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours} h {rest:02}"
    return f"{seconds / 86_400:.1f} d"
