"""The Intelligence Index of a model's class, one bar a model, the best first."""

from __future__ import annotations

from collections.abc import Iterable

from aa_tui.analysis import display
from aa_tui.analysis.model import Model
from aa_tui.charts.spec import Bar, BarChart

_MODES = (" (Reasoning)", " (Non-reasoning)")


def intelligence(models: Iterable[Model], title: str, highlighted: str | None = None) -> BarChart:
    """Bars of the models that have a score on the same version of the index as the highlighted one.

    Args:
        models: the class, in any order.
        title: what the models have in common, as a title.
        highlighted: the slug of the page's model.
    """
    members = list(models)
    scored = [model for model in members if model.intelligence_index is not None]
    version = _version(scored, highlighted)
    shown = sorted(
        (model for model in scored if model.index_version == version),
        key=lambda model: (-(model.intelligence_index or 0.0), model.name.casefold()),
    )
    dates = {model.as_of for model in shown if model.as_of}
    parts = [f"index {version}" if version else "", max(dates) if dates else ""]
    return BarChart(
        name="intelligence",
        title=f"Intelligence Index · {title}",
        unit="0–100",
        better="higher",
        bars=tuple(_bar(model, highlighted) for model in shown),
        total=len(members),
        note=", ".join(filter(None, parts)),
    )


def _bar(model: Model, highlighted: str | None) -> Bar:
    value = model.intelligence_index or 0.0
    return Bar(
        key=model.slug,
        label=_without_mode(model.name),
        value=value,
        text=display.index(value),
        highlighted=model.slug == highlighted,
        reasoning=model.reasoning,
        estimate=model.index_is_estimate,
    )


def _without_mode(name: str) -> str:
    """The name without what the mark before it says."""
    for mode in _MODES:
        name = name.removesuffix(mode)
    return name


def _version(scored: list[Model], highlighted: str | None) -> str | None:
    """The highlighted model's version of the index, else the newest there is."""
    for model in scored:
        if model.slug == highlighted:
            return model.index_version
    return max((model.index_version for model in scored if model.index_version), default=None)
