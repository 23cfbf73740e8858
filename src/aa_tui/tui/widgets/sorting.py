"""What a view with a list does about its keys: search it, choose what it is sorted by."""

from __future__ import annotations

from textual.widget import Widget

from aa_tui.tui.widgets.dialog import ask
from aa_tui.tui.widgets.dialogs import Choice, Option
from aa_tui.tui.widgets.listing import Listing

AS_LISTED = Option("", "As it comes")


class Sorts(Widget):
    """Answers a view's commands to search and sort the list in it."""

    @property
    def listing(self) -> Listing:
        """The list."""
        return self.query_one(Listing)

    def action_search(self) -> None:
        """Type to search."""
        self.listing.action_search()

    def action_sort(self) -> None:
        """Choose the column to sort by; the one it is sorted by reverses the order."""
        table = self.listing.table
        titled = [column for column in table.columns if table.sort_of(column)]
        options = [AS_LISTED, *(Option(column.key, column.name or column.title.strip()) for column in titled)]

        def chosen(key: str | None) -> None:
            if key:
                table.sort_by(key)
            elif key is not None:
                table.sort(None, descending=False)

        ask(self.app, Choice("Sort by", options, table.sorting.sort if table.sorting else ""), chosen)

    def action_reverse(self) -> None:
        """The other order; of a list as it comes, by its first column."""
        table = self.listing.table
        if table.sorting is not None:
            table.sort(table.sorting.sort, descending=not table.sorting.descending)
        elif table.columns:
            table.sort_by(next(key for column in table.columns if (key := table.sort_of(column))))
