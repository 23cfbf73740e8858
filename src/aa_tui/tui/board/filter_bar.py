"""Above the leaderboard: the class tabs, the search box, the facets and the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.containers import Horizontal
from textual.message import Message

from aa_tui.textsafe import clean_line
from aa_tui.tui.board.facets import BY_KEY
from aa_tui.tui.board.query import TABS, Query
from aa_tui.tui.widgets.parts import Link, LinkLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.content import Content

    from aa_tui.tui.board.facets import Value
    from aa_tui.tui.core.keymap import Keymap
    from aa_tui.tui.widgets.search_box import SearchBox

PLACEHOLDER = "name, creator or licence"
ALWAYS = ("reasoning", "open_weights", "measured_here")
"""Facets with a key of their own: offered in the line also while they do not matter."""

CHIP_CELLS = 22
"""A chip says at most so much of a creator's or a licence's name."""


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
            parts.append((f"{label}{number} ", "tab" if chosen else "dim"))
            links.append(Link(tuple(parts), str(index)))
        return tuple(links)

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A tab was clicked."""
        message.stop()
        self.post_message(self.Chosen(int(message.target)))


class FacetLine(LinkLine):
    """The search text, a chip for each facet that leaves models out, and the count."""

    def __init__(self) -> None:
        super().__init__(gap=2, id="facets")
        self._query = Query()
        self._ends: tuple[tuple[Link, ...], ...] = ((),)

    def tell(self, left: tuple[Link, ...], query: Query, ends: tuple[tuple[Link, ...], ...]) -> None:
        """Show another question. `ends` are what stands last, the longest first: it gives way to the chips."""
        if (left, query, ends) != (self._left, self._query, self._ends):
            self._left, self._query, self._ends = left, query, ends
            self.refresh()

    def search_opened(self) -> None:
        """The text is in the box now."""
        self._left = ()
        self.refresh()

    def render(self) -> Content:
        """The chips, or only how many there are where they do not fit: none is left out unsaid."""
        active = self._query.active
        every = tuple(self._facet(key) for key in (*ALWAYS, *(key for key in active if key not in ALWAYS)))
        chips = tuple(self._facet(key) for key in active)
        several = Link(((f" {len(chips)} filters ", "tab"),), "filters")
        for middle in (every, chips, (several,) if len(chips) > 1 else chips):
            for ends in self._ends:
                self._right = (*middle, *ends)
                if self._length([*self._left, *self._right]) <= self.size.width:
                    return super().render()
        return super().render()

    def _facet(self, key: str) -> Link:
        value: Value | None = getattr(self._query, key)
        if value is None:
            return Link(((f" {BY_KEY[key].chip(True)} ", "dim"),), key)
        text = clean_line(BY_KEY[key].chip(value))
        if cell_len(text) > CHIP_CELLS:
            text = set_cell_size(text, CHIP_CELLS - 1) + "…"
        return Link(((f" {text} ", "tab"),), key)


class FilterBar(Horizontal):
    """Search box, facets and count in one line. The box is made when it is first wanted."""

    class FacetClicked(Message):
        """A facet was clicked."""

        def __init__(self, facet: str) -> None:
            super().__init__()
            self.facet = facet

    def __init__(self, keymap: Keymap) -> None:
        super().__init__(id="filters")
        self._compares = keymap.told(", <compare:c> compares")
        self._box: SearchBox | None = None
        self._text = ""

    def compose(self) -> ComposeResult:
        """The line of facets; the search box joins when it is wanted."""
        yield FacetLine()

    def show(self, query: Query, found: int, total: int, marked: int = 0) -> None:
        """Show what is asked for, how many models pass and how many are marked."""
        self._text = query.text
        if self._box is not None and not query.text and self._box.value:
            self._box.value = ""
        left: tuple[Link, ...] = ()
        if not self._is_open:
            text = (("/ ", "accent-strong"), (query.text, "strong")) if query.text else (("/ search…", "dim"),)
            left = (Link(text, "search"),)
        count = f"{found:,} of {total:,}" if query.is_narrowed else f"{total:,} models"
        last = Link(((count.rjust(12), "strong"),))
        folded = (Link(((" folded ", "tab"),), "grouped"),) if query.grouped else ()
        words = f"• {marked} marked" + (self._compares if marked > 1 else "")
        ends = [
            (*folded, *((Link(((text, "accent"),), "marked"),) if marked else ()), last)
            for text in dict.fromkeys((words, f"• {marked} marked", f"• {marked}"))
        ]
        self.query_one(FacetLine).tell(left, query, tuple(ends))

    def open(self, text: str) -> None:
        """Show the search box and give it the focus."""
        if self._box is None:
            from aa_tui.tui.widgets.search_box import SearchBox

            self._box = SearchBox(text, PLACEHOLDER)
            self.mount(self._box, before=0)
        self._box.open()
        self.set_class(True, "-searching")
        self.query_one(FacetLine).search_opened()

    def on_search_box_left(self) -> None:
        """The box gives way to its text."""
        self.set_class(False, "-searching")

    @property
    def _is_open(self) -> bool:
        return self._box is not None and bool(self._box.display)

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """The search text or a facet was clicked."""
        message.stop()
        if message.target == "search":
            self.open(self._text)
        else:
            self.post_message(self.FacetClicked(message.target))
