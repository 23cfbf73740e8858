"""What leaves the app: the value, row, chart, table or page on screen, to the clipboard or into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.tui import yank
from aa_tui.tui.dialog import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.export.document import Document
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.chart_pane import ChartPane
    from aa_tui.tui.columns import Column, Part
    from aa_tui.tui.leaderboard import Leaderboard
    from aa_tui.tui.runs_view import RunsView

RUN_CELLS = 100
"""Columns of a run that is copied as text."""

MOST_TABLE_ROWS = 1_000
"""A table of more rows is too long for any terminal's clipboard."""


def pane_on_screen(app: AATuiApp) -> ChartPane | None:
    """The chart that is on screen, if one is."""
    if app.views.current == "charts" and app.views.charts is not None:
        return app.views.charts.pane
    page = app.views.page_view
    if app.views.current == "page" and page is not None and page.shows_chart:
        return page.chart_pane
    return None


def copy(app: AATuiApp, *, whole: bool) -> None:
    """`y`: the value under the cursor, or the row. `Y`: the whole chart, table or page."""
    from aa_tui.tui import run_sharing

    pane = pane_on_screen(app)
    if run_sharing.copy(app, whole=whole):
        return
    if pane is not None and pane.chart is not None:
        if not whole and pane.cursor_words:
            yank.copy(app, pane.cursor_words, "the value under the cursor")
        elif pane.drawing is not None:
            yank.copy(app, pane.drawing.plain(), f"the chart “{pane.chart.title}” as text")
    elif app.views.current == "page" and app.views.page is not None:
        yank.copy(app, _page_markdown(app), f"the page of {app.views.page.model.name} as Markdown")
    elif app.views.current == "leaderboard":
        _copy_leaderboard(app, app.views.leaderboard, whole=whole)
    elif (comparison := _comparison(app)) is not None:
        from aa_tui.export import markdown

        yank.copy(app, markdown.render(comparison), "the comparison as Markdown")
    elif app.views.current == "runs" and app.views.runs is not None and len(app.views.runs.runs):
        _copy_runs(app, app.views.runs, whole=whole)
    else:
        app.toast("There is nothing to copy here.")


def _comparison(app: AATuiApp) -> Document | None:
    """What is compared on screen, as it is shown."""
    from aa_tui.export.content import comparison_document

    view = app.views.compared if app.views.current == "compare" else None
    if view is None or view.comparison is None:
        return None
    return comparison_document(view.comparison, differences=view.differences)


def _copy_runs(app: AATuiApp, view: RunsView, *, whole: bool) -> None:
    if whole:
        from aa_tui.export import markdown

        yank.copy(app, markdown.render(runs_document(view)), f"the table of {len(view.runs)} runs as Markdown")
    elif (run := view.run_row) is not None:
        from aa_tui.tui.run_detail import run_detail

        text = run_detail(run, *view.runs.details(run), RUN_CELLS).plain
        yank.copy(app, "\n".join(line.rstrip() for line in text.splitlines()), f"all about run {run.id}")


def runs_document(view: RunsView) -> Document:
    """The runs as the view lists them."""
    from aa_tui.export.content import table_document
    from aa_tui.tui.run_list import FIXED, MOVING

    columns = (*FIXED, *MOVING)
    entries = [entry for index in range(len(view.runs)) if (entry := view.runs.row(index)) is not None]
    rows = [[_words(column.cell(entry, max(column.width, column.most))) for column in columns] for entry in entries]
    right = frozenset(number for number, column in enumerate(columns) if column.right)
    return table_document("Runs", [column.title for column in columns], rows, right)


def _page_markdown(app: AATuiApp) -> str:
    from aa_tui.export import markdown
    from aa_tui.export.content import page_document

    page = app.views.page
    return markdown.render(page_document(page)) if page is not None else ""


