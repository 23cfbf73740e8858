"""What more items would take and give, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.pages.plan import RunPlan


def as_json(planned: RunPlan) -> dict[str, Any]:
    """As plain values with stable keys."""
    fit = planned.fit
    return {
        "n_done": planned.n_done,
        "n_items_of_pack": planned.n_items,
        "n_too_long": planned.run.setup.n_too_long,
        "slots": planned.slots,
        "peak_memory_bytes": planned.run.peak_memory_bytes,
        "memory": {
            "n_ctx": memory.plan.n_ctx,
            "n_slots": memory.plan.n_slots,
            "needed_bytes": memory.memory.needed,
            "fit": memory.mark,
        }
        if (memory := planned.memory)
        else None,
        "control_run_id": planned.control.control.id if planned.control else None,
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
                "n_worth": planned.n_worth(row),
            }
            for row in planned.rows
        ],
    }
