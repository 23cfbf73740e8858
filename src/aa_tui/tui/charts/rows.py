"""Where the bars of a drawn chart lie: on which line each begins, and between which columns.

A drawing says which of its stretches are labels, and a bar begins where its label is; charts give the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.spec import Bar, BarChart, PanelChart

if TYPE_CHECKING:
    from aa_tui.charts.draw.drawing import Drawing, Line

LABEL_ROLES = ("label", "chosen-label")


@dataclass(frozen=True, slots=True)
class Place:
    """A drawn bar: its chart, the line it begins on, and the columns from `left` up to `right` that are its own."""

    chart: BarChart
    bar: Bar
    row: int
    left: int
    right: int

    @property
    def key(self) -> tuple[str, str]:
        """Tells it apart on this drawing and on others of the same charts."""
        return self.chart.name, self.bar.key


def places(drawing: Drawing, chart: BarChart | PanelChart, width: int) -> list[Place]:
    """Every bar that is drawn, in reading order of its chart."""
    if isinstance(chart, BarChart):
        rows = [row for row, _ in _labels(drawing)]
        return list(_bars(chart, rows, 0, width))
    found: list[Place] = []
    starts = sorted({column for _, column in _labels(drawing)})
    runs = {column: _runs([row for row, at in _labels(drawing) if at == column]) for column in starts}
    for number, one in enumerate(chart.charts):
        down, across = divmod(number, max(1, len(starts)))
        if across < len(starts) and down < len(runs[starts[across]]):
            right = starts[across + 1] if across + 1 < len(starts) else width
            found += _bars(one, runs[starts[across]][down], starts[across], right)
    return found


def _bars(chart: BarChart, rows: list[int], left: int, right: int) -> Iterator[Place]:
    """The chart's bars on the rows that labels stand before; side by side, a bar has a row for each of its parts."""
    finite = tuple(bar for bar in chart.bars if isfinite(bar.value))
    each = chart.rows_per_bar
    count = len(rows) // each
    fitted = BarChart(chart.name, chart.title, chart.unit, chart.better, finite, chart.total).fitted(count)
    for number, bar in enumerate(fitted):
        yield Place(chart, bar, rows[number * each], left, right)


def _labels(drawing: Drawing) -> list[tuple[int, int]]:
    """Line and column of every label."""
    return [(row, column) for row, line in enumerate(drawing.lines) for column in _label_columns(line)]


def label_end(line: Line, left: int) -> int:
    """The column after the label that begins at `left`."""
    column = end = 0
    for part in line:
        start, column = column, column + cell_width(part.text)
        if part.role in LABEL_ROLES and start >= left:
            end = column
        elif end:
            break
    return max(end, left)


def _label_columns(line: Line) -> Iterator[int]:
    column, inside = 0, False
    for part in line:
        is_label = part.role in LABEL_ROLES
        if is_label and not inside:
            yield column
        inside = is_label
        column += cell_width(part.text)


def _runs(rows: list[int]) -> list[list[int]]:
    """Rows that follow each other, together: each run is one panel."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs
