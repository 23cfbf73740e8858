"""Every chart there is. A new one is a small file with a `CHART` in this folder, and its name in the list below."""

from __future__ import annotations

from difflib import get_close_matches

from aa_tui.catalog.rows import RunRow
from aa_tui.charts.book import (
    context,
    cost,
    evaluations,
    here_budget,
    here_cache,
    here_depth,
    here_divergence,
    here_faults,
    here_kinds,
    here_latency,
    here_length,
    here_load,
    here_lost,
    here_outcomes,
    here_score_energy,
    here_score_speed,
    here_score_time,
    here_scores,
    here_speculation,
    here_speed,
    here_sustained,
    here_thinking,
    here_tokens,
    here_ttft,
    here_verbosity,
    here_watch,
    intelligence,
    intelligence_vs_price,
    intelligence_vs_price_log,
    latency,
    open_vs_proprietary,
    openness,
    pricing,
    providers,
    response_time,
    served_latency,
    served_load,
    served_rate,
    size,
    speed,
    speed_vs_price,
    tokens,
)
from aa_tui.charts.book.kind import Kind, Section
from aa_tui.errors import UsageError

__all__ = ["ALL", "Kind", "Section", "UnknownChartError", "kind", "of_run"]

ALL: tuple[Kind, ...] = (
    intelligence.CHART,
    open_vs_proprietary.CHART,
    evaluations.CHART,
    openness.CHART,
    intelligence_vs_price.CHART,
    intelligence_vs_price_log.CHART,
    tokens.CHART,
    cost.CHART,
    context.CHART,
    pricing.CHART,
    providers.CHART,
    speed.CHART,
    speed_vs_price.CHART,
    latency.CHART,
    response_time.CHART,
    size.CHART,
    here_speed.CHART,
    here_ttft.CHART,
    here_depth.CHART,
    here_cache.CHART,
    here_speculation.CHART,
    here_load.CHART,
    here_latency.CHART,
    here_sustained.CHART,
    here_divergence.CHART,
    here_watch.CHART,
    served_load.CHART,
    served_latency.CHART,
    served_rate.CHART,
    here_scores.CHART,
    here_kinds.CHART,
    here_score_speed.CHART,
    here_score_time.CHART,
    here_score_energy.CHART,
    here_budget.CHART,
    here_outcomes.CHART,
    here_lost.CHART,
    here_faults.CHART,
    here_length.CHART,
    here_thinking.CHART,
    here_tokens.CHART,
    here_verbosity.CHART,
)
"""In the order in which pages show them: published figures, then what was measured here."""

EVALUATIONS = frozenset(
    chart.CHART.name
    for chart in (
        *(here_scores, here_score_speed, here_score_time, here_score_energy),
        *(here_budget, here_outcomes, here_lost, here_tokens, here_verbosity),
        *(here_kinds, here_faults, here_length, here_thinking),
    )
)
"""The names of those that draw evaluations made here."""

STUDIES = {
    "cache": here_cache.CHART.name,
    "divergence": here_divergence.CHART.name,
    "speculation": here_speculation.CHART.name,
    "watch": here_watch.CHART.name,
}
"""The chart of each study that has one, by the study's name."""

_BY_NAME = {chart.name: chart for chart in ALL}


class UnknownChartError(UsageError):
    """No chart goes by this name. The text names the nearest one."""

    def __init__(self, name: str) -> None:
        wanted = name.lower()
        near = [known for known in _BY_NAME if len(wanted) > 2 and wanted in known]
        near = near or get_close_matches(wanted, _BY_NAME, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        super().__init__(f"There is no chart “{name}”; {hint}`aa-tui chart --list` lists them.")


def of_run(run: RunRow) -> list[str]:
    """The names of the charts that can draw a run of its kind, in the book's order; none of a study without a chart."""
    if run.kind == "study":
        return [STUDIES[run.setup.study]] if run.setup.study in STUDIES else []
    measured = [chart.name for chart in ALL if chart.section == here_speed.CHART.section]
    mine = [name for name in measured if (name in EVALUATIONS) == (run.kind == "eval")]
    return [name for name in mine if name not in STUDIES.values()]


def kind(name: str) -> Kind:
    """The chart with this name. Raises `UnknownChartError`."""
    found = _BY_NAME.get(name.lower())
    if found is None:
        raise UnknownChartError(name)
    return found
