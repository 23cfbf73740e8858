"""Draw small bar charts beside and below each other, as many as fit."""

from __future__ import annotations

from itertools import zip_longest

from aa_tui.charts.draw import bars as bars_drawing
from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.drawing import Line, Stretch
from aa_tui.charts.draw.head import head, sentence
from aa_tui.charts.spec import PanelChart

PANEL_CELLS = 38
"""A panel's least width: a name, a bar and a value."""

_GAP = 3
_LEAST_ROWS = 5  # title, words and three bars


def lines(spec: PanelChart, width: int, height: int) -> tuple[Line, ...]:
    """The panels in at most so many columns and rows; the title says how many of them there is room for."""
    width = max(bars_drawing.MIN_WIDTH, width)
    if not spec.charts:
        above = head(spec.title, "", [], width)[:1]
        return (*above, *sentence(spec.missing, width))
    across = _across(spec, width)
    panel_width = (width - _GAP * (across - 1)) // across
    above = head(spec.title, spec.note, _words(spec, len(spec.charts)), width, rows=2)
    room = max(_LEAST_ROWS, height - len(above))
    shown = spec.charts[: across * _down(spec, across, panel_width, room)]
    if len(shown) < len(spec.charts):
        above = head(spec.title, spec.note, _words(spec, len(shown)), width, rows=2)
    drawn: list[Line] = list(above)
    down = -(-len(shown) // across)
    needed = _least_heights(spec, across, panel_width)[:down]
    for number in range(0, len(shown), across):
        line = number // across
        left_rows = height - len(drawn) - sum(needed[line + 1 :]) - (down - line)  # what the lines below need
        rows = max(needed[line], min(left_rows, (height - len(drawn)) // (down - line) - 1))
        panels = [bars_drawing.lines(one, panel_width, rows, compact=True) for one in shown[number : number + across]]
        drawn.append((Stretch(""),))
        drawn += [_beside(row, panel_width) for row in zip_longest(*panels, fillvalue=())]
    return tuple(drawn)


def natural_height(spec: PanelChart, width: int) -> int:
    """Rows in which all bars of all panels are drawn."""
    if not spec.charts:
        return 3
    across = _across(spec, width)
    panel_width = (width - _GAP * (across - 1)) // across
    heights = [bars_drawing.natural_height(one, panel_width, compact=True) for one in spec.charts]
    rows = [max(heights[number : number + across]) for number in range(0, len(heights), across)]
    return 2 + sum(rows) + len(rows)


def _across(spec: PanelChart, width: int) -> int:
    return max(1, min(len(spec.charts), (width + _GAP) // (PANEL_CELLS + _GAP)))


def _least_heights(spec: PanelChart, across: int, panel_width: int) -> list[int]:
    """Rows that each line of panels needs: a panel is cut to its first bars, but one of a single bar is low."""
    heights = [min(_LEAST_ROWS, bars_drawing.natural_height(one, panel_width, compact=True)) for one in spec.charts]
    return [max(heights[number : number + across]) for number in range(0, len(heights), across)]


def _down(spec: PanelChart, across: int, panel_width: int, room: int) -> int:
    """How many lines of panels there is room for, with an empty row above each; one at least."""
    used = down = 0
    for height in _least_heights(spec, across, panel_width):
        used += height + 1
        if used > room:
            break
        down += 1
    return max(1, down)


def _words(spec: PanelChart, shown: int) -> list[str]:
    charts = len(spec.charts)
    return [f"{shown} of {charts} charts" if shown < charts else f"{charts} chart{'' if charts == 1 else 's'}"]


def _beside(row: tuple[Line, ...], width: int) -> Line:
    """One row of the panels, each filled up to its width."""
    parts: list[Stretch] = []
    for number, line in enumerate(row):
        if number:
            parts.append(Stretch(" " * _GAP))
        parts += line
        used = sum(cell_width(part.text) for part in line)
        parts.append(Stretch(" " * max(0, width - used)))
    return tuple(parts)
