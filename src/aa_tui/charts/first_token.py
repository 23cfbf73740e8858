"""Reasoning models of which the first token is told after the thinking: there is no time of thinking apart from it."""

from __future__ import annotations

from aa_tui.analysis import untold
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.scene import Scene


def thinks_within_first_token(model: ModelRow) -> bool:
    """Whether the model is known to think, and its first token and first answer token are one."""
    return untold.reasoning(model) is True and model.ttfat_s is not None and model.ttft_s == model.ttfat_s


def remark(scene: Scene) -> str:
    """For the note of a chart of times."""
    within = any(map(thinks_within_first_token, scene.models))
    return "hosted services" + (", “with thinking”: published within the time to first token" if within else "")
