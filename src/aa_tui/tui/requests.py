"""What the views ask for and a dialog answers: another sorting, a measurement, the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.tui.dialog import ask

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import FileRow, ModelRow
    from aa_tui.charts.scene import Selection
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.places import Place


def choose_sorting(app: AATuiApp) -> None:
    """Pick the leaderboard's column to sort by; the one it is sorted by turns the order round."""
    from aa_tui.tui.dialogs import Choice, Option

    board = app.views.leaderboard
    options = [
        Option(column.sort, column.name, column.title.strip() if column.title.strip() != column.name else "")
        for column in (*board.fixed, *board.columns.values())
        if column.sort
    ]

    def chosen(sort: str | None) -> None:
        if sort is not None:
            board.ask(board.models.query.sorted_by(sort))

    ask(app, Choice("Sort by", options, board.models.query.sort), chosen)


def measure(app: AATuiApp, model: ModelRow) -> None:
    """Pick a file of the model, or name one, and start a run."""
    from aa_tui.catalog import files
    from aa_tui.tui.measure import MeasureDialog

    nothing: list[FileRow] = []
    known = app.store.read(lambda conn: files.files_of_model(conn, model.model_id), nothing)

    def started(answer: int | str | None) -> None:
        if isinstance(answer, int):
            app.toast(f"Run {answer} has begun; it goes on when the app is closed. R shows it.")
            app.look(force=True)
        elif answer is not None:
            evaluate(app, model)

    ask(app, MeasureDialog(app.store, model.slug, model.name, known), started)


def evaluate(app: AATuiApp, model: ModelRow | None = None) -> None:
    """Pick a file of the model, a pack and how far, and start an evaluation."""
    from aa_tui.catalog import files

    if len(app.screen_stack) > 1:
        return
    model = model or _model_on_screen(app)
    if model is None:
        app.toast("Open a model's page, or stand on one in the leaderboard: E evaluates a file of it.")
        return
    nothing: list[FileRow] = []
    known = app.store.read(lambda conn: files.files_of_model(conn, model.model_id), nothing)

    evaluate_files(app, model.slug, model.name, known)


def evaluate_files(app: AATuiApp, slug: str | None, name: str, files: Sequence[FileRow]) -> None:
    """Start an evaluation of one of these files, and show it."""
    from aa_tui.tui.eval_dialog import EvalDialog

    def started(run_id: int | None) -> None:
        if run_id is not None:
            app.look(force=True)
            app.call_later(app.views.show_run, "run", run_id)

    ask(app, EvalDialog(app.store, slug, name, files), started)


def _model_on_screen(app: AATuiApp) -> ModelRow | None:
    """The page's model, the leaderboard's under the cursor, or that of the file under the cursor."""
    from aa_tui.catalog import models

    view = app.views.current
    if view == "page":
        return app.views.page.model if app.views.page is not None else None
    if view == "leaderboard":
        return app.views.leaderboard.current
    entry = app.views.files.current if view == "files" and app.views.files is not None else None
    run = app.views.runs.run_row if view == "runs" and app.views.runs is not None else None
    slug = entry.slug if entry is not None else run.slug if run is not None else None
    nothing: ModelRow | None = None
    return app.store.read(lambda conn: models.by_slug(conn, slug), nothing) if slug else None


async def open_at(app: AATuiApp, start: Place | str) -> None:
    """Open what the program was started with."""
    if isinstance(start, str):
        app.views.open_page(start)
    else:
        await app.views.go(start)


async def show_charts(app: AATuiApp, name: str | None = None) -> None:
    """Charts on the whole screen: this one, else the one that is on the page, else the first or last seen."""
    from aa_tui.tui import sharing

    if len(app.screen_stack) > 1:
        return
    pane = sharing.pane_on_screen(app)
    if name is None and pane is not None and app.views.current == "page":
        name = pane.chart_name or None
    await app.views.show_charts(name)


async def open_from_chart(app: AATuiApp, key: str) -> None:
    """Open the page of a bar's or dot's model, or the run of what was measured here."""
    from aa_tui.catalog import models
    from aa_tui.tui.sharing import pane_on_screen

    pane = pane_on_screen(app)
    runs_here = {str(result.run.id) for result in pane.scene.local} if pane is not None and pane.scene else set()
    if key in runs_here:
        await app.views.switch("runs")
        if app.views.runs is not None:
            app.views.runs.select(int(key))
    elif app.views.current == "page" and app.views.page is not None and app.views.page.model.slug == key:
        app.toast("This is the page of that model already.")
    elif app.store.read(lambda conn: models.by_slug(conn, key), None) is not None:
        app.views.open_page(key, section=_section_on_screen(app))
    else:
        app.toast("This bar stands for no model, so it has no page.")


def _section_on_screen(app: AATuiApp) -> str | None:
    """From page to page one stays in the section, to compare."""
    page = app.views.page_view
    return page.section if app.views.current == "page" and page is not None else None


def choose_models(app: AATuiApp) -> None:
    """Choose which models charts draw, and which pack's evaluations."""
    from aa_tui.catalog import models, runs
    from aa_tui.tui import chart_selection

    selection = chart_selection.remembered(app)
    nobody: list[tuple[str, int]] = []
    creators = [name for name, _ in app.store.read(models.creators, nobody)]

    def pinned_names(conn: sqlite3.Connection) -> dict[str, str]:
        found = [models.by_slug(conn, slug) for slug in selection.pinned]
        return {row.slug: row.name for row in found if row is not None}

    nameless: dict[str, str] = {}
    names = app.store.read(pinned_names, nameless)
    none: list[str] = []
    packs = app.store.read(runs.packs, none)
    ask(
        app,
        chart_selection.SelectionDialog(selection, creators, names, packs, lambda chosen: _draw_others(app, chosen)),
    )


def pin(app: AATuiApp, slug: str) -> None:
    """Keep a model in every chart; one that is pinned is let go."""
    from dataclasses import replace

    from aa_tui.tui import chart_selection

    selection = chart_selection.remembered(app)
    is_pinned = slug in selection.pinned
    pinned = selection.pinned - {slug} if is_pinned else selection.pinned | {slug}
    _draw_others(app, replace(selection, pinned=pinned))
    app.toast("No longer pinned." if is_pinned else "Pinned: it is drawn in every chart; p lets it go.")


def _draw_others(app: AATuiApp, selection: Selection) -> None:
    """Keep the choice and draw by it."""
    from aa_tui.tui import chart_selection

    chart_selection.remember(app, selection)
    if app.views.charts is not None:
        app.views.charts.pane.select(selection)
    if app.views.page_view is not None:
        app.views.page_view.chart_pane.select(selection)


def choose_theme(app: AATuiApp) -> None:
    """Pick a theme; each is seen as the cursor comes to it."""
    from aa_tui.tui import themes
    from aa_tui.tui.dialogs import Option
    from aa_tui.tui.theme_choice import ThemeChoice

    if len(app.screen_stack) > 1:
        return
    before = app.theme
    options = [Option(key, words, note) for key, words, note in themes.CHOICES if key in app.available_themes]

    def chosen(key: str | None) -> None:
        app.theme = key or before
        if key is not None:
            app.memory.put(themes.KEY, key)

    ask(app, ThemeChoice("Theme", options, before), chosen)
