"""A page with all its charts, read and drawn for a file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import BarChart, PanelChart
from aa_tui.export.content import DrawnChart, chart_document, page_document
from aa_tui.pages.scene import load_scene, scene_of

if TYPE_CHECKING:
    from aa_tui.charts.spec import Chart
    from aa_tui.export.document import Document
    from aa_tui.pages.page import Page

COLUMNS, MOST_ROWS = 100, 48
"""The size of a chart in a file, which has no screen to fit."""

WHOLE_CLASS = Selection()
"""The choice of models of one who has chosen nothing: the class of the page's model."""


def whole_page(conn: sqlite3.Connection, page: Page, selection: Selection = WHOLE_CLASS) -> Document:
    """The page, its charts under their sections; those without any figure are left out."""
    from aa_tui.charts import book
    from aa_tui.charts.render import draw

    scene = load_scene(conn, page.model.slug, selection)
    charts: list[DrawnChart] = []
    for kind in book.ALL:
        chart = kind.build(scene)
        if has_figures(chart):
            charts.append((kind.section, chart, draw(chart, COLUMNS, MOST_ROWS)))
    return page_document(page, charts)


def one_chart(conn: sqlite3.Connection, target: str | None, name: str, selection: Selection = WHOLE_CLASS) -> Document:
    """One chart, of a model or a run ("run:3") where one is named, with every figure. Raises `UnknownChartError`."""
    from aa_tui.charts import book
    from aa_tui.charts.render import draw

    kind = book.kind(name)
    chart = kind.build(scene_of(conn, target, selection))
    return chart_document(chart, draw(chart, COLUMNS, MOST_ROWS))


def has_figures(chart: Chart) -> bool:
    """Whether there is anything to draw."""
    if isinstance(chart, PanelChart):
        return any(one.bars for one in chart.charts)
    return bool(chart.bars if isinstance(chart, BarChart) else chart.dots)
