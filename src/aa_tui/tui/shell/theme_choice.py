"""Choose a theme; the one under the cursor is seen at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aa_tui.tui.shell import themes
from aa_tui.tui.widgets.dialog import ask
from aa_tui.tui.widgets.dialogs import Choice, Option
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import App

    from aa_tui.tui.core.memory import Memory


class ThemeChoice(Choice):
    """A list of themes in which the theme under the cursor is seen at once."""

    def on_table_moved(self, message: Table.Moved) -> None:
        """Show the theme."""
        message.stop()
        option = self.current
        if option is not None and self.app.theme != option.key:
            self.app.theme = option.key


def choose(app: App[Any], memory: Memory, *, is_set: bool = False) -> None:
    """Pick a theme, which is remembered; one that `is_set` for good comes back at the next start."""
    before = app.theme
    options = [Option(key, words, note) for key, words, note in themes.CHOICES if key in app.available_themes]

    def chosen(key: str | None) -> None:
        app.theme = key or before
        if key is not None:
            memory.put(themes.KEY, key)
        if key not in (None, before) and is_set:
            app.notify("Until you quit: your settings name another theme (`aa-tui config set theme`).", markup=False)

    ask(app, ThemeChoice("Theme", options, before), chosen)
