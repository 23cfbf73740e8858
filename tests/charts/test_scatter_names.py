"""Every name on a scatter chart leads to its own dot, read from the characters alone as a reader does."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aa_tui.charts import book
from aa_tui.charts.draw.scatter import ScatterLayout, layout
from aa_tui.charts.draw.scatter_drawing import draw_layout
from aa_tui.charts.scene import ALL, Selection
from aa_tui.charts.spec import Axis, Dot, ScatterChart
from aa_tui.pages.scene import load_scene

PRICE = Axis("Price", "USD", "lower")
INDEX = Axis("Index", "0–100", "higher")
GLYPHS = "◆◇▲△"
NAME = re.compile(r"(?:▶ )?(n[0-9]{3}x*)")

# Prices crowd at the left edge, where most cost nothing; indexes are whole numbers that many share.
PRICES = st.one_of(st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.01]), st.floats(0, 20, allow_nan=False))
POINTS = st.lists(st.tuples(PRICES, st.integers(0, 60)), min_size=1, max_size=80)
SIZES = st.sampled_from([(60, 14), (80, 22), (80, 24), (100, 30), (160, 44)])


def chart_of(points: list[tuple[float, int]], highlight: int, *, log: bool) -> ScatterChart:
    dots = tuple(
        Dot(
            f"k{number}",
            f"n{number:03d}{'x' * (7 * number % 23)}",
            x + 0.0005 if log else x,
            y,
            f"${x:g}",
            str(y),
            number == highlight % len(points),
            number % 2 == 0,
            group="proprietary" if number % 5 == 0 else "open",
        )
        for number, (x, y) in enumerate(points)
    )
    return ScatterChart("t", "T", replace(PRICE, log=log), INDEX, dots, len(dots), groups=("open", "proprietary"))


def cell_of(rows: list[str], row: int, start: int, end: int) -> tuple[int, int]:
    """The cell of the dot that a name at these columns belongs to: beside it, or where its line begins."""

    def at(column: int, line: int) -> str:
        return rows[line][column] if 0 <= column < len(rows[line]) else " "

    beside = [column for column in (start - 2, end + 1) if at(column, row) in GLYPHS]
    assert len(beside) < 2, f"a name stands between two dots: {rows[row]!r}"
    if beside:
        return beside[0], row
    for first, step, corners in ((start - 2, -1, "└┌"), (end + 1, 1, "┘┐")):
        column = first
        while at(column, row) == "─":
            column += step
        if at(column, row) in corners:
            up = at(column, row) in "└┘"
            line = row - 1 if up else row + 1
            while at(column, line) == "│":
                line += -1 if up else 1
            assert at(column, line) in GLYPHS, "a line leads to no dot"
            return column, line
    raise AssertionError(f"a name belongs to no dot: {rows[row]!r}")


def check(drawn: ScatterLayout, cursor: str | None) -> set[str]:
    """Check every name in the plot; gives the keys of the dots that are named."""
    rows = draw_layout(drawn, cursor).plain().splitlines()
    cells = {placed.dot.label: placed for placed in drawn.dots}
    found = set()
    for row in range(drawn.plot.top, drawn.plot.bottom + 1):
        for match in NAME.finditer(rows[row]):
            placed = next(one for label, one in cells.items() if label[:4] == match[1][:4])
            assert cell_of(rows, row, match.start(), match.end()) == (placed.column, placed.row), "another one's dot"
            found.add(placed.dot.key)
    return found


@pytest.mark.long
@given(points=POINTS, highlight=st.integers(0, 79), pointed=st.integers(-1, 79), size=SIZES, log=st.booleans())
@example(points=[(1.0, 0), (3.0, 0), (0.0, 0), (0.0, 0)], highlight=2, pointed=3, size=(60, 14), log=False)
@settings(
    deadline=None, max_examples=300, derandomize=True
)  # a dot can be hemmed in so that no name fits: one in 2,000
def test_a_name_belongs_to_its_own_dot(
    points: list[tuple[float, int]], highlight: int, pointed: int, size: tuple[int, int], log: bool
) -> None:
    chart = chart_of(points, highlight, log=log)
    cursor = chart.dots[pointed % len(points)].key if pointed >= 0 else None
    drawn = layout(chart, *size)
    named = check(drawn, cursor)
    chosen = chart.dots[highlight % len(points)].key
    assert (cursor or chosen) in named, "the cursor's is named, and the chosen one where there is no cursor"
    if cursor is not None:
        named |= check(drawn, None)
        assert chosen in named, "the chosen one is, unless the cursor's name takes its room"


@pytest.mark.parametrize("count", [700, 3000])
def test_in_a_crowd_the_chosen_one_has_its_name(count: int) -> None:
    chart = chart_of([((7 * number % 97) / 20, 11 * number % 61) for number in range(count)], 5, log=False)
    drawn = layout(chart, 100, 30)
    rows = draw_layout(drawn).plain().splitlines()
    row, match = next(
        (row, match)
        for row, text in enumerate(rows)
        if (match := re.search(r"▶ (n005x*)", text)) and row >= drawn.plot.top
    )
    mine = drawn.by_key["k5"]
    assert cell_of(rows, row, match.start(), match.end()) == (mine.column, mine.row)


@pytest.mark.parametrize("name", ["intelligence-vs-price", "intelligence-vs-price-log", "speed-vs-price"])
@pytest.mark.parametrize("band", ["class", ALL])
@pytest.mark.parametrize("size", [(76, 15), (100, 30), (156, 34)])
def test_every_published_model_keeps_its_name(
    conn: sqlite3.Connection, name: str, band: str, size: tuple[int, int]
) -> None:
    """The real table, with each of 30 models highlighted: its name is in the chart as often as it has a dot there."""
    whole = load_scene(conn, "nanbeige4-1-3b", Selection(band=band))
    for model in whole.models[:30]:
        spec = book.kind(name).build(replace(whole, model=model))
        assert isinstance(spec, ScatterChart)
        dots = tuple(replace(dot, label=f"n{number:03d}") for number, dot in enumerate(spec.dots))
        named = check(layout(replace(spec, dots=dots), *size), None)
        assert {dot.key for dot in dots if dot.highlighted} <= named
