"""A speed run's figures as plain values with stable keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aa_tui.catalog.rows import LocalResult, SampleRow
from aa_tui.speed.electricity import Tariff
from aa_tui.speed.summary import summarise


def figures(result: LocalResult, name: str, samples: Sequence[SampleRow]) -> dict[str, Any]:
    """What JSON has of a test besides llama-bench's mean and deviation; keys only where there is a figure."""
    found: dict[str, Any] = {}
    if name in result.measurements:
        summary = next((one for one in summarise(samples) if one.name == name), None)
        if summary is not None:
            found["tokens_per_s_median"] = summary.tokens_per_s_median
            found["tokens_per_s_q1"], found["tokens_per_s_q3"] = summary.tokens_per_s_q1, summary.tokens_per_s_q3
    for clock in ("burst_tps", "sustained_tps", "bandwidth_share", "joules_per_token"):
        figure = result.measurements.get(f"{name}.{clock}")
        if figure is not None:
            found[clock] = figure.value
    tariff = Tariff.from_dict(result.run.setup.tariff)
    if "joules_per_token" in found:
        found["joules_per_token_stdev"] = result.measurements[f"{name}.joules_per_token"].stdev
        found["energy_source"] = result.run.setup.energy_source
        if tariff is not None:
            found["electricity_per_m_tokens"] = tariff.cost_per_m_tokens(found["joules_per_token"])
            found["electricity_currency"], found["electricity_per_kwh"] = tariff.currency, tariff.per_kwh
    return found
