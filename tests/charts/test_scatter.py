"""Scatter charts: every dot has its cell, can be reached with the arrows, and no label covers anything."""

from __future__ import annotations

import sqlite3
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aa_tui.charts import book
from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.scatter import PlacedDot, ScatterLayout, describe, frontier, layout
from aa_tui.charts.draw.scatter_drawing import CROWD, draw_layout
from aa_tui.charts.draw.walk import DIRECTIONS, neighbour
from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import Axis, Dot, ScatterChart
from aa_tui.pages.scene import load_scene

PRICE = Axis("Price", "USD", "lower")
INDEX = Axis("Index", "0–100", "higher")


def chart_of(*points: tuple[float, float], x: Axis = PRICE, y: Axis = INDEX, highlight: int = -1) -> ScatterChart:
    dots = tuple(
        Dot(
            f"m{number}",
            f"model {number}",
            at_x,
            at_y,
            f"${at_x:g}",
            f"{at_y:g}",
            number == highlight,
            number % 2 == 0,
            group="proprietary" if number % 3 == 0 else "open",
        )
        for number, (at_x, at_y) in enumerate(points)
    )
    return ScatterChart("t", "Title", x, y, dots, len(dots) + 1, groups=("open", "proprietary"), missing="None.")


def rows_of(drawn: ScatterLayout, cursor: str | None = None) -> list[str]:
    return draw_layout(drawn, cursor).plain().splitlines()


def reachable(drawn: ScatterLayout, start: str) -> set[str]:
    found, waiting = {start}, deque([start])
    while waiting:
        key = waiting.popleft()
        for direction in DIRECTIONS:
            other = neighbour(drawn, key, direction)
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def test_dots_lie_where_their_values_are() -> None:
    drawn = layout(chart_of((1, 10), (2, 20), (4, 40)), 80, 24)
    low, middle, high = (drawn.by_key[key] for key in ("m0", "m1", "m2"))
    assert low.column < middle.column < high.column
    assert low.row > middle.row > high.row
    assert (high.column - middle.column) == pytest.approx(2 * (middle.column - low.column), abs=1)
    lines = rows_of(drawn)
    assert lines[low.row][low.column] == "▲", "reasoning and proprietary"
    assert lines[middle.row][middle.column] == "◇", "neither"
    assert lines[high.row][high.column] == "◆", "reasoning and open"
    for placed in drawn.dots:
        assert placed in drawn.at(placed.column, placed.row)


def test_a_log_axis_has_equal_steps_for_equal_factors_and_leaves_out_what_has_no_logarithm() -> None:
    drawn = layout(
        chart_of((0.01, 1), (0.1, 1), (1, 1), (0, 9), (-3, 9), x=Axis("P", "USD", "lower", log=True)), 100, 24
    )
    columns = [drawn.by_key[key].column for key in ("m0", "m1", "m2")]
    assert columns[1] - columns[0] == pytest.approx(columns[2] - columns[1], abs=1)
    assert set(drawn.by_key) == {"m0", "m1", "m2"}
    assert drawn.without_place == 2
    text = "\n".join(rows_of(drawn))
    assert "3 of 6 models" in text
    assert "2 without a place on the axes" in text
    assert [tick.text for tick in drawn.x_ticks if tick.text in ("0.01", "0.1", "1")] == ["0.01", "0.1", "1"]


def test_the_frontier_is_what_no_other_beats() -> None:
    chart = chart_of((1, 10), (2, 30), (2, 20), (3, 25), (4, 40), (1, 10))
    assert frontier(chart.dots, PRICE, INDEX) == ("m0", "m1", "m4")
    assert frontier(chart.dots, Axis("x", "", "higher"), INDEX) == ("m4",)
    assert frontier(chart.dots, Axis("x", "", None), INDEX) == ()
    drawn = layout(chart, 80, 24)
    lines = rows_of(drawn)
    start, end = drawn.by_key["m1"], drawn.by_key["m4"]
    assert lines[start.row][end.column] == "┘", "steps turn below the next better dot"
    assert lines[end.row + 1][end.column] == "│"


def test_the_attractive_quadrant_is_bounded_by_the_medians() -> None:
    drawn = layout(chart_of((1, 10), (2, 30), (3, 20), (4, 40), (5, 50)), 80, 24)
    area = drawn.quadrant
    assert area is not None
    middle_x, middle_y = drawn.by_key["m2"], drawn.by_key["m1"]
    assert (area.left, area.top) == (drawn.plot.left, drawn.plot.top)
    assert area.right == pytest.approx(middle_x.column, abs=1)
    assert area.bottom == pytest.approx(middle_y.row, abs=1)
    lines = rows_of(drawn)
    assert "·" in lines[area.top]
    assert "·" not in "".join(line[area.right + 1 :] for line in lines[area.top : area.bottom + 1])
    assert all("·" not in line for line in lines[area.bottom + 1 : drawn.plot.bottom])


def test_the_highlighted_model_and_the_cursor_are_named() -> None:
    drawn = layout(chart_of((1, 10), (2, 20), (4, 40), highlight=1), 80, 24)
    text = "\n".join(rows_of(drawn))
    assert "▶ model 1 · Index 20 · Price $2" in text
    assert text.count("▶ model 1") == 2
    roles = {part.role for line in draw_layout(drawn, "m2").lines for part in line if "model 2" in part.text}
    assert roles == {"cursor"}
    assert describe(drawn.chart, drawn.by_key["m2"].dot) == "model 2 · Index 40 · Price $4"