def _copy_leaderboard(app: AATuiApp, board: Leaderboard, *, whole: bool) -> None:
    if not len(board.models):
        app.toast("There is no model to copy.")
    elif whole:
        from aa_tui.export import markdown

        count = min(len(board.models), MOST_TABLE_ROWS)
        words = f"the table ({count} of {len(board.models)} models) as Markdown"
        yank.copy(app, markdown.render(leaderboard_document(board)), words)
    elif (model := board.current) is not None:
        columns = [column for column in board_columns(board) if column.title.strip()]
        cells = [(column.title.strip(), cell_text(column, model)) for column in columns]
        text = f"{model.name}: " + ", ".join(f"{title} {text}" for title, text in cells if text not in ("", model.name))
        yank.copy(app, text, f"the row of {model.name}")


def leaderboard_document(board: Leaderboard) -> Document:
    """The rows that the leaderboard lists, with its columns."""
    from aa_tui.export.content import table_document

    columns = [column for column in board_columns(board) if column.title.strip()]
    rows = []
    for index in range(min(len(board.models), MOST_TABLE_ROWS)):
        row = board.models.row(index)
        if row is not None:
            rows.append([cell_text(column, row) for column in columns])
    right = frozenset(number for number, column in enumerate(columns) if column.right)
    return table_document("Models", [column.title.strip() for column in columns], rows, right)


def board_columns(board: Leaderboard) -> Sequence[Column[ModelRow]]:
    """The leaderboard's columns in their order."""
    table = board.table
    return (*table._fixed, *table._moving)


def cell_text(column: Column[ModelRow], row: ModelRow) -> str:
    """What a cell says, without the bars that only the eye reads."""
    return _words(column.cell(row, max(column.width, column.most)))


def _words(parts: Sequence[Part]) -> str:
    return " ".join("".join(text for text, kind in parts if kind not in ("bar", "track")).split())


def export(app: AATuiApp) -> None:
    """`e`: what is on screen into a file."""
    from aa_tui.tui import run_sharing
    from aa_tui.tui.export_dialog import ExportDialog, Offer

    pane = pane_on_screen(app)
    page = app.views.page if app.views.current == "page" else None
    offers: list[Offer] = []
    if pane is not None and pane.chart is not None:
        chart, slug = pane.chart, pane.scene.model.slug if pane.scene and pane.scene.model else "models"
        offers.append(Offer(f"Chart “{chart.title}”", (slug, chart.name), lambda: _chart_document(app, pane)))
    if page is not None:
        offers.append(Offer(f"Page of {page.model.name}", (page.model.slug,), lambda: _whole_page(app)))
    if app.views.current == "leaderboard" and len(app.views.leaderboard.models):
        board = app.views.leaderboard
        offers.append(Offer("Table of models", ("models",), lambda: leaderboard_document(board)))
    comparison = _comparison(app)
    if comparison is not None:
        offers.append(Offer("Comparison", ("comparison",), lambda: comparison))
    runs = app.views.runs if app.views.current == "runs" else None
    if runs is not None and len(runs.runs):
        offers.append(Offer("Table of runs", ("runs",), lambda: runs_document(runs)))
    offers += run_sharing.offers(app)
    if not offers:
        app.toast("There is nothing to export here.")
        return

    def done(path: str | None) -> None:
        if path is not None:
            app.toast(f"Written: {path}")

    ask(app, ExportDialog(offers), done)


def _chart_document(app: AATuiApp, pane: ChartPane) -> Document:
    """The chart on screen; where only what a screen can show was read, with every figure of it."""
    from aa_tui.charts.render import draw
    from aa_tui.export.content import chart_document
    from aa_tui.export.page import COLUMNS, MOST_ROWS, one_chart

    chart, scene, selection = pane.chart, pane.scene, pane.selection
    if chart is None or scene is None or selection is None:
        raise LookupError("the chart has gone")
    if scene.tally is not None:
        slug, name = scene.model.slug if scene.model is not None else None, chart.name
        return app.store.in_thread(lambda conn: one_chart(conn, slug, name, selection))
    return chart_document(chart, draw(chart, COLUMNS, MOST_ROWS))


def _whole_page(app: AATuiApp) -> Document:
    """The page with the charts of all its sections, for the models that are drawn now."""
    from aa_tui.export.page import whole_page
    from aa_tui.tui.chart_selection import remembered

    page = app.views.page
    if page is None:
        raise LookupError("the page has gone")
    selection = remembered(app)
    return app.store.in_thread(lambda conn: whole_page(conn, page, selection))
