"""Choose a theme; the one under the cursor is seen at once."""

from __future__ import annotations

from aa_tui.tui.dialogs import Choice
from aa_tui.tui.table import Table


class ThemeChoice(Choice):
    """A list of themes in which the theme under the cursor is seen at once."""

    def on_table_moved(self, message: Table.Moved) -> None:
        """Show the theme."""
        message.stop()
        key = self._options[message.index].key
        if self.app.theme != key:
            self.app.theme = key
