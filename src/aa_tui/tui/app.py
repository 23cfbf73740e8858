"""The app: it joins the views, and turns what they ask for into what happens."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.containers import Container
from textual.notifications import Notify

from aa_tui.tui import heap, requests, terminal, themes
from aa_tui.tui.bars import KeyBar, TopBar
from aa_tui.tui.dialog import ask
from aa_tui.tui.filters import AsciiOnly, ControlStrip
from aa_tui.tui.leaderboard import Leaderboard
from aa_tui.tui.main_screen import MainScreen
from aa_tui.tui.memory import Memory, path_beside
from aa_tui.tui.notice import Notice
from aa_tui.tui.parts import Fitted, LinkLine, styled, wrapped
from aa_tui.tui.store import Store
from aa_tui.tui.views import Views
from aa_tui.tui.watch import INTERVAL_S, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.command import Provider
    from textual.filter import LineFilter
    from textual.notifications import SeverityLevel

    from aa_tui.tui.chart_pane import ChartPane
    from aa_tui.tui.compare_view import CompareView
    from aa_tui.tui.files_view import FilesView
    from aa_tui.tui.page_view import PageView
    from aa_tui.tui.places import Place

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
REMEMBER_AFTER_S = 1.0
INTERRUPTED = 128 + signal.SIGINT
TOO_SMALL = (
    f"aa-tui needs at least {terminal.MIN_COLUMNS}x{terminal.MIN_ROWS}; "
    "`aa-tui models` prints the list in any terminal."
)


def _commands() -> type[Provider]:
    from aa_tui.tui.palette import Commands

    return Commands


def _models() -> type[Provider]:
    from aa_tui.tui.palette import Models

    return Models


def _charts() -> type[Provider]:
    from aa_tui.tui.palette import Charts

    return Charts


def _runs() -> type[Provider]:
    from aa_tui.tui.palette import Runs

    return Runs


class AATuiApp(App[None]):
    """Explore models and measure them. Three views: leaderboard, a model's page, runs."""

    TITLE = "aa-tui"
    CSS_PATH = "app.tcss"
    AUTO_FOCUS = None
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands, _models, _charts, _runs}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "leaderboard", "Leaderboard"),
        Binding("R", "runs", "Runs"),
        Binding("F", "files", "Files", show=False),
        Binding("colon,ctrl+p", "command_palette", "Palette", show=False),
        Binding("question_mark", "help", "Help"),
        Binding("x", "charts", "Charts", show=False),
        Binding("E", "evaluate", "Evaluate", show=False),
        Binding("y", "copy(False)", "Copy", show=False),
        Binding("Y", "copy(True)", "Copy all", show=False),
        Binding("e", "export", "Save", show=False),
        Binding("T", "themes", "Theme", show=False),
        Binding("q", "leave", "Quit"),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "To the shell", show=False, priority=True),
    ]

    def __init__(self, catalog_path: Path, start: Place | str | None = None, *, ascii: bool | None = None) -> None:  # noqa: A002
        """Open the catalog; nothing is drawn yet. Raises `CatalogError`.

        Args:
            catalog_path: the catalog's file.
            start: the slug or name of the model whose page to open, or another place.
            ascii: draw with ASCII alone; None decides by the locale.
        """
        environ = dict(os.environ)  # before Textual takes NO_COLOR out of it
        wanted = terminal.theme_for(environ)
        # Textual chooses how to leave colours out before a theme can be set: by NO_COLOR with 16 colours, wholly.
        super().__init__(ansi_color=True if wanted.startswith("ansi-") else None)
        self.set_reactive(App.ansi_color, None)
        self.store = Store(catalog_path)
        self.memory = Memory(path_beside(catalog_path), self._remember_soon)
        self._start = start
        self.views = Views(self)
        self._extra_filters: list[LineFilter] = [ControlStrip()]
        if terminal.wants_ascii(environ) if ascii is None else ascii:
            self._extra_filters.append(AsciiOnly())
        if terminal.is_remote(environ):
            self.animation_level = "none"
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        # Set before any style is read: a theme that is changed to has all styles read and drawn once more.
        self.set_reactive(App.theme, self._known_theme(wanted, environ))
        self.stylesheet.set_variables(self.get_css_variables())

    def _known_theme(self, wanted: str, environ: Mapping[str, str]) -> str:
        """The theme chosen last time, unless the terminal has too few colours for it or another is asked for."""
        if not wanted.startswith("ansi-") and "TEXTUAL_THEME" not in environ:
            wanted = self.memory.get(themes.KEY, wanted)
        return wanted if wanted in self.available_themes else themes.DARK.name

    @property
    def draws_ascii(self) -> bool:
        """Whether the terminal is given ASCII alone."""
        return any(isinstance(one, AsciiOnly) for one in self._extra_filters)

    def get_default_screen(self) -> MainScreen:
        """The screen that the views are on."""
        return MainScreen(self.size)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables for the themes that do not have them."""
        return themes.fallbacks(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then ours: nothing that a terminal would obey gets past them."""
        return [*super().get_line_filters(), *self._extra_filters]

    def compose(self) -> ComposeResult:
        """The first line, the leaderboard, the last line; other views join when they are first wanted."""
        with Container(id="main"):
            yield TopBar(self.store)
            with Container(id="views"):
                yield Leaderboard(self.store, self.memory)
            yield KeyBar()
        yield Fitted(lambda width: wrapped(styled(TOO_SMALL), width), id="too-small")

    def on_mount(self) -> None:
        """Take the keys, listen to signals; what can wait waits until the first frame is out."""
        self.views.keys.show_view("leaderboard")
        self.views.leaderboard.take_focus()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            try:
                loop.add_signal_handler(number, self._end, 128 + number)
            except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                break
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Keep what is to be remembered, let go of the catalog."""
        self.memory.save()
        self.store.close()

    def _begin(self) -> None:
        self._watch = Watch(self.store)
        self.look(force=True)
        self.set_interval(INTERVAL_S, self.look)
        if self._start is not None:
            self.call_later(requests.open_at, self, self._start)

    def _remember_soon(self) -> None:
        """Something is to be remembered: written a little later, so that a row of changes is one file."""
        self.set_timer(REMEMBER_AFTER_S, self.memory.save)

    # -- what is new in the catalog

    def look(self, *, force: bool = False) -> None:
        """See whether the catalog has changed, and show it."""
        if not self.is_running:  # its widgets go before its timers do
            return
        trouble = self.store.trouble
        news = self._watch.look(force=force)
        if self.store.trouble != trouble:
            self.views.top.read_facts()
        if news is not None:
            self.views.tell(news)
        self.views.foresee()
        if self._watch.orphans_due():
            self.run_worker(self._settle, thread=True, group="settle", exit_on_error=False)

    def _settle(self) -> None:
        """In a thread: end the runs whose worker is gone."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.runs import settle_orphans

        try:
            self.store.in_thread(settle_orphans)
        except CatalogError:
            return

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """As Textual's own."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Notice(message, title, severity, seconds, markup=markup)))

    def toast(self, words: str, *, bad: bool = False) -> None:
        """A short word in the corner."""
        self.notify(words, markup=False, severity="error" if bad else "information", timeout=8 if bad else 4)

    # -- what the views ask for

    def on_leaderboard_chosen(self, message: Leaderboard.Chosen) -> None:
        """Open a page."""
        self.views.open_page(message.model.slug)

    async def on_page_view_left(self) -> None:
        """Back to where the page was opened from."""
        await self.views.back()

    def on_files_view_chosen(self, message: FilesView.Chosen) -> None:
        """Open the page of a file's model."""
        self.views.open_page(message.slug)

    async def on_files_view_left(self) -> None:
        """Back to the leaderboard."""
        await self.views.back()

    def on_page_view_neighbour_wanted(self, message: PageView.NeighbourWanted) -> None:
        """The page of the model above or below in the leaderboard."""
        self.views.neighbour(message.step)

    def on_leaderboard_sort_wanted(self) -> None:
        """Choose the column to sort by."""
        requests.choose_sorting(self)

    def on_leaderboard_measure_wanted(self, message: Leaderboard.MeasureWanted) -> None:
        """Measure the model under the cursor."""
        requests.measure(self, message.model)

    def on_page_view_measure_wanted(self) -> None:
        """Measure the page's model."""
        if self.views.page is not None:
            requests.measure(self, self.views.page.model)

    async def on_leaderboard_compare_wanted(self, message: Leaderboard.CompareWanted) -> None:
        """Compare the marked models."""
        await self.views.compare(message.slugs)

    async def on_compare_view_left(self) -> None:
        """Back to the leaderboard."""
        await self.views.back()

    def on_compare_view_chosen(self, message: CompareView.Chosen) -> None:
        """Open the page of one of the compared models."""
        self.views.open_page(message.slug)

    async def on_charts_view_left(self) -> None:
        """Back to where the charts were opened from."""
        await self.views.back()

    async def on_chart_pane_opened(self, message: ChartPane.Opened) -> None:
        """Open what a bar or dot stands for."""
        await requests.open_from_chart(self, message.slug)

    def on_chart_pane_select_wanted(self) -> None:
        """Choose which models charts draw."""
        requests.choose_models(self)

    def on_chart_pane_pin_wanted(self, message: ChartPane.PinWanted) -> None:
        """Keep a model in every chart, or no longer."""
        requests.pin(self, message.slug)

    async def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A click in the first or the last line."""
        if message.target == "charts":
            await self.action_charts()
        elif message.target == "compare":
            await self.views.compare(self.views.leaderboard.marked)
        elif message.line.id == "top":
            await self.views.switch(message.target)
        else:
            await self.run_action(message.target)

    # -- actions

    async def action_leaderboard(self) -> None:
        """Show the leaderboard."""
        await self.views.switch("leaderboard")

    async def action_runs(self) -> None:
        """Show the runs."""
        await self.views.switch("runs")

    async def action_files(self) -> None:
        """Show the files."""
        await self.views.switch("files")

    def action_command_palette(self) -> None:
        """Find a model, a chart, a run or a command by its name."""
        from aa_tui.tui.palette import Palette

        ask(self, Palette(id="--command-palette"))

    async def action_search(self) -> None:
        """Search the leaderboard."""
        await self.views.switch("leaderboard")
        self.views.leaderboard.action_search()

    async def action_sort(self) -> None:
        """Sort the leaderboard."""
        await self.views.switch("leaderboard")
        requests.choose_sorting(self)

    async def action_back(self) -> None:
        """One step back."""
        await self.views.back()

    def action_open(self) -> None:
        """Open what is under the cursor."""
        if self.views.current == "leaderboard":
            self.views.leaderboard.table.action_open()
        elif self.views.current == "compare" and self.views.compared is not None:
            self.views.compared.action_open()
        elif self.views.current == "runs" and self.views.runs is not None:
            self.views.runs.table.action_open()
        elif self.views.current == "files" and self.views.files is not None:
            self.views.files.table.action_open()

    def action_filters(self) -> None:
        """All filters of the leaderboard."""
        self.views.leaderboard.action_filters()

    def action_mark(self) -> None:
        """Mark the model under the leaderboard's cursor."""
        self.views.leaderboard.action_mark()

    def action_differences(self) -> None:
        """Only what differs between the compared."""
        if self.views.compared is not None:
            self.views.compared.action_differences()

    def action_remove(self) -> None:
        """Compare without the chosen one."""
        if self.views.compared is not None:
            self.views.compared.action_remove()

    def action_press(self, key: str) -> None:
        """A click on a key in the last line is that key."""
        self.simulate_key(key)

    def action_evaluate(self) -> None:
        """Evaluate the model on screen."""
        requests.evaluate(self)

    def action_measure(self) -> None:
        """Measure the model on screen."""
        if self.views.current == "page":
            self.on_page_view_measure_wanted()
        elif self.views.current == "files" and self.views.files is not None:
            self.views.files.action_measure()
        else:
            self.views.leaderboard.action_measure()

    def action_help(self) -> None:
        """The keys and meanings of this view."""
        from aa_tui.tui.help import Help

        if len(self.screen_stack) > 1:
            return
        board = self.views.leaderboard
        columns = (*board.fixed, *board.columns.values()) if self.views.current == "leaderboard" else ()
        ask(self, Help(self.views.current, columns))

    async def action_charts(self, name: str | None = None) -> None:
        """Charts on the whole screen."""
        await requests.show_charts(self, name)

    def action_copy(self, whole: bool) -> None:
        """Copy what is under the cursor, or all that is on screen."""
        from aa_tui.tui import sharing

        sharing.copy(self, whole=whole)

    def action_export(self) -> None:
        """Save what is on screen to a file."""
        from aa_tui.tui import sharing

        sharing.export(self)

    def action_themes(self) -> None:
        """Choose a theme."""
        requests.choose_theme(self)

    def action_toggle_theme(self) -> None:
        """From dark to light and back."""
        light = not self.current_theme.dark
        if self.current_theme.ansi:
            self.theme = "ansi-dark" if light else "ansi-light"
        else:
            self.theme = themes.DARK.name if light else themes.LIGHT.name
        self.memory.put(themes.KEY, self.theme)

    def action_leave(self) -> None:
        """Quit. Runs go on."""
        self._end(0)

    def action_interrupt(self) -> None:
        """Ctrl-C: quit at once, and say so by the exit status."""
        self._end(INTERRUPTED)

    def _end(self, code: int) -> None:
        self.exit(return_code=code)


def run_app(catalog_path: Path, open_at: Place | str | None = None, *, ascii: bool | None = None) -> int:  # noqa: A002
    """Run the app until it is left. Returns the exit status. Raises `CatalogError` before anything is drawn."""
    heap.share_one()
    app = AATuiApp(catalog_path, open_at, ascii=ascii)
    heap.keep_loaded()
    app.run()
    return app.return_code or 0
