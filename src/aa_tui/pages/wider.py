"""A chart of a page drawn of other models where those of its class give nothing to compare: what would not be empty."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from aa_tui.charts.book import evaluations
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.reading import Alone
from aa_tui.charts.scene import ALL, CLASS, Scene, Selection
from aa_tui.charts.spec import BarChart, Chart, PanelChart, ScatterChart
from aa_tui.pages.scene import MEASURED, load_scene

NEAREST = 20
"""So many models are drawn in the place of a class: those that score as the page's model does."""


def chart_of(conn: sqlite3.Connection, scene: Scene, selection: Selection, kind: Kind) -> tuple[Scene, Chart]:
    """The chart of a scene, or of models that compare, with the scene that it is of; its note then says so.

    Only the class that nobody chose gives way: first to the models nearest in the index, else to all.
    """
    chart = kind.build(scene)
    model = scene.model
    is_chosen = replace(selection, pinned=frozenset(), pack="") != Selection(band=CLASS)
    if model is None or is_chosen or isinstance(kind.needs, Alone) or kind.section == MEASURED:
        return scene, chart
    if compares(chart, model.slug):
        return scene, chart
    whole = load_scene(conn, model.slug, replace(selection, band=ALL), kind)
    whole = replace(whole, local=scene.local, evaluated=scene.evaluated)  # a file keeps the two apart
    wide = kind.build(whole)
    if not compares(wide, model.slug):
        return scene, evaluations.of_one_model(chart, model) if isinstance(chart, PanelChart) else chart
    near = _nearest(whole, wide)
    if near is not None and compares(kind.build(near), model.slug):
        whole, wide = near, kind.build(near)
    few = "one kind only" if isinstance(wide, BarChart) and wide.groups else "nothing to compare"
    why = f"{few} among {scene.among}"
    return whole, _noted(wide, why.replace(",", ""))


def compares(chart: Chart, slug: str) -> bool:
    """Whether the chart has another model than this one; of both groups, where it is about groups."""
    if isinstance(chart, PanelChart):
        return any(compares(one, slug) for one in chart.charts)
    if isinstance(chart, ScatterChart):
        return any(dot.key != slug for dot in chart.dots)
    models = [bar for bar in chart.bars if bar.origin != "here"]
    others = any(bar.key.partition(":")[0] != slug for bar in models)
    return others and (not chart.groups or len({bar.group for bar in models}) > 1)


def _nearest(whole: Scene, wide: Chart) -> Scene | None:
    """The models that are drawn and nearest in the index; None where that is no choice."""
    model = whole.model
    if model is None or model.intelligence_index is None or isinstance(wide, PanelChart):
        return None
    keys = {bar.key for bar in wide.bars} if isinstance(wide, BarChart) else {dot.key for dot in wide.dots}
    at = model.intelligence_index
    known = [
        one
        for one in whole.models
        if one.slug in keys and one.intelligence_index is not None and one.index_version == model.index_version
    ]
    if len(known) <= NEAREST:
        return None
    known.sort(key=lambda one: (abs((one.intelligence_index or 0.0) - at), one.slug))
    shown = {one.slug for one in (*known[:NEAREST], model)}
    models = tuple(one for one in whole.models if one.slug in shown)
    return replace(whole, models=models, among=f"the {NEAREST} models nearest in the index", tally=None)


def _noted(chart: Chart, words: str) -> Chart:
    return replace(chart, note=", ".join(filter(None, (words, chart.note))))