def test_arrows_lead_to_the_nearest_dot_in_their_direction() -> None:
    #  m3
    #  m0   m1        m2
    #  m4
    drawn = layout(chart_of((0, 50), (20, 50), (80, 50), (0, 90), (0, 10)), 80, 30)
    assert neighbour(drawn, "m0", "right") == "m1"
    assert neighbour(drawn, "m1", "right") == "m2"
    assert neighbour(drawn, "m1", "left") == "m0"
    assert neighbour(drawn, "m0", "up") == "m3"
    assert neighbour(drawn, "m0", "down") == "m4"
    assert neighbour(drawn, "m2", "right") == "m2", "and stay where there is none"


def test_dots_in_one_cell_are_gone_through_one_by_one() -> None:
    drawn = layout(chart_of((5, 5), (5, 5), (5, 5), (9, 9)), 60, 20)
    assert neighbour(drawn, "m0", "right") == "m1"
    assert neighbour(drawn, "m1", "right") == "m2"
    assert neighbour(drawn, "m2", "right") == "m3"
    assert neighbour(drawn, "m3", "left") == "m2"
    assert neighbour(drawn, "m1", "left") == "m0"


@pytest.mark.parametrize("name", ["intelligence-vs-price", "intelligence-vs-price-log", "speed-vs-price"])
@pytest.mark.parametrize("size", [(60, 16), (80, 20), (160, 48)])
def test_every_model_of_the_catalog_is_reached(catalog: sqlite3.Connection, name: str, size: tuple[int, int]) -> None:
    spec = book.kind(name).build(load_scene(catalog, "nanbeige4.1-3b", Selection(band="all")))
    assert isinstance(spec, ScatterChart)
    drawn = layout(spec, *size)
    keys = set(drawn.by_key)
    assert len(keys) > 100
    assert reachable(drawn, drawn.dots[0].dot.key) == keys
    assert reachable(drawn, drawn.dots[-1].dot.key) == keys


def test_a_crowd_becomes_braille_and_keeps_the_chosen() -> None:
    points = [(1 + number % 97, 1 + number * 7 % 89) for number in range(CROWD)]
    drawn = layout(chart_of(*points, highlight=5), 100, 30)
    text = draw_layout(drawn).plain()
    assert any(0x2800 < ord(character) < 0x2900 for character in text)
    chosen = drawn.by_key["m5"]
    assert text.splitlines()[chosen.row][chosen.column] in "◆◇▲△"
    assert draw_layout(drawn, ascii=True).plain().isascii()


COORDINATE = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e308]), st.integers(0, 9)
)
NAME = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["字" * 60, "שלום עולם", "\x1b[2J\x9b31m[red]x[/nope]", "x" * 200, "e\u0301" * 20, "", "👩‍👩‍👧 family"]
    ),
)


@st.composite
def charts(draw: st.DrawFn) -> ScatterChart:
    axes = [Axis("An axis", "u", draw(st.sampled_from(["higher", "lower", None])), draw(st.booleans())) for _ in "xy"]
    points = draw(st.lists(st.tuples(COORDINATE, COORDINATE, NAME, st.booleans()), max_size=25))
    dots = tuple(
        Dot(str(n), name, x, y, f"{x:g}", f"{y:g}", n == 0, flag, flag, "b" if flag else "a")
        for n, (x, y, name, flag) in enumerate(points)
    )
    title = draw(NAME)
    return ScatterChart(
        "t", title, axes[0], axes[1], dots, len(dots), "upper-left", "models", title, ("a", "b"), "None."
    )


@pytest.mark.long
@given(charts(), st.integers(30, 200), st.integers(6, 60), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_values_and_names_at_any_size(chart: ScatterChart, width: int, height: int, ascii_only: bool) -> None:
    drawn = layout(chart, width, height)
    result = draw_layout(drawn, ascii=ascii_only)
    lines = result.plain().splitlines()
    assert len(lines) <= height
    for line in lines:
        assert cell_width(line) <= width
        assert "\x1b" not in line
        assert not ascii_only or line.isascii()
    for placed in drawn.dots:
        assert drawn.plot.left <= placed.column <= drawn.plot.right
        assert drawn.plot.top <= placed.row <= drawn.plot.bottom
    if drawn.dots:
        assert reachable(drawn, drawn.dots[0].dot.key) == set(drawn.by_key)
        assert reachable(drawn, drawn.dots[-1].dot.key) == set(drawn.by_key)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=60), st.integers(30, 160))
@settings(max_examples=100, deadline=None)
def test_labels_are_whole_and_cover_no_dot(points: list[tuple[int, int]], width: int) -> None:
    drawn = layout(chart_of(*points, highlight=0), width, 24)
    lines = [line.ljust(width) for line in rows_of(drawn)]
    cells: dict[tuple[int, int], list[PlacedDot]] = {}
    for placed in drawn.dots:
        cells.setdefault((placed.column, placed.row), []).append(placed)
    for column, row in cells:
        assert lines[row][column] in "◆◇▲△", "every dot is seen"
    for line in lines[drawn.plot.top : drawn.plot.bottom + 1]:
        words = line[drawn.plot.left :].split("model")[1:]
        for word in words:
            assert word[:1] == " "
            assert word[1:3].strip().isdecimal() or word[1:2].isdecimal(), "each name is written to its end"
