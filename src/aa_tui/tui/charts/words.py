"""The value under a chart's cursor in words: the model, the exact value, its unit, its source and date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.charts.line_spec import axis_of
from aa_tui.tui.widgets.parts import styled

if TYPE_CHECKING:
    from textual.content import Content

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.charts.scene import Scene
    from aa_tui.charts.spec import Bar, BarChart, Dot, ScatterChart


SCALE = "0–100"
"""The unit of indexes."""


def of_bar(chart: BarChart, bar: Bar, scene: Scene) -> str:
    """A bar: its figure, what it consists of, where it comes from."""
    model = model_of(scene, bar.key)
    is_of_one = bar.key.count(":") > 1  # a bar for each evaluation of one model
    words = [model.name if model else bar.label, *([bar.label] if is_of_one else []), _of_bar(chart, bar)]
    texts = bar.part_texts or tuple(display.exact(value) for value in bar.parts)
    parts = [f"{name} {text}" for name, text in zip(chart.parts, texts, strict=False) if text]
    if parts:
        words.append(", ".join(parts))
    if bar.group:
        words.append(bar.group)
    if bar.estimate:
        words.append("estimate")
    return " · ".join([*words, *(_score_source(chart, bar, scene) or _source(model) or _run(scene, bar.key))])


def of_dot(chart: ScatterChart, dot: Dot, scene: Scene) -> str:
    """A dot: both figures."""
    axis = axis_of(chart, dot)
    model = model_of(scene, dot.key)
    words = [
        model.name if model else dot.label,
        f"{axis.label} {_of_axis(dot.y, dot.y_text, axis.unit, measured=model is None)}",
        f"{chart.x.label} {_of_axis(dot.x, dot.x_text, chart.x.unit, measured=model is None)}",
    ]
    if dot.estimate:
        words.append("estimate")
    return " · ".join([*words, *(_source(model) or _run(scene, dot.key))])


def line(words: str) -> Content:
    """The words with what is named standing out."""
    name, separator, rest = words.partition(" · ")
    return styled((name, "accent-strong"), (f"{separator}{rest}", ""))


def model_of(scene: Scene, key: str) -> ModelRow | None:
    """The model that a bar or dot stands for; None where it is of something else, such as a provider or a file."""
    slug = key.partition(":")[0]  # a model can have two bars
    return next((model for model in scene.models if model.slug == slug), None)


def _of_bar(chart: BarChart, bar: Bar) -> str:
    """The exact value; what was measured with a spread or an interval reads with it."""
    unit, spread, _ = chart.unit.partition(" ±")
    if "(" in bar.text or " of " in bar.text:
        return f"{bar.text} · {unit}"
    return f"{bar.text} {unit}" if spread and "±" in bar.text else _value(bar.value, unit)


def _of_axis(value: float, text: str, unit: str, *, measured: bool) -> str:
    """The value; what has an interval, or needs another word, reads with it."""
    if "(" in text:
        return text
    return f"{_rounded(value)} {unit}" if measured else _value(value, unit)


def _rounded(value: float) -> str:
    """What was measured here: more digits than a clock gives would promise too much."""
    return display.exact(round(value, 1) if abs(value) >= 10 else float(f"{value:.3g}"))


def _value(value: float, unit: str) -> str:
    """The exact value with its unit; a scale such as 0–100 is named as one."""
    exact = display.exact(value)
    return f"{exact} of 100" if unit == SCALE else f"{exact} {unit}"


def _source(model: ModelRow | None) -> list[str]:
    if model is None or not model.as_of:
        return []
    return [f"{model.source_name}, {model.as_of}" if model.source_name else model.as_of]


def _score_source(chart: BarChart, bar: Bar, scene: Scene) -> list[str]:
    """Who says so, for a score of a single evaluation: not the table that the model's other figures are of."""
    scores = {"published": scene.evaluations, "claimed": scene.claimed}.get(bar.origin or "", {})
    slug, _, of = bar.key.partition(":")
    evaluation = of.partition(":")[0] if chart.noun == "scores" and of.count(":") else chart.name
    row = scores.get(evaluation, {}).get(slug)
    if row is None:
        return []
    claim = "claimed by its lab" if bar.origin == "claimed" else "published"
    return [claim, f"{row.source_name}, {row.as_of}"]


def _run(scene: Scene, key: str) -> list[str]:
    """The run that a bar of what was measured here stands for."""
    run = next((result.run for result in scene.local if str(result.run.id) == key.partition("/")[0]), None)
    return [f"run {run.id}, {(run.ended_at or run.created_at)[:10]}, measured here"] if run is not None else []
