"""Bars and dots of models: what most charts of the book have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from aa_tui.analysis import newest_version, untold
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.scene import Scene, Tally
from aa_tui.charts.spec import UNTOLD, Axis, Bar, BarChart, Better, Corner, Dot, ScatterChart

OPEN, PROPRIETARY = "open weights", "proprietary"
OPENNESS_GROUPS = (OPEN, PROPRIETARY)

_MODES = (" (Reasoning)", " (Non-reasoning)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A model's value in a chart, in the chart's unit, how it reads, and what it consists of."""

    value: float
    text: str
    parts: tuple[float, ...] = ()
    part_texts: tuple[str, ...] = ()
    estimate: bool = False


Measure = Callable[[ModelRow], Figure | None]
"""Gives a model's figure; None where there is none, and the model is left out."""


def short_name(model: ModelRow) -> str:
    """The name without what the mark before it says."""
    name = model.name
    for mode in _MODES:
        name = name.removesuffix(mode)
    return name


def in_order(model: ModelRow) -> tuple[bytes, str]:
    """How models that are alike follow each other: by name, as the catalog sorts names, then by slug."""
    return model.name.encode(errors="replace").lower(), model.slug


def group_of(model: ModelRow) -> str:
    """One of `OPENNESS_GROUPS`, or `UNTOLD`."""
    return {True: OPEN, False: PROPRIETARY, None: UNTOLD}[untold.open_weights(model)]


def _groups(models: Iterable[ModelRow]) -> tuple[str, ...]:
    """`OPENNESS_GROUPS`, and `UNTOLD` where a model is of it."""
    return (*OPENNESS_GROUPS, UNTOLD) if any(group_of(model) == UNTOLD for model in models) else OPENNESS_GROUPS


def spans(*until: float | None) -> tuple[float, ...]:
    """The stretches between moments that follow each other; none where one is unknown or they are out of order."""
    known = [moment for moment in until if moment is not None]
    if len(known) < len(until) or known != sorted(known) or known[0] < 0:
        return ()
    return tuple(end - start for start, end in zip((0.0, *known), known, strict=False))


def bar_chart(
    scene: Scene,
    measure: Measure,
    *,
    name: str,
    title: str,
    unit: str,
    better: Better | None,
    what: str,
    models: Sequence[ModelRow] | None = None,
    parts: tuple[str, ...] = (),
    stacked: bool = True,
    by_openness: bool = False,
    per_index: bool = False,
    remark: str = "",
    titled: bool = True,
) -> BarChart:
    """One bar for each model that has a figure, the best first; the highest first where neither way is better.

    Args:
        scene: what is drawn from.
        measure: the figure of a model.
        name: the chart's name in the book.
        title: the chart's title; what the models have in common is added.
        unit: the values' unit.
        better: which way is better.
        what: what the figures are, as in "This catalog has no WHAT."
        models: those to draw of, if not all of the scene's; the total counts them.
        parts: names of the parts that the figures consist of.
        stacked: whether the parts add up to the value.
        by_openness: whether open and proprietary models are told apart.
        per_index: whether figures depend on the version of the index, and are drawn of one version only.
        remark: added to the note.
        titled: whether the title says what the models have in common.
    """
    members = list(scene.models if models is None else models)
    figures = [(model, figure) for model in members if (figure := measure(model)) and isfinite(figure.value)]
    version = index_version(scene, (model for model, _ in figures)) if per_index else None
    of_version = [pair for pair in figures if not per_index or pair[0].index_version == version]
    sign = 1.0 if better == "lower" else -1.0
    of_version.sort(key=lambda pair: (sign * pair[1].value, *in_order(pair[0])))
    drawn = [model for model, _ in of_version]
    left_out = scene.tally.left_out if scene.tally else len(figures) - len(drawn)
    return BarChart(
        name=name,
        title=f"{title} · {scene.among}" if titled else title,
        unit=unit,
        better=better,
        bars=tuple(_bar(scene, model, figure, by_openness) for model, figure in of_version),
        total=scene.tally.total if scene.tally else len(members),
        note=note(scene, drawn, version, left_out=left_out, remark=remark),
        parts=parts,
        stacked=stacked,
        groups=_groups(drawn) if by_openness else (),
        missing=f"This catalog has no {what}.",
    )


