"""What an evaluation's right answers cost, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.analysis.costs import Rate
from aa_tui.pages.costs import HOW, Costs
from aa_tui.pages.json import scores


def as_json(costs: Costs | None) -> dict[str, Any] | None:
    """The costs; None where nothing was clocked."""
    if costs is None:
        return None
    found, whole, tariff, api = costs.spent, costs.spent.whole, costs.tariff, costs.api
    return {
        "n": found.n,
        "n_right": found.n_right,
        "seconds_per_right": _rate(found.seconds_per_right),
        "joules_per_right": _rate(found.joules_per_right),
        "prefill_s": whole.prefill_s,
        "decode_s": whole.decode_s,
        "prefill_j": whole.prefill_j,
        "decode_j": whole.decode_j,
        "power_w": found.mean_w,
        "idle_power_w": found.idle_w,
        "method": HOW,
        "prompt_tokens": costs.n_prompt,
        "output_tokens": costs.n_output,
        "electricity": {
            "total": costs.electricity,
            "per_right": costs.per_right(costs.electricity),
            "currency": tariff.currency,
            "per_kwh": tariff.per_kwh,
        }
        if tariff is not None and costs.electricity is not None
        else None,
        "api": {
            "provider": api.provider,
            "total_usd": api.usd,
            "per_right_usd": costs.per_right(api.usd),
            "median_total_usd": api.median_usd,
            "n_offers": api.n_offers,
            "source_name": api.source_name,
            "source_url": api.source_url,
            "as_of": api.as_of,
        }
        if api is not None
        else None,
    }


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    return None if rate is None else {"value": rate.value, "interval": scores.as_json(rate.interval)}
