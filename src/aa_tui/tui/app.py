"""The app: it joins the views, and turns what they ask for into what happens."""

from __future__ import annotations

import asyncio
import os
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.containers import Container
from textual.notifications import Notify

from aa_tui import terminal
from aa_tui.config.reading import load
from aa_tui.errors import AATuiError
from aa_tui.textsafe import clean
from aa_tui.tui.core import heap
from aa_tui.tui.core.command import bindings, every
from aa_tui.tui.core.memory import Memory, path_beside
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.store import Store
from aa_tui.tui.shell import themes
from aa_tui.tui.shell.bars import KeyBar, TopBar
from aa_tui.tui.shell.commands import EVERYWHERE, Offered, chosen_keys
from aa_tui.tui.shell.filters import AsciiOnly, ControlStrip
from aa_tui.tui.shell.main_screen import MainScreen
from aa_tui.tui.shell.notice import Notice
from aa_tui.tui.shell.providers import PROVIDERS
from aa_tui.tui.shell.registry import FIRST, REGISTRY, TABS
from aa_tui.tui.shell.views import Views
from aa_tui.tui.shell.watch import INTERVAL_S, Watch
from aa_tui.tui.terminal.driver import TerminalDriver
from aa_tui.tui.terminal.guard import ENDED_BY, HUNG_UP, INTERRUPTED
from aa_tui.tui.widgets.dialog import ask
from aa_tui.tui.widgets.parts import Fitted, LinkLine, styled, wrapped
from aa_tui.weblinks import checked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType
    from textual.actions import ActionParseResult
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.command import Provider
    from textual.dom import DOMNode
    from textual.filter import LineFilter
    from textual.notifications import SeverityLevel
    from textual.screen import ModalScreen

    from aa_tui.pages.classes import Classes
    from aa_tui.tui.terminal.guard import Guard

T = TypeVar("T")

REMEMBER_AFTER_S = 1.0
TOO_SMALL = (
    f"aa-tui needs at least {terminal.MIN_COLUMNS}x{terminal.MIN_ROWS}; "
    "`aa-tui models` prints the list in any terminal."
)


