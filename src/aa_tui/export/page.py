"""A page with all its charts, and a chart alone, read for a file."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import BarChart, PanelChart, ScatterChart
from aa_tui.export.content import ChartGroup, chart_document, page_document
from aa_tui.export.document import Picture
from aa_tui.export.quants import ladder_blocks
from aa_tui.pages import quants, wider
from aa_tui.pages.scene import MEASURED, load_scene, run_of, scene_of

if TYPE_CHECKING:
    from aa_tui.charts.book.kind import Kind, Section
    from aa_tui.charts.scene import Scene
    from aa_tui.charts.spec import Chart
    from aa_tui.export.document import Document
    from aa_tui.pages.page import Page

WHOLE_CLASS = Selection()
"""The choice of models of one who has chosen nothing: the class of the page's model."""

HERE = "Measured on the machine named, with aa-tui"
"""The source of what was measured."""

GROUPS: tuple[tuple[str, tuple[Section, ...]], ...] = (
    ("Intelligence", ("Index", "Tokens", "Cost")),
    ("Evaluations", ("Evals",)),
    ("Openness, context and size", ("Openness", "Context", "Size")),
    ("Price", ("Price",)),
    ("Speed and latency", ("Speed", "Latency")),
)
"""The headings of a file, and the sections of the page whose charts are under each."""


def whole_page(conn: sqlite3.Connection, page: Page, selection: Selection = WHOLE_CLASS) -> Document:
    """The page with the charts that have figures; of what is published and what was measured here never in one."""
    from aa_tui.charts import book

    scene = load_scene(conn, page.model.slug, selection)
    published = replace(scene, local=(), evaluated=())
    groups = [
        _group(
            title,
            [
                (kind, *wider.chart_of(conn, published, selection, kind))
                for kind in book.ALL
                if kind.section in sections
            ],
        )
        for title, sections in GROUPS
    ]
    here = [kind.build(scene) for kind in book.ALL if kind.section == MEASURED]
    pictures = [Picture(chart, HERE, tabled=True) for chart in here if has_figures(chart)]
    ladder = quants.of_model(conn, page.model.model_id)
    return page_document(
        page,
        [group for group in groups if group.pictures or group.missing],
        _wide_last(pictures),
        ladder_blocks(ladder, 3) if ladder is not None else (),
    )


def one_chart(conn: sqlite3.Connection, target: str | None, name: str, selection: Selection = WHOLE_CLASS) -> Document:
    """One chart, of a model or a run ("run:3") where one is named, with every figure. Raises `UnknownChartError`."""
    from aa_tui.charts import book

    kind = book.kind(name)
    scene = scene_of(conn, target, selection, texts=kind.texts)
    if run_of(target) is not None:
        return chart_document(kind.build(scene), source_of(kind, scene))
    drawn, chart = wider.chart_of(conn, scene, selection, kind)
    return chart_document(chart, source_of(kind, drawn))


def source_of(kind: Kind, scene: Scene) -> str:
    """Whose figures a chart draws."""
    if kind.section == MEASURED:
        return HERE
    names = sorted({model.source_name for model in scene.models if model.source_name and not model.is_local})
    return f"Source: {', '.join(names)}" if names else ""


def has_figures(chart: Chart) -> bool:
    """Whether there is anything to draw."""
    if isinstance(chart, PanelChart):
        return any(one.bars for one in chart.charts)
    return bool(chart.bars if isinstance(chart, BarChart) else chart.dots)


def _group(title: str, charts: list[tuple[Kind, Scene, Chart]]) -> ChartGroup:
    drawn = [
        Picture(chart, source_of(kind, scene), tabled=True)
        for kind, scene, chart in charts
        if has_figures(chart) and not _is_of_one_group(chart)
    ]
    missing = tuple(dict.fromkeys(chart.missing for _, _, chart in charts if not has_figures(chart)))
    return ChartGroup(title, tuple(_wide_last(drawn)), missing)


def _is_of_one_group(chart: Chart) -> bool:
    """Whether a chart that tells groups apart has one only: another chart shows the same bars."""
    if not isinstance(chart, BarChart) or len(chart.groups) < 2:
        return False
    return len({bar.group for bar in chart.bars}) < 2


def _wide_last(pictures: list[Picture]) -> list[Picture]:
    """Charts that have a row of their own after those that stand side by side."""
    return sorted(pictures, key=lambda one: isinstance(one.chart, ScatterChart))
