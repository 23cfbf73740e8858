"""The tabs of a page's sections, in one line where they fit and in two where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from aa_tui.tui.core.sections import OVERVIEW, SECTIONS, Section
from aa_tui.tui.widgets.parts import Link, LinkLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

_CHARTS = tuple(section for section in SECTIONS if section.has_charts and section.name != "measured")
_TEXTS = tuple(section for section in SECTIONS if section not in _CHARTS)


class SectionTabs(Vertical):
    """Every section's key and name. A click on one posts `LinkLine.Clicked` with its name as target."""

    DEFAULT_CSS: ClassVar[str] = "SectionTabs { height: auto; }"

    def __init__(self) -> None:
        super().__init__(id="section-tabs")
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The two lines."""
        yield LinkLine(gap=0, id="tabs-first")
        yield LinkLine(gap=0, id="tabs-second")

    def show(self, chosen: str, width: int, *, with_overview: bool) -> None:
        """Mark a section; `with_overview` where its text is not above already."""
        if self._shown == (chosen, width, with_overview):
            return
        self._shown = (chosen, width, with_overview)
        first, second = self.query_one("#tabs-first", LinkLine), self.query_one("#tabs-second", LinkLine)
        texts = _TEXTS if with_overview else tuple(section for section in _TEXTS if section is not OVERVIEW)
        overview = (OVERVIEW,) if with_overview else ()
        everything = (*overview, *_CHARTS, *(section for section in texts if section is not OVERVIEW))
        links = _fitting(everything, chosen, width, forms=("title", "short"))
        second.display = links is None
        if links is not None:
            first.show(links)
            return
        first.show(_fitting(texts, chosen, width) or _links(texts, chosen, "key"))
        second.show(_fitting(_CHARTS, chosen, width) or _links(_CHARTS, chosen, "key"))


def _fitting(
    sections: Sequence[Section], chosen: str, width: int, forms: Sequence[str] = ("title", "short", "key")
) -> tuple[Link, ...] | None:
    """The longest form of the tabs that fits; None where none does."""
    for form in forms:
        links = _links(sections, chosen, form)
        if sum(link.width for link in links) <= width:
            return links
    return None


def _links(sections: Sequence[Section], chosen: str, form: str) -> tuple[Link, ...]:
    links = []
    for section in sections:
        is_chosen = section.name == chosen
        word = {"title": section.title, "short": section.short, "key": section.short if is_chosen else ""}[form]
        space = " " if form != "title" else "  "
        kind = "tab" if is_chosen else "dim"
        parts = ((section.key, "tab" if is_chosen else "key"), (f" {word}" if word else "", kind))
        links.append(Link((*parts, (space, "")), section.name))
    return tuple(links)
