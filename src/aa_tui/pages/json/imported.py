"""What was imported, as plain values with stable keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aa_tui.actions.logs import Imported


def as_json(one: Imported) -> dict[str, Any]:
    """One evaluation, or the speeds of one file."""
    return {
        "file": one.file_name,
        "program": one.program,
        "what": one.what,
        "name": one.model,
        "model": one.slug,
        "status": one.outcome.replace(" ", "_"),
        "n_samples": one.n_samples,
        "run_id": one.run_id,
        "figures": [
            {
                "metric": figure.metric,
                "value": figure.value,
                "unit": figure.unit,
                "n": figure.n,
                "stderr": figure.stdev,
                "interval_low": figure.interval_low,
                "interval_high": figure.interval_high,
            }
            for figure in one.figures
        ],
    }
