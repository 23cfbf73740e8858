"""The strokes between the dots of a line chart, in dots of braille: two across and four down in each cell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from aa_tui.charts.draw.drawing import Role
from aa_tui.charts.draw.scatter import DOTS_HIGH, DOTS_WIDE, PlacedDot, ScatterLayout
from aa_tui.charts.line_spec import LineChart

_BLANK = 0x2800
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_ROLES: tuple[Role, ...] = ("dot", "dot-2", "frontier")
_GLYPHS = ("●", "▲", "◆")


def role_of(chart: LineChart, group: str) -> Role:
    """A line's look; the fourth line looks like the first and is told apart by its name."""
    return _ROLES[_number(chart, group) % len(_ROLES)]


def glyph_of(chart: LineChart, group: str) -> str:
    """The mark of a line's points."""
    return _GLYPHS[_number(chart, group) % len(_GLYPHS)]


def last_dots(layout: ScatterLayout) -> Iterator[PlacedDot]:
    """The end of each line, where its name goes."""
    yield from (line[-1] for line in _lines(layout).values())


def strokes(layout: ScatterLayout, *, ascii_only: bool) -> Iterator[tuple[int, int, str, str]]:
    """Cells of the strokes: column, row, character and group."""
    for group, line in _lines(layout).items():
        cells: dict[tuple[int, int], int] = {}
        for one, other in pairwise(line):
            for x, y in _between(one, other):
                cell = (layout.plot.left + x // DOTS_WIDE, layout.plot.top + y // DOTS_HIGH)
                cells[cell] = cells.get(cell, 0) | _BITS[x % DOTS_WIDE][y % DOTS_HIGH]
        for (column, row), bits in cells.items():
            yield column, row, "." if ascii_only else chr(_BLANK | bits), group


def _lines(layout: ScatterLayout) -> dict[str, list[PlacedDot]]:
    found: dict[str, list[PlacedDot]] = {}
    for placed in sorted(layout.dots, key=lambda one: one.dot.x):
        found.setdefault(placed.dot.group, []).append(placed)
    return found


def _between(one: PlacedDot, other: PlacedDot) -> Iterator[tuple[int, int]]:
    """The fine positions on the straight line between two dots."""
    wide, high = other.fine_x - one.fine_x, other.fine_y - one.fine_y
    steps = max(abs(wide), abs(high), 1)
    for step in range(steps + 1):
        yield one.fine_x + round(wide * step / steps), one.fine_y + round(high * step / steps)


def _number(chart: LineChart, group: str) -> int:
    return chart.groups.index(group) if group in chart.groups else 0
