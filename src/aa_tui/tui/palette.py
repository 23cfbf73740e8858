"""The command palette: models, charts and runs by name, views, commands. Every word of data in it is plain text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.command import CommandPalette, DiscoveryHit, Hit, Provider
from textual.content import Content
from textual.widgets import Input, OptionList

from aa_tui.catalog import models, runs
from aa_tui.catalog.rows import ModelFilter, ModelRow, RunRow
from aa_tui.tui.dialog import Dialog
from aa_tui.tui.places import Place
from aa_tui.tui.run_requests import start_waiting

if TYPE_CHECKING:
    from textual.command import Hits
    from textual.message import Message

    from aa_tui.charts.book import Kind
    from aa_tui.tui.app import AATuiApp

MOST_MODELS = 12
MOST_RUNS = 200


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
    """Views and commands."""

    def _commands(self) -> list[tuple[str, str, Callable[[], object]]]:
        app = cast("AATuiApp", self.app)
        return [
            ("Leaderboard", "all models, sorted and filtered", app.action_leaderboard),
            ("Charts", "all charts, on the whole screen", app.action_charts),
            ("Runs", "what was and is measured here", app.action_runs),
            ("Sort the leaderboard", "choose the column", app.action_sort),
            ("Search the leaderboard", "name, creator or licence", app.action_search),
            ("Measure", "a file of the model on screen", app.action_measure),
            ("Dark or light", "the other one of the two themes", app.action_toggle_theme),
            ("Evaluate", "a file of the model on screen, on a pack of questions", app.action_evaluate),
            ("Start waiting runs", "those that are planned or whose worker was lost", partial(start_waiting, app)),
            ("Files", "GGUF files on this machine, what fits, what can be pulled", app.action_files),
            ("Theme", "choose one of several", app.action_themes),
            ("Copy", "what is under the cursor", lambda: app.action_copy(False)),
            ("Copy all", "the whole page, chart or table", lambda: app.action_copy(True)),
            ("Save to a file", "as Markdown, HTML, SVG or PNG", app.action_export),
            ("Help", "keys, marks and columns of this view", app.action_help),
            ("Quit", "runs go on without the app", app.action_leave),
        ]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for name, words, callback in self._commands():
            yield DiscoveryHit(Content(name), callback, text=name, help=words)

    async def search(self, query: str) -> Hits:
        """Those whose name matches."""
        matcher = self.matcher(query)
        for name, words, callback in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, Content(name), callback, text=name, help=words)


class Models(Provider):
    """Models, found as the leaderboard's search finds them."""

    async def search(self, query: str) -> Hits:
        """The best of those whose words begin so."""
        app = cast("AATuiApp", self.app)
        nothing: list[ModelRow] = []
        found = app.store.read(
            lambda conn: models.list_models(conn, ModelFilter(text=query), limit=MOST_MODELS), nothing
        )
        for place, row in enumerate(found):
            mark = "◆" if row.reasoning else "◇"
            yield Hit(
                1.0 - place / 100,
                Content(f"{mark} {row.name} · {row.creator}"),  # never as help: the palette reads markup there
                lambda slug=row.slug: app.views.open_page(slug),
                text=row.name,
            )


class Charts(Provider):
    """Every chart, by its title: "Chart: Output speed"."""

    async def search(self, query: str) -> Hits:
        """Those whose title matches."""
        from aa_tui.charts import book

        app = cast("AATuiApp", self.app)
        matcher = self.matcher(query)
        for kind in book.ALL:
            name = f"Chart: {_title(kind)}"
            words = f"{name} {kind.name}"
            score = matcher.match(words)
            # letters strewn over thirty titles match anything: each word must stand in this one
            if score > 0 and all(word in words.lower() for word in query.lower().split()):
                yield Hit(score, Content(name), partial(app.action_charts, kind.name), text=name, help=kind.shows)


class Runs(Provider):
    """Runs by number, model or file."""

    async def search(self, query: str) -> Hits:
        """Those of which a word matches."""
        app = cast("AATuiApp", self.app)
        matcher = self.matcher(query)
        nothing: list[RunRow] = []
        for run in app.store.read(lambda conn: runs.list_runs(conn, MOST_RUNS), nothing):
            what = run.pack if run.kind == "eval" and run.pack else "speed"
            name = f"Run {run.id}: {run.target} · {run.file.quant or 'unknown quant'} · {what} · {run.state}"
            places = [(name, Place("runs", run_id=run.id))]
            if run.kind == "eval":
                words = f"Samples of run {run.id}: {run.target} · {what}"
                places.append((words, Place("runs", run_id=run.id, section="samples")))
            words = f"Charts of run {run.id}: {run.target} · {what}"
            places.append((words, Place("runs", run_id=run.id, section="charts")))
            for words, place in places:
                score = matcher.match(words)
                if score > 0:
                    yield Hit(score, Content(words), partial(app.views.go, place), text=words)


def _title(kind: Kind) -> str:
    """Charts of what was measured here say so: one of published figures is called the same."""
    return f"{kind.title}, measured here" if kind.section == "Measured here" else kind.title
