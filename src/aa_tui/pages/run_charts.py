"""The charts of one run."""

from __future__ import annotations

import sqlite3

from aa_tui.charts.spec import BarChart, Chart, PanelChart


def run_charts(conn: sqlite3.Connection, run_id: int) -> list[Chart]:
    """The charts of one run that have something to draw, in the book's order. Raises `UnknownRunError`."""
    from aa_tui.charts import book
    from aa_tui.pages.scene import MEASURED, load_run_scene

    scene = load_run_scene(conn, run_id)
    charts = [kind.build(scene) for kind in book.ALL if kind.section == MEASURED]
    return [chart for chart in charts if _has_figures(chart)]


def _has_figures(chart: Chart) -> bool:
    if isinstance(chart, PanelChart):
        return any(one.bars for one in chart.charts)
    return bool(chart.bars if isinstance(chart, BarChart) else chart.dots)