class AATuiApp(App[None]):
    """Explore models and measure them. What screens may ask for is `Host`; which there are, `registry` says."""

    TITLE = "aa-tui"
    CSS_PATH = "app.tcss"
    AUTO_FOCUS = None
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {*PROVIDERS}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVERYWHERE)]

    def __init__(
        self,
        catalog_path: Path,
        start: Place | str | None = None,
        *,
        ascii: bool | None = None,  # noqa: A002
        guard: Guard | None = None,
    ) -> None:
        """Open the catalog; nothing is drawn yet. Raises `CatalogError`.

        Args:
            catalog_path: the catalog's file.
            start: the slug or name of the model whose page to open, or another place.
            ascii: draw with ASCII alone; None decides by the locale.
            guard: the process that waits for this one and looks after the terminal, if there is one.
        """
        environ = dict(os.environ)  # before Textual takes NO_COLOR out of it
        self.config = load(environ=environ)
        wanted = terminal.theme_for(environ)
        # Textual chooses how to leave colours out before a theme can be set: by NO_COLOR with 16 colours, wholly.
        super().__init__(TerminalDriver, ansi_color=True if wanted.startswith("ansi-") else None)
        self.set_reactive(App.ansi_color, None)
        self.guard = guard
        self.ending = False
        self.store = Store(catalog_path)
        self.memory = Memory(path_beside(catalog_path), self._remember_soon)
        self._start = start
        self.keymap, self._key_problems = chosen_keys(self.config.keys)
        self.top, self.keys = TopBar(self.store, TABS), KeyBar(self.keymap)
        self.views = Views(self, self.top, self.keys)
        self._extra_filters: list[LineFilter] = [ControlStrip()]
        if terminal.wants_ascii(environ) if ascii is None else ascii:
            self._extra_filters.append(AsciiOnly())
        if terminal.is_remote(environ):
            self.animation_level = "none"
        for theme in themes.ours(environ):
            self.register_theme(theme)
        # Set before any style is read: a theme that is changed to has all styles read and drawn once more.
        self.set_reactive(App.theme, self._known_theme(wanted, environ))
        self.stylesheet.set_variables(self.get_css_variables())

    def _known_theme(self, wanted: str, environ: Mapping[str, str]) -> str:
        """The theme that is set or was chosen last time, unless the terminal has too few colours for it."""
        if not wanted.startswith("ansi-") and "TEXTUAL_THEME" not in environ:
            wanted = self.config.theme or self.memory.get(themes.KEY, wanted)
        return wanted if wanted in self.available_themes else themes.DARK.name

    @cached_property
    def peers(self) -> Classes:
        """The classes that pages compare with."""
        from aa_tui.pages.classes import Classes

        return Classes()

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
            yield self.top
            yield self.views
            yield self.keys
        yield Fitted(lambda width: wrapped(styled(TOO_SMALL), width), id="too-small")

    def on_mount(self) -> None:
        """Take the focus, listen to signals; what can wait waits until the first frame is out."""
        self.set_keymap(self.keymap.bindings())
        self.views.show_bars()
        self.views.leaderboard.take_focus()
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        loop = asyncio.get_running_loop()
        for number in ENDED_BY:
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
        if self.store.reads_only:
            self.toast(f"Nothing can be noted here: the catalog {self.store.path} can only be read.")
        for problem in (*self.config.problems, *self._key_problems):
            self.toast(problem, bad=True)
        if self.config.theme and self.config.theme not in self.available_themes:
            there = self.keymap.told("<theme:T> shows those there are.")
            self.toast(f"There is no theme “{self.config.theme}”: {there}", bad=True)
        if self._start is not None:
            self.call_later(self.open_at, self._start)

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
            self.top.read_facts()
            if self.store.trouble:
                self.toast(self.store.trouble, bad=True)
        if news is not None:
            self.views.hear(news)
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

    def _handle_exception(self, error: Exception) -> None:
        """What was under way when the end came finds its widgets gone, which is no failure. And what a damaged catalog
        holds may break what is drawn: then that is said, instead of a traceback."""
        if self.ending:
            self.log.error(error)
        elif (words := self.store.blame(error)) is None:
            super()._handle_exception(error)
        elif not self._exit_renderables:  # what broke one widget breaks the next
            self._return_code = 1
            self.panic(Text(words))

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

    def announce(self, words: str) -> None:
        """Ring the terminal's bell and have the desktop told, unless the user has turned that off."""
        if self.config.notifications and self._driver is not None:
            self._driver.write(terminal.notification(words, os.environ))

    # -- what screens ask for

    async def go(self, place: Place) -> None:
        """Step into a place; one step back leads here."""
        await self.views.go(place)

    async def back(self) -> None:
        """One step back."""
        await self.views.back()

    async def open_at(self, start: Place | str) -> None:
        """Open what the program was started with: a place, or the page of a model."""
        await self.views.enter(Place("page", start) if isinstance(start, str) else start)

    def ask(self, dialog: ModalScreen[T], answered: Callable[[T | None], None] | None = None) -> None:
        """Open a dialog, unless one of its kind is open."""
        ask(self, dialog, answered)

    def copy(self, text: str, what: str) -> None:
        """To the clipboard of the terminal that the user sits at."""
        from aa_tui.tui.core import clipboard as yank

        self.copy_to_clipboard(clean(text))
        past_tmux = yank.tmux_sequence(clean(text), os.environ)
        if past_tmux and self._driver is not None:
            self._driver.write(past_tmux)
        self.toast(yank.words(text, what))

    def open_link(self, url: str) -> None:
        """Open an address of the web; where there is no desktop, copy and show it."""
        if checked(url) is None:
            self.toast("That address is no link to open.", bad=True)
        elif terminal.has_desktop(os.environ):
            self.open_url(url)
            self.toast(f"Opened {url} in the browser.")
        else:
            self.copy(url, f"the address {url}")

    def write(self, work: Callable[[sqlite3.Connection], str]) -> None:
        """Write to the catalog in a thread, so that no key ever waits; then say what came of it."""

        def job() -> None:
            try:
                words, bad = self.store.in_thread(work), False
            except (AATuiError, OSError) as error:
                words, bad = str(error), True
            if words:
                self.call_from_thread(self.toast, words, bad=bad)
            self.call_from_thread(self.look, force=True)

        self.run_worker(job, thread=True, group="ask", exit_on_error=False)

    def on_key(self, event: events.Key) -> None:
        """What was typed behind `/` before its box had the focus belongs into the box, and is no command."""
        box = self.focused
        if event.is_printable and box is not None and box.id == "search":
            event.prevent_default()
            box.post_message(events.Key(event.key, event.character))

    async def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A click in the first or the last line."""
        await self.run_action(message.target, self if message.line is self.top else self.views.here)

    # -- actions

    def commands(self) -> list[Offered]:
        """What can be done now: in the view on screen, and everywhere."""
        here = [one for one in every(self.views.here.COMMANDS) if one.action]
        names = {one.name for one in here}
        rest = [one for one in every(EVERYWHERE) if not one.priority and one.name not in names]
        return [Offered(self.keymap.of(one)) for one in (*rest, *here)]

    async def give(self, offered: Offered) -> None:
        """Do what a command's keys do; one of another view is given there, or it is said how to come to it."""
        command, entry = offered.command, REGISTRY.get(offered.view)
        if entry is not None and entry.first:
            await self.go(Place(entry.under or FIRST))
            first = self.keymap.told(entry.first)
            self.toast(f"{entry.title}: {first}. Then {command.keys_alone}: {command.name.lower()}.")
            return
        if entry is not None:
            await self.go(Place(offered.view))
            await self.views.here.ready()
        await self.run_action(command.action, self.views.here)

    async def action_visit(self, view: str) -> None:
        """Show a view as it was left."""
        await self.go(Place(view))

    async def action_compare(self) -> None:
        """Compare the models that are marked on the leaderboard."""
        await self.views.leaderboard.action_compare()

    async def action_charts(self, name: str | None = None) -> None:
        """Charts on the whole screen: this one, else the one that is on screen, else the first or last seen."""
        if not self._is_covered:
            await self.go(self.views.here.charts(name))

    def action_command_palette(self) -> None:
        """Find a model, a chart, a run or a command by its name."""
        from aa_tui.tui.shell.palette import Palette

        ask(self, Palette(id="--command-palette"))

    async def action_search(self) -> None:
        """Search the leaderboard."""
        await self.action_visit(FIRST)
        self.views.leaderboard.action_search()

    async def action_sort(self) -> None:
        """Sort the leaderboard."""
        await self.action_visit(FIRST)
        self.views.leaderboard.action_sort()

    async def action_back(self) -> None:
        """One step back."""
        await self.back()

    def action_press(self, key: str) -> None:
        """A click on a key in the last line is that key."""
        self.simulate_key(key)

    def action_evaluate(self) -> None:
        """Evaluate the model on screen."""
        from aa_tui.tui.start import asking

        if not self._is_covered:
            asking.evaluate(self, self.views.here.model)

    def action_measure(self) -> None:
        """Measure the model on screen."""
        from aa_tui.tui.start import asking

        if not self._is_covered:
            asking.measure(self, self.views.here.model)

    @property
    def _is_covered(self) -> bool:
        """Whether a dialog is open: keys that it does not take are not meant for what lies below it."""
        return len(self.screen_stack) > 1

    def action_help(self) -> None:
        """The keys and meanings of this view."""
        from aa_tui.tui.shell.help import Help

        if not self._is_covered:
            here = self.views.here
            ask(self, Help(here.TITLE, here.COMMANDS, self.keymap, here.meanings()))

    def action_start_waiting(self) -> None:
        """Start every planned run and every one whose worker was lost."""
        self.action_request("start_waiting")

    def action_tidy(self) -> None:
        """Remove the pages of models here on which nothing is."""
        self.action_request("tidy")

    def action_request(self, name: str) -> None:
        """Ask for what is about runs and needs none of them under the cursor: import logs, and the two above."""
        import_module("aa_tui.tui.runs.requests").ANYWHERE[name](self)

    def action_copy(self, whole: bool) -> None:
        """Copy what is under the cursor, or all that is on screen."""
        from aa_tui.tui.shell import sharing

        sharing.copy(self, self.views.here, whole=whole)

    def action_export(self) -> None:
        """Save what is on screen to a file."""
        from aa_tui.tui.shell import sharing

        sharing.export(self, self.views.here)

    def action_themes(self) -> None:
        """Choose a theme."""
        from aa_tui.tui.shell import theme_choice

        if not self._is_covered:
            theme_choice.choose(self, self.memory, is_set=bool(self.config.theme))

    def action_toggle_theme(self) -> None:
        """From dark to light and back."""
        self.theme = themes.other_of(self.current_theme).name
        self.memory.put(themes.KEY, self.theme)

    def action_leave(self) -> None:
        """Quit. Runs stay."""
        self._end(0)

    def action_interrupt(self) -> None:
        """Ctrl-C: quit at once, and say so by the exit status."""
        self._end(INTERRUPTED)

    def action_hang_up(self) -> None:
        """The terminal is gone."""
        self._end(HUNG_UP)

    def action_redraw(self) -> None:
        """Draw everything: after a stop, or where another program has written over it."""
        self.screen.refresh()

    # -- the end

    def _end(self, code: int) -> None:
        self.exit(return_code=code)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End, once: the first status stands. What comes after it is not for this app any more."""
        if self.ending:
            return
        self.ending = True
        if isinstance(self._driver, TerminalDriver):
            self._driver.expect_end(return_code)
        super().exit(result, return_code, message)

    async def on_event(self, event: events.Event) -> None:
        """Nothing that is typed or clicked reaches widgets that are about to go."""
        if not (self.ending and isinstance(event, (events.InputEvent, events.Paste))):
            await super().on_event(event)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Nor does any key that was with a widget already do anything."""
        return self.ending or await super().run_action(action, default_namespace, namespaces)


def run_app(
    catalog_path: Path,
    open_at: Place | str | None = None,
    *,
    ascii: bool | None = None,  # noqa: A002
    guard: Guard | None = None,
) -> int:
    """Run the app until it is left. Returns the exit status. Raises `CatalogError` before anything is drawn."""
    for name in ("COLUMNS", "LINES"):  # a window's size once, perhaps another's; Rich would believe it
        os.environ.pop(name, None)
    heap.share_one()
    app = AATuiApp(catalog_path, open_at, ascii=ascii, guard=guard)
    heap.keep_loaded()
    app.run()
    return app.return_code or 0
