"""The command palette: commands of the whole app, models, charts and runs. Every word of data in it is plain text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from textual import on
from textual.command import CommandPalette, DiscoveryHit, Hit, Provider
from textual.content import Content
from textual.widgets import Input, OptionList

from aa_tui.analysis import untold
from aa_tui.catalog import models, runs
from aa_tui.catalog.rows import ModelFilter, ModelRow, RunRow
from aa_tui.tui.core.host import Host
from aa_tui.tui.core.places import Place
from aa_tui.tui.shell.commands import Offered, elsewhere
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.parts import styled

if TYPE_CHECKING:
    from textual.command import Hits
    from textual.message import Message

    from aa_tui.charts.book import Kind
    from aa_tui.tui.core.keymap import Keymap

MOST_MODELS = 12
MOST_RUNS = 200

BY_NAME, BY_NAME_ELSEWHERE, MODEL, CHART, BY_WORDS, BY_WORDS_ELSEWHERE, RUN = 1.0, 0.9, 0.8, 0.6, 0.5, 0.4, 0.3
"""The order of what is found: a command that is called so, then models, then whatever else speaks of it."""
STEP = 0.0001
"""How far things of one kind stand apart."""

_WORD = re.compile(r"\w+")


class Commanded(Host, Protocol):
    """The app, as the palette needs it."""

    keymap: Keymap

    async def open_at(self, start: Place | str) -> None: ...

    async def action_charts(self, name: str | None = None) -> None: ...
    async def give(self, offered: Offered) -> None: ...
    def commands(self) -> Sequence[Offered]: ...


class Palette(CommandPalette, Dialog[None]):
    """Textual's, which a second Enter or no room for its list does not end."""

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _only_once(self, event: Message) -> None:
        if not self.is_active:  # what was chosen first is done already
            event.prevent_default()

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # a list that is not a line high does not know where its options are
            super()._action_command_list(action)


class Commands(Provider):
    """What can be done in the view on screen, everywhere, and in the other views."""

    async def startup(self) -> None:
        """Other views' commands are in their modules, which may have to be imported first."""
        here = {offered.command.name for offered in self._app.commands()}
        self._others = asyncio.create_task(asyncio.to_thread(elsewhere, here))

    @property
    def _app(self) -> Commanded:
        return cast("Commanded", self.app)

    async def discover(self) -> Hits:
        """Those that mean something here, before anything is typed."""
        for offered in self._app.commands():
            name = offered.command.name
            yield DiscoveryHit(_prompt(offered), partial(self._app.give, offered), text=name, help=offered.command.help)

    async def search(self, query: str) -> Hits:
        """Those whose name begins so, and those that speak of it."""
        others = await asyncio.shield(self._others)  # the next letter ends this search, not what it waits for
        others = [offered._replace(command=self._app.keymap.of(offered.command)) for offered in others]
        for place, offered in enumerate([*self._app.commands(), *others]):
            command = offered.command
            if _begins(query, f"{offered.title} {command.name}"):
                score = BY_NAME_ELSEWHERE if offered.view else BY_NAME
            elif _begins(query, f"{offered.title} {command.name} {command.help} {command.words}"):
                score = BY_WORDS_ELSEWHERE if offered.view else BY_WORDS
            else:
                continue
            callback = partial(self._app.give, offered)
            yield Hit(score - place * STEP, _prompt(offered), callback, text=command.name, help=command.help or None)


class Models(Provider):
    """Models, found as the leaderboard's search finds them."""

    async def search(self, query: str) -> Hits:
        """The best of those whose words begin so."""
        app = cast("Commanded", self.app)
        nothing: list[ModelRow] = []
        found = app.store.read(
            lambda conn: models.list_models(conn, ModelFilter(text=query), limit=MOST_MODELS), nothing
        )
        for place, row in enumerate(found):
            mark = untold.marks(row)[0]
            yield Hit(
                MODEL - place * STEP,
                Content(f"{mark} {row.name} · {row.creator}"),  # never as help: the palette reads markup there
                partial(app.go, Place("page", row.slug)),
                text=row.name,
            )


class Charts(Provider):
    """Every chart, by its title: "Chart: Output speed"."""

    async def search(self, query: str) -> Hits:
        """Those whose title or name has the words."""
        from aa_tui.charts import book

        app = cast("Commanded", self.app)
        for place, kind in enumerate(book.ALL):
            name = f"Chart: {_title(kind)}"
            if _begins(query, f"{name} {kind.name}"):
                callback = partial(app.action_charts, kind.name)
                yield Hit(CHART - place * STEP, Content(name), callback, text=name, help=kind.shows)


class Runs(Provider):
    """Runs by number, model or file."""

    async def search(self, query: str) -> Hits:
        """Those of which the words are."""
        app = cast("Commanded", self.app)
        nothing: list[RunRow] = []
        score = RUN
        for run in app.store.read(lambda conn: runs.list_runs(conn, MOST_RUNS), nothing):
            what = run.what
            name = f"Run {run.id}: {run.target} · {run.file.quant or 'unknown quant'} · {what} · {run.state}"
            places = [(name, Place("ask" if run.kind == "ask" else "run", run_id=run.id))]
            if run.kind in ("eval", "ask"):
                words = f"Samples of run {run.id}: {run.target} · {what}"
                places.append((words, Place("samples", run_id=run.id)))
            if run.kind != "ask":
                words = f"Charts of run {run.id}: {run.target} · {what}"
                places.append((words, Place("charts", run_id=run.id)))
            for words, place in places:
                score -= STEP
                if _begins(query, words):
                    yield Hit(score, Content(words), partial(app.open_at, place), text=words)


def _begins(query: str, text: str) -> bool:
    """Whether each word of the query begins a word of the text."""
    words, parts = _WORD.findall(text.lower()), _WORD.findall(query.lower())
    return bool(parts) and all(any(word.startswith(part) for word in words) for part in parts)


def _prompt(offered: Offered) -> Content:
    """A command with its keys, and where it is given if that is not here."""
    where = f"{offered.title}: " if offered.view else ""
    return styled((where, "dim"), offered.command.name, "   ", (offered.command.keys_alone, "key"))


def _title(kind: Kind) -> str:
    """Charts of what was measured here say so: one of published figures is called the same."""
    return f"{kind.title}, measured here" if kind.section == "Measured here" else kind.title
