"""The command palette: models by name, views, commands. Every word of data in it is plain text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Provider
from textual.content import Content

from aa_tui.catalog import models
from aa_tui.catalog.rows import ModelFilter, ModelRow

if TYPE_CHECKING:
    from textual.command import Hits

    from aa_tui.tui.app import AATuiApp

MOST_MODELS = 12


class Commands(Provider):
    """Views and commands."""

    def _commands(self) -> list[tuple[str, str, Callable[[], object]]]:
        app = cast("AATuiApp", self.app)
        return [
            ("Leaderboard", "all models, sorted and filtered", app.action_leaderboard),
            ("Runs", "what was and is measured here", app.action_runs),
            ("Sort the leaderboard", "choose the column", app.action_sort),
            ("Search the leaderboard", "name, creator or licence", app.action_search),
            ("Measure", "a file of the model on screen", app.action_measure),
            ("Dark or light", "the other one of the two themes", app.action_toggle_theme),
            ("Theme", "all themes", app.search_themes),
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
