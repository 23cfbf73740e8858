"""Every figure of a chart as a table, also those that a drawing has no room for."""

from __future__ import annotations

from aa_tui.analysis import MISSING, display
from aa_tui.charts.spec import Bar, BarChart, Dot, ScatterChart
from aa_tui.export.document import Table


def figures(chart: BarChart | ScatterChart) -> Table:
    """The figures with their units."""
    return _of_dots(chart) if isinstance(chart, ScatterChart) else _of_bars(chart)


def _of_bars(chart: BarChart) -> Table:
    rows = []
    for bar in chart.bars:
        cells = [display.exact(value) for value in bar.parts] or [MISSING] * len(chart.parts)
        marks = " ".join(filter(None, (_reasoning(bar.reasoning), bar.group, "estimate" if bar.estimate else "")))
        rows.append((bar.label, bar.text, display.exact(bar.value), *cells, *_interval(chart, bar), marks))
    between = ("Low", "High") if any(bar.interval for bar in chart.bars) else ()
    head = ("", "Reads", chart.unit, *chart.parts, *between, "")
    return Table(head, tuple(rows), frozenset(range(1, 3 + len(chart.parts) + len(between))))


def _interval(chart: BarChart, bar: Bar) -> tuple[str, ...]:
    if not any(one.interval for one in chart.bars):
        return ()
    return tuple(map(display.exact, bar.interval)) if bar.interval is not None else (MISSING, MISSING)


def _of_dots(chart: ScatterChart) -> Table:
    has_intervals = any(dot.interval for dot in chart.dots)
    rows = tuple(
        (
            dot.label,
            display.exact(dot.x),
            display.exact(dot.y),
            *((_bounds(dot)) if has_intervals else ()),
            " ".join(filter(None, (_reasoning(dot.reasoning), dot.group if dot.group != dot.label else ""))),
        )
        for dot in chart.dots
    )
    between = ("Low", "High") if has_intervals else ()
    head = ("", f"{chart.x.label}, {chart.x.unit}", f"{chart.y.label}, {chart.y.unit}", *between, "")
    return Table(head, rows, frozenset(range(1, 3 + len(between))))


def _bounds(dot: Dot) -> tuple[str, ...]:
    return tuple(map(display.exact, dot.interval)) if dot.interval is not None else (MISSING, MISSING)


def _reasoning(reasoning: bool | None) -> str:
    return "" if reasoning is None else "reasoning" if reasoning else "non-reasoning"
