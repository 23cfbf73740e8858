"""Above the leaderboard: the class tabs, the search box, the facets and the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.message import Message

from aa_tui.tui.parts import Link, LinkLine
from aa_tui.tui.query import TABS, Query

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widgets import Input

WORDS = {
    "reasoning": {None: "◆ reasoning", True: "◆ reasoning", False: "◇ non-reasoning"},
    "open_weights": {None: "○ open", True: "○ open", False: "● proprietary"},
    "measured_here": {None: "⌂ here", True: "⌂ here", False: "⌂ here"},
}


class ClassTabs(LinkLine):
    """The classes, with how many models each has."""

    class Chosen(Message):
        """Another class is wanted."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, counts: list[int], chosen: int) -> None:
        super().__init__(gap=0, id="tabs")
        self.counts = counts
        self.chosen = chosen

    def render(self) -> Content:
        """The tabs, with as many counts as there is room for."""
        links = self._links(counts=True)
        if self._length(list(links)) > self.size.width:
            links = self._links(counts=False)
        self._left = links
        return super().render()

    def _links(self, *, counts: bool) -> tuple[Link, ...]:
        links = []
        for index, tab in enumerate(TABS):
            chosen = index == self.chosen
            label = f" {tab.label}"
            number = f" {self.counts[index]}" if counts or chosen else ""
            parts: list[tuple[str, str]] = [("│", "faint")] if index else []
            parts += [(label, "tab" if chosen else "dim"), (number + " ", "tab" if chosen else "faint")]
            links.append(Link(tuple(parts), str(index)))
        return tuple(links)

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A tab was clicked."""
        message.stop()
        self.post_message(self.Chosen(int(message.target)))


class FilterBar(Horizontal):
    """Search box, facets and count in one line. The box is made when it is first wanted."""

    class Searched(Message):
        """The text to search for has changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class FacetClicked(Message):
        """A facet was clicked."""

        def __init__(self, facet: str) -> None:
            super().__init__()
            self.facet = facet

    class Left(Message):
        """The search box gives the keys back; with ↑ or ↓ the cursor goes on from there."""

        def __init__(self, step: int = 0) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(id="filters")
        self._box: Input | None = None
        self._text = ""

    def compose(self) -> ComposeResult:
        """The line of facets; the search box joins when it is wanted."""
        yield LinkLine(gap=2, id="facets")

    def show(self, query: Query, found: int, total: int) -> None:
        """Show what is asked for and how many models pass."""
        self._text = query.text
        if self._box is not None and not query.text and self._box.value:
            self._box.value = ""
        left: tuple[Link, ...] = ()
        if not self._is_open:
            text = (("/ ", "accent-strong"), (query.text, "strong")) if query.text else (("/ search…", "dim"),)
            left = (Link(text, "search"),)
        facets = tuple(self._facet(query, facet) for facet in WORDS)
        count = f"{found:,} of {total:,}" if query.is_narrowed else f"{total:,} models"
        self.query_one("#facets", LinkLine).show(left, (*facets, Link(((count.rjust(12), "strong"),))))

    def open(self, text: str) -> None:
        """Show the search box and give it the keys."""
        if self._box is None:
            from aa_tui.tui.search_box import SearchBox

            self._box = SearchBox(text)
            self.mount(self._box, before=0)
        self._box.display = True
        self._box.focus()
        self.set_class(True, "-searching")
        line = self.query_one("#facets", LinkLine)
        line.show((), line._right)

    def close(self) -> None:
        """The box gives way to its text."""
        if self._box is not None:
            self._box.display = False
        self.set_class(False, "-searching")

    @property
    def _is_open(self) -> bool:
        return self._box is not None and bool(self._box.display)

    @staticmethod
    def _facet(query: Query, facet: str) -> Link:
        value = getattr(query, facet)
        word = WORDS[facet][value]
        if value is None:
            return Link(((f" {word} ", "dim"),), facet)
        return Link(((f" {word} ", "tab"),), facet)

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """The search text or a facet was clicked."""
        message.stop()
        if message.target == "search":
            self.open(self._text)
        else:
            self.post_message(self.FacetClicked(message.target))