def scatter_chart(
    scene: Scene,
    measure: Callable[[ModelRow], tuple[Figure, Figure] | None],
    *,
    name: str,
    title: str,
    x: Axis,
    y: Axis,
    what: str,
    unsold: bool = False,
    per_index: bool = False,
) -> ScatterChart:
    """A dot for each model that has both figures; on a log axis for those above 0.

    `unsold` says that x is a price, of which 0 means that no API sells the model.
    """
    figures = [
        (model, pair)
        for model in scene.models
        if (pair := measure(model)) and isfinite(pair[0].value) and isfinite(pair[1].value)
    ]
    version = index_version(scene, (model for model, _ in figures)) if per_index else None
    of_version = [one for one in figures if not per_index or one[0].index_version == version]
    shown = [one for one in of_version if not ((x.log and one[1][0].value <= 0) or (y.log and one[1][1].value <= 0))]
    shown.sort(key=lambda one: (-one[1][1].value, *in_order(one[0])))
    placed = {model.slug for model, _ in shown}
    without = [model for model, _ in of_version if model.slug not in placed]
    tally = scene.tally or Tally(
        total=len(scene.models),
        drawn=len(shown),
        left_out=len(figures) - len(of_version),
        unsold=sum(pair[0].value == 0 for _, pair in shown),
        without_place=len(without),
    )
    words = []
    if tally.without_place:
        words.append(f"{tally.without_place} {'without an API price ' if unsold else ''}left out (log axis)")
    if unsold and tally.unsold:
        words.append(f"{tally.unsold} without an API price drawn at $0")
    known = scene.model is not None and scene.model.slug in {model.slug for model in without}
    if scene.model is not None and known:
        words.append(f"{short_name(scene.model)} among them")
    drawn = [model for model, _ in shown]
    return ScatterChart(
        name=name,
        title=f"{title} · {scene.among}",
        x=x,
        y=y,
        dots=tuple(_dot(scene, model, *pair) for model, pair in shown),
        total=tally.total,
        note=note(scene, drawn, version, left_out=tally.left_out, remark=", ".join(words), known=known),
        groups=_groups(drawn),
        attractive=_attractive(x, y),
        missing=_no_dots(what, tally.without_place),
        drawn=tally.drawn,
        middle=tally.middle,
    )


def _attractive(x: Axis, y: Axis) -> Corner | None:
    """The corner where both figures are better; None where one has no better way, or low is better on y."""
    if y.better != "higher" or x.better is None:
        return None
    return "upper-right" if x.better == "higher" else "upper-left"


def note(
    scene: Scene,
    drawn: Sequence[ModelRow],
    version: str | None,
    *,
    left_out: int = 0,
    remark: str = "",
    known: bool = False,
) -> str:
    """Version, date, and what a reader would else wonder about: above all where the page's model is.

    `known` says that it has a figure, which the chart cannot draw.
    """
    dates = [model.as_of for model in drawn if model.as_of]
    if scene.tally is not None and drawn:
        dates.append(scene.tally.as_of)
    words = [f"index {version}" if version else "", max(dates, default="")]
    if left_out:
        words.append(f"{left_out} with another version of the index left out")
    words.append(remark)
    if drawn and scene.model is not None and all(model.slug != scene.model.slug for model in drawn) and not known:
        words.append(f"no figure of {short_name(scene.model)}")
    return ", ".join(filter(None, words))


def index_version(scene: Scene, models: Iterable[ModelRow]) -> str | None:
    """The version of the index that is drawn: that of the page's model, else the newest."""
    versions = {model.slug: model.index_version for model in models}
    if scene.model is not None and versions.get(scene.model.slug):
        return versions[scene.model.slug]
    return newest_version(versions.values())


def _bar(scene: Scene, model: ModelRow, figure: Figure, grouped: bool) -> Bar:
    return Bar(
        key=model.slug,
        label=short_name(model),
        value=figure.value,
        text=figure.text,
        highlighted=_is_the_models(scene, model),
        reasoning=untold.reasoning(model),
        estimate=figure.estimate,
        parts=figure.parts,
        part_texts=figure.part_texts,
        group=group_of(model) if grouped else "",
    )


def _dot(scene: Scene, model: ModelRow, x: Figure, y: Figure) -> Dot:
    return Dot(
        key=model.slug,
        label=short_name(model),
        x=x.value,
        y=y.value,
        x_text=x.text,
        y_text=y.text,
        highlighted=_is_the_models(scene, model),
        reasoning=untold.reasoning(model),
        estimate=x.estimate or y.estimate,
        group=group_of(model),
    )


def _is_the_models(scene: Scene, model: ModelRow) -> bool:
    return scene.model is not None and scene.model.slug == model.slug


def _no_dots(what: str, without_place: int) -> str:
    if without_place:
        return (
            f"No API sells any of these models: their price of 0 has no place on a log axis ({without_place} left out)."
        )
    return f"This catalog has no {what}."
