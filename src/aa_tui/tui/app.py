"""The app: it joins the views, and turns what they ask for into what happens."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.containers import Container

from aa_tui.tui import terminal, themes
from aa_tui.tui.bars import KeyBar, TopBar
from aa_tui.tui.filters import AsciiOnly, ControlStrip
from aa_tui.tui.leaderboard import Leaderboard
from aa_tui.tui.parts import Fitted, LinkLine, styled, wrapped
from aa_tui.tui.store import Store
from aa_tui.tui.watch import INTERVAL_S, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.command import Provider
    from textual.filter import LineFilter

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.charts.spec import BarChart
    from aa_tui.pages.page import Page
    from aa_tui.tui.page_view import PageView
    from aa_tui.tui.runs_view import RunsView
    from aa_tui.tui.watch import News

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
INTERRUPTED = 128 + signal.SIGINT
TOO_SMALL = f"aa-tui needs at least {terminal.MIN_COLUMNS}x{terminal.MIN_ROWS}; `aa-tui models` prints the list in any terminal."


def _commands() -> type[Provider]:
    from aa_tui.tui.palette import Commands

    return Commands


def _models() -> type[Provider]:
    from aa_tui.tui.palette import Models

    return Models


class AATuiApp(App[None]):
    """Explore models and measure them. Three views: leaderboard, a model's page, runs."""

    TITLE = "aa-tui"
    CSS_PATH = "app.tcss"
    AUTO_FOCUS = None
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands, _models}
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-tiny"),
        (terminal.MIN_COLUMNS, "-narrow"),
        (100, "-normal"),
        (140, "-wide"),
    ]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-flat"),
        (terminal.MIN_ROWS, "-low"),
        (30, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "leaderboard", "Leaderboard"),
        Binding("R", "runs", "Runs"),
        Binding("colon", "command_palette", "Palette", show=False),
        Binding("question_mark", "help", "Help"),
        Binding("q", "leave", "Quit"),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "To the shell", show=False, priority=True),
    ]

    def __init__(self, catalog_path: Path, start: str | None = None, *, ascii: bool | None = None) -> None:  # noqa: A002
        """Open the catalog; nothing is drawn yet. Raises `CatalogError`.

        Args:
            catalog_path: the catalog's file.
            start: the slug or name of the model whose page to open.
            ascii: draw with ASCII alone; None decides by the locale.
        """
        environ = dict(os.environ)  # before Textual takes NO_COLOR out of it
        super().__init__()
        self.store = Store(catalog_path)
        self._start = start
        self._view = "leaderboard"
        self._came_from = "leaderboard"
        self._extra_filters: list[LineFilter] = [ControlStrip()]
        if terminal.wants_ascii(environ) if ascii is None else ascii:
            self._extra_filters.append(AsciiOnly())
        if terminal.is_remote(environ):
            self.animation_level = "none"
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        wanted = terminal.theme_for(environ)
        self.theme = wanted if wanted in self.available_themes else themes.DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables for the themes that do not have them."""
        return themes.FALLBACKS

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then ours: nothing that a terminal would obey gets past them."""
        return [*super().get_line_filters(), *self._extra_filters]

    def compose(self) -> ComposeResult:
        """The first line, the leaderboard, the last line; other views join when they are first wanted."""
        with Container(id="main"):
            yield TopBar(self.store)
            with Container(id="views"):
                yield Leaderboard(self.store)
            yield KeyBar()
        yield Fitted(lambda width: wrapped(styled(TOO_SMALL), width), id="too-small")

    def on_mount(self) -> None:
        """Take the keys, listen to signals; what can wait waits until the first frame is out."""
        self._keys.show_view("leaderboard")
        self._leaderboard.take_focus()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            try:
                loop.add_signal_handler(number, self._end, 128 + number)
            except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                break
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Let go of the catalog."""
        self.store.close()

    def _begin(self) -> None:
        self._watch = Watch(self.store)
        self._look(force=True)
        self.set_interval(INTERVAL_S, self._look)
        if self._start is not None:
            self.open_page(self._start)

    # -- parts

    @property
    def _top(self) -> TopBar:
        return self.screen_stack[0].query_one(TopBar)

    @property
    def _keys(self) -> KeyBar:
        return self.screen_stack[0].query_one(KeyBar)

    @property
    def _leaderboard(self) -> Leaderboard:
        return self.screen_stack[0].query_one(Leaderboard)

    @property
    def _page(self) -> PageView | None:
        from aa_tui.tui.page_view import PageView

        return self.screen_stack[0].query_one_optional(PageView)

    @property
    def _runs(self) -> RunsView | None:
        from aa_tui.tui.runs_view import RunsView

        return self.screen_stack[0].query_one_optional(RunsView)

    # -- what is new in the catalog

    def _look(self, *, force: bool = False) -> None:
        trouble = self.store.trouble
        news = self._watch.look(force=force)
        if self.store.trouble != trouble:
            self._top.read_facts()
        if news is not None:
            self._tell(news)
        if self._watch.orphans_due():
            self.run_worker(self._settle, thread=True, group="settle", exit_on_error=False)

    def _tell(self, news: News) -> None:
        self._top.show_live(news.live)
        if news.models_changed:
            self._top.read_facts()
            self._leaderboard.refresh_rows()
        for run in news.ended:
            words = {"finished": "finished", "stopped": "was stopped", "failed": "failed"}.get(
                run.state, run.state
            )
            reason = f": {run.reason}" if run.state == "failed" and run.reason else ""
            self._toast(f"Run {run.id} of {run.target} {words}{reason}.", bad=run.state == "failed")
        if self._view == "runs" and self._runs is not None:
            self._runs.refresh_rows()
        page = self._page
        if page is not None and page.page is not None:
            model_id = page.page.model.model_id
            page.show_live(next((run for run in news.live if run.file.model_id == model_id), None))
            if self._view == "page" and (news.live or news.ended or news.models_changed):
                self._load_page(page.page.model.slug, only_if_changed=True)

    def _settle(self) -> None:
        """In a thread: end the runs whose worker is gone."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.runs import settle_orphans

        try:
            self.store.in_thread(settle_orphans)
        except CatalogError:
            return

    # -- views

    async def _switch(self, view: str) -> None:
        """Show a view, made when it is first wanted."""
        if view == "runs" and self._runs is None:
            from aa_tui.tui.runs_view import RunsView

            await self.screen_stack[0].query_one("#views").mount(RunsView(self.store))
        if view == "page" and self._page is None:
            from aa_tui.tui.page_view import PageView

            await self.screen_stack[0].query_one("#views").mount(PageView())
        if view != self._view and view != "leaderboard":
            self._came_from = "leaderboard" if view == "runs" else self._view
        self._view = view
        for child in self.screen_stack[0].query_one("#views").children:
            child.display = child.id == view
        self._top.show_view(view)
        self._keys.show_view(view)
        if view == "runs" and self._runs is not None:
            self._runs.refresh_rows()
            self._runs.take_focus()
        elif view == "page" and self._page is not None:
            self._page.focus()
        else:
            self._leaderboard.take_focus()

    def open_page(self, name: str) -> None:
        """Open a model's page by slug or name; an unknown one is said to be so."""
        self._load_page(name)

    def _load_page(self, name: str, *, only_if_changed: bool = False) -> None:
        self.run_worker(
            lambda: self._read_page(name, only_if_changed=only_if_changed),
            thread=True,
            exclusive=not only_if_changed,
            group="reload" if only_if_changed else "page",
            exit_on_error=False,
        )

    def _read_page(self, name: str, *, only_if_changed: bool) -> None:
        """In a thread: put the page together."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.catalog.models import UnknownModelError
        from aa_tui.tui.page_data import read_page

        try:
            page, chart = self.store.in_thread(lambda conn: read_page(conn, name))
        except (UnknownModelError, CatalogError) as error:
            self.call_from_thread(self._toast, str(error), bad=True)
            return
        self.call_from_thread(self._show_page, page, chart, only_if_changed=only_if_changed)

    async def _show_page(self, page: Page, chart: BarChart, *, only_if_changed: bool) -> None:
        view = self._page
        if only_if_changed and (view is None or view.page is None or view.page.model.slug != page.model.slug):
            return
        if not only_if_changed:
            await self._switch("page")
            view = self._page
        if view is not None and (view.page != page or not only_if_changed):
            view.show(page, chart)
            self._look(force=not only_if_changed)

    # -- what the views ask for

    def on_leaderboard_chosen(self, message: Leaderboard.Chosen) -> None:
        """Open a page."""
        self.open_page(message.model.slug)

    def on_runs_view_chosen(self, message: RunsView.Chosen) -> None:
        """Open the page of a run's model."""
        self.open_page(message.slug)

    async def on_page_view_left(self) -> None:
        """Back to where the page was opened from."""
        await self._switch(self._came_from)

    async def on_runs_view_left(self) -> None:
        """Back to the leaderboard."""
        await self._switch("leaderboard")

    def on_page_view_neighbour_wanted(self, message: PageView.NeighbourWanted) -> None:
        """The page of the model above or below in the leaderboard."""
        models, page = self._leaderboard.models, self._page
        place = models.index_of(page.page.model.id) if page and page.page else None
        if place is None or not 0 <= place + message.step < len(models):
            self.bell()
            return
        row = models.row(place + message.step)
        if row is not None:
            self._leaderboard.table.move_to(place + message.step)
            self.open_page(row.slug)

    def on_leaderboard_sort_wanted(self) -> None:
        """Choose the column to sort by."""
        from aa_tui.tui.dialogs import Choice, Option

        board = self._leaderboard
        options = [
            Option(
                column.sort, column.name, column.title.strip() if column.title.strip() != column.name else ""
            )
            for column in (*board.fixed, *board.columns.values())
            if column.sort
        ]

        def chosen(sort: str | None) -> None:
            if sort is not None:
                board.ask(board.models.query.sorted_by(sort))

        self.push_screen(Choice("Sort by", options, board.models.query.sort), chosen)

    def on_leaderboard_measure_wanted(self, message: Leaderboard.MeasureWanted) -> None:
        """Measure the model under the cursor."""
        self._measure(message.model)

    def on_page_view_measure_wanted(self) -> None:
        """Measure the page's model."""
        page = self._page
        if page is not None and page.page is not None:
            self._measure(page.page.model)

    def _measure(self, model: ModelRow) -> None:
        from aa_tui.catalog import files
        from aa_tui.tui.measure import MeasureDialog

        known = self.store.read(lambda conn: files.files_of_model(conn, model.model_id), [])

        def started(run_id: int | None) -> None:
            if run_id is not None:
                self._toast(f"Run {run_id} has begun; it goes on when the app is closed. R shows it.")
                self._look(force=True)

        self.push_screen(MeasureDialog(self.store, model.slug, model.name, known), started)

    def on_runs_view_stop_wanted(self, message: RunsView.StopWanted) -> None:
        """Ask before a run is stopped."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.tui.dialogs import Confirm

        run = message.run

        def stop() -> None:
            from aa_tui.runs import request_stop

            try:
                self.store.in_thread(lambda conn: request_stop(conn, run.id))
            except CatalogError as error:
                self.call_from_thread(self._toast, str(error), bad=True)
            self.call_from_thread(self._look, force=True)

        def answered(answer: bool | None) -> None:
            if answer:
                self.run_worker(stop, thread=True, group="stop", exit_on_error=False)

        words = f"Stop run {run.id} of {run.target}? What it has measured stays."
        self.push_screen(Confirm(words, "stop it"), answered)

    async def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A click in the first or the last line."""
        if message.line.id == "top":
            await self._switch(message.target)
        elif message.target == "open":
            self._leaderboard.table.action_open() if self._view == "leaderboard" else None
            if self._view == "runs" and self._runs is not None:
                self._runs.table.action_open()
        else:
            await self.run_action(message.target)

    def _toast(self, words: str, *, bad: bool = False) -> None:
        self.notify(words, markup=False, severity="error" if bad else "information", timeout=8 if bad else 4)

    # -- actions

    async def action_leaderboard(self) -> None:
        """Show the leaderboard."""
        await self._switch("leaderboard")

    async def action_runs(self) -> None:
        """Show the runs."""
        await self._switch("runs")

    async def action_search(self) -> None:
        """Search the leaderboard."""
        await self._switch("leaderboard")
        self._leaderboard.action_search()

    async def action_sort(self) -> None:
        """Sort the leaderboard."""
        await self._switch("leaderboard")
        self.on_leaderboard_sort_wanted()

    async def action_back(self) -> None:
        """One step back."""
        await self._switch(self._came_from if self._view == "page" else "leaderboard")

    def action_stop(self) -> None:
        """Stop the run under the cursor."""
        if self._runs is not None:
            self._runs.action_stop()

    def action_measure(self) -> None:
        """Measure the model on screen."""
        if self._view == "page":
            self.on_page_view_measure_wanted()
        else:
            self._leaderboard.action_measure()

    def action_help(self) -> None:
        """The keys and meanings of this view."""
        from aa_tui.tui.help import Help

        if len(self.screen_stack) > 1:
            return
        board = self._leaderboard
        columns = (*board.fixed, *board.columns.values()) if self._view == "leaderboard" else ()
        self.push_screen(Help(self._view, columns))

    def action_toggle_theme(self) -> None:
        """From dark to light and back."""
        light = not self.current_theme.dark
        if self.current_theme.ansi:
            self.theme = "ansi-dark" if light else "ansi-light"
        else:
            self.theme = themes.DARK.name if light else themes.LIGHT.name

    def action_leave(self) -> None:
        """Quit. Runs go on."""
        self._end(0)

    def action_interrupt(self) -> None:
        """Ctrl-C: quit at once, and say so by the exit status."""
        self._end(INTERRUPTED)

    def _end(self, code: int) -> None:
        self.exit(return_code=code)


def run_app(catalog_path: Path, open_slug: str | None = None, *, ascii: bool | None = None) -> int:  # noqa: A002
    """Run the app until it is left. Returns the exit status. Raises `CatalogError` before anything is drawn."""
    app = AATuiApp(catalog_path, open_slug, ascii=ascii)
    app.run()
    return app.return_code or 0
