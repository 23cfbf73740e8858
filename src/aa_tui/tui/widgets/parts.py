"""Small widgets that every view uses. Text in them is never parsed as markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from aa_tui.textsafe import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.geometry import Size

STYLES = {
    "": "",
    "title": "bold",
    "dim": "$muted",
    "faint": "$faint",
    "strong": "bold",
    "accent": "$primary",
    "accent-strong": "bold $primary",
    "here": "$here",
    "warn": "$warn",
    "bad": "$bad",
    "bar": "$primary",
    "track": "$faint",
    "key": "bold $primary",
    "chart-bar": "$secondary",
    "part-2": "$part-2",
    "part-3": "$part-3",
    "tab": "bold reverse $primary",
    "cursor": "bold reverse",
}
"""What the kinds of text look like, by the theme's variables."""


def styled(*parts: tuple[str, str] | str | Content) -> Content:
    """Pieces of (text, kind) as one content. Brackets in the text stay brackets."""
    return Content.assemble(
        *(
            part if isinstance(part, Content) else Content(part) if isinstance(part, str) else _piece(*part)
            for part in parts
        )
    )


def _piece(text: str, kind: str) -> Content:
    style = STYLES[kind]
    text = clean(text)
    return Content.styled(text, style) if style and text else Content(text)


class Line(Widget):
    """One line that fits its width: what is too long ends in an ellipsis."""

    def __init__(self, content: Content | str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._content = content if isinstance(content, Content) else Content(content)

    def show(self, content: Content | str) -> None:
        """Show another text; nothing is drawn when it is the same."""
        new = content if isinstance(content, Content) else Content(content)
        if not new.is_same(self._content):
            self._content = new
            self.refresh()

    def render(self) -> Content:
        """The text, cut to the width."""
        return self._content.truncate(max(1, self.size.width), ellipsis=True)


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of a line that can be clicked; `target` is what the click means."""

    parts: tuple[tuple[str, str], ...]
    target: str = ""

    @property
    def width(self) -> int:
        """Cells."""
        return sum(cell_len(text) for text, _ in self.parts)


class Fitted(Widget):
    """Text that is laid out for the width it gets, as high as it then is."""

    def __init__(self, build: Callable[[int], Content] | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._build = build
        self._built: tuple[int, Content] | None = None

    def show(self, build: Callable[[int], Content]) -> None:
        """Show another text."""
        self._build = build
        before = self._built
        self._built = None
        if before is None:
            self.refresh(layout=True)
            return
        width, old = before
        new = self._at(width)
        if self._lines(old) != self._lines(new):
            self.refresh(layout=True)
        elif not old.is_same(new):
            pairs = zip(old.split("\n", allow_blank=True), new.split("\n", allow_blank=True), strict=True)
            for y in [y for y, (one, other) in enumerate(pairs) if not one.is_same(other)]:
                self.refresh(Region(0, y, width, 1))  # while a run is running, few of its lines change

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text has at this width."""
        return self._lines(self._at(width))

    def render(self) -> Content:
        """The text."""
        return self._at(self.size.width)

    def _at(self, width: int) -> Content:
        if self._built is None or self._built[0] != width:
            self._built = (width, self._build(width) if self._build else Content(""))
        return self._built[1]

    @staticmethod
    def _lines(content: Content) -> int:
        return content.plain.count("\n") + 1


def wrapped(content: Content, width: int) -> Content:
    """The text in lines of at most so many cells."""
    return Content("\n").join(line.rstrip() for line in content.wrap(max(1, width)))


def beside(left: Content, right: Content, start: int) -> Content:
    """Two columns of lines; the second one begins at a column."""
    lefts, rights = left.split("\n"), right.split("\n")
    lines = []
    for number in range(max(len(lefts), len(rights))):
        line = lefts[number] if number < len(lefts) else Content("")
        if number < len(rights):
            line = styled(line.pad_right(max(0, start - line.cell_length)), rights[number])
        lines.append(line)
    return Content("\n").join(lines)


class LinkLine(Widget):
    """One line of pieces, on the left and on the right, some of which can be clicked.

    Pieces that do not fit are left out whole, the right side's first ones before the left side's last ones.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    class Clicked(Message):
        """A piece with a target was clicked."""

        def __init__(self, line: LinkLine, target: str) -> None:
            super().__init__()
            self.line = line
            self.target = target

        @property
        def control(self) -> LinkLine:
            """The line, for selectors."""
            return self.line

    def __init__(self, *, gap: int = 2, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._gap = gap
        self._left: tuple[Link, ...] = ()
        self._right: tuple[Link, ...] = ()
        self._spans: list[tuple[int, int, str]] = []

    def show(self, left: tuple[Link, ...], right: tuple[Link, ...] = ()) -> None:
        """Show other pieces."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        """The pieces that fit."""
        width = self.size.width
        left, right = list(self._left), list(self._right)
        while left and self._length(left) > width:
            left.pop()
        while right and self._length(left) + self._gap + self._length(right) > width:
            right.pop(0)
        self._spans = []
        parts: list[tuple[str, str]] = []
        x = self._place(left, 0, parts)
        if right:
            start = width - self._length(right)
            parts.append((" " * (start - x), ""))
            self._place(right, start, parts)
        return styled(*parts)

    def _place(self, links: list[Link], x: int, parts: list[tuple[str, str]]) -> int:
        for number, link in enumerate(links):
            if number:
                parts.append((" " * self._gap, ""))
                x += self._gap
            parts.extend(link.parts)
            self._spans.append((x, x + link.width, link.target))
            x += link.width
        return x

    def _length(self, links: list[Link]) -> int:
        return sum(link.width for link in links) + self._gap * max(0, len(links) - 1)

    def on_click(self, event: events.Click) -> None:
        """Tell which piece was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, end, target in self._spans:
            if target and start <= offset.x < end:
                event.stop()
                self.post_message(self.Clicked(self, target))
                return
