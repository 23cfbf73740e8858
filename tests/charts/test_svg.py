"""Charts in shapes: lengths and places say what the figures say, and names stand at their own dots."""

from __future__ import annotations

import random
import re
import sqlite3
import xml.etree.ElementTree as ET
from math import hypot

import pytest
from tests.support.evaluated import SEVEN, evaluate_here

from aa_tui.charts import book
from aa_tui.charts.draw import colours
from aa_tui.charts.draw.svg.chart import inline, standalone
from aa_tui.charts.draw.svg.shapes import text_width
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Bar, BarChart, Dot, ScatterChart
from aa_tui.pages.run_charts import run_charts

SVG = "{http://www.w3.org/2000/svg}"


def bar_chart(*bars: Bar, unit: str = "%", parts: tuple[str, ...] = (), stacked: bool = True) -> BarChart:
    return BarChart("c", "A chart", unit, "higher", bars, len(bars), parts=parts, stacked=stacked)


def rects(text: str, *roles: str) -> list[tuple[float, float]]:
    """Left and right end of the rectangles of these roles, which tell a bar by its title."""
    found = []
    for rect in ET.fromstring(text).iter(f"{SVG}rect"):
        if rect.get("class") in {f"r-{role}" for role in roles} and rect.find(f"{SVG}title") is not None:
            left = float(rect.get("x", ""))
            found.append((left, left + float(rect.get("width", ""))))
    return found


@pytest.mark.parametrize("width", [320.0, 400.0, 800.0])
def test_bars_are_as_long_as_their_values(width: float) -> None:
    text = standalone(bar_chart(*(Bar(str(n), f"m{n}", float(n), str(n)) for n in (100, 50, 25, -20))), width=width)
    ends = rects(text, "bar")
    lengths = [right - left for left, right in ends]
    assert lengths[1] / lengths[0] == pytest.approx(0.5, abs=0.02)
    assert lengths[2] / lengths[0] == pytest.approx(0.25, abs=0.02)
    assert ends[3][1] == pytest.approx(ends[0][0], abs=1.5), "a negative bar ends where the others begin"


def test_an_interval_reaches_from_its_low_to_its_high_end() -> None:
    text = inline(bar_chart(Bar("a", "a", 50.0, "50", interval=(20.0, 90.0)), Bar("b", "b", 100.0, "100")), 400.0)
    (left, _), (_, full) = rects(text, "bar")
    per_unit = (full - left) / 100
    strokes = [path.get("d", "") for path in ET.fromstring(text).iter(f"{SVG}path") if path.get("class") == "s-whisker"]
    start, end = re.fullmatch(r"M([\d.]+) [\d.]+L([\d.]+) [\d.]+", strokes[0]).groups()  # type: ignore[union-attr]
    assert float(start) == pytest.approx(left + 20 * per_unit, abs=1)
    assert float(end) == pytest.approx(left + 90 * per_unit, abs=1)


def test_parts_follow_each_other_and_only_those_that_are_drawn_are_explained() -> None:
    chart = bar_chart(
        Bar("a", "a", 10.0, "10", parts=(6.0, 4.0, 0.0)), Bar("b", "b", 5.0, "5"), parts=("one", "two", "three")
    )
    text = inline(chart, 400.0)
    first, second = rects(text, "part-1", "part-2")
    assert second[0] - first[1] < 1.5
    assert (first[1] - first[0]) / (second[1] - second[0]) == pytest.approx(1.5, abs=0.05)
    words = [one.text for one in ET.fromstring(text).iter(f"{SVG}text")]
    assert {"one", "two", "not broken down"} <= set(words)
    assert "three" not in words


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("form", ["spread", "left edge", "clusters"])
def test_a_name_is_nearest_to_its_own_dot(seed: int, form: str) -> None:
    chance = random.Random(seed)
    dots = []
    for number in range(45):
        x = chance.random() if form == "spread" else 0.0 if number % 3 else chance.random()
        x = round(chance.random() * 3) / 3 + chance.random() / 40 if form == "clusters" else x
        y = chance.random() * 20
        name = f"Model {number} of {chance.choice(('a lab', 'another laboratory', 'X'))}"
        dots.append(Dot(f"m{number}", name, x, y, "", "", highlighted=number == 7))
    price, index = Axis("Price", "USD", "lower"), Axis("Index", "0-100", "higher")
    chart = ScatterChart("s", "A chart", price, index, tuple(dots), len(dots))
    root = ET.fromstring(inline(chart, 780.0))
    places = _places(root)
    names = {dot.label: dot for dot in dots} | {f"▶ {dots[7].label}": dots[7]}
    labels = [one for one in root.iter(f"{SVG}text") if one.text in names]
    assert f"▶ {dots[7].label}" in [one.text for one in labels], "the highlighted one always has its name"
    has_stroke = any(path.get("class") == "s-whisker" for path in root.iter(f"{SVG}path"))
    for one in labels:
        dot = names[one.text or ""]
        x, y, size = (float(one.get(name, "")) for name in ("x", "y", "font-size"))
        box = (x, y - size * 0.8, x + text_width(one.text or "", size), y + size * 0.2)
        own = _distance(box, places[dot.label])
        others = [_distance(box, place) for label, place in places.items() if label != dot.label]
        if not (dot.highlighted and has_stroke):
            assert own <= min(others) + 0.5, one.text
        assert min(others) > 3, "no name lies upon a dot"


def _places(root: ET.Element) -> dict[str, tuple[float, float]]:
    """Where each dot is, by the name that its title begins with."""
    found = {}
    for circle in root.iter(f"{SVG}circle"):
        title = circle.find(f"{SVG}title")
        if title is not None and title.text:
            found[title.text.split(" · ")[0]] = float(circle.get("cx", "")), float(circle.get("cy", ""))
    return found


def _distance(box: tuple[float, float, float, float], place: tuple[float, float]) -> float:
    left, top, right, bottom = box
    x, y = place
    return hypot(max(left - x, 0.0, x - right), max(top - y, 0.0, y - bottom))


@pytest.mark.parametrize("kind", book.ALL, ids=lambda kind: kind.name)
def test_a_file_has_plain_colours_title_and_source(nanbeige: Scene, kind: book.Kind) -> None:
    chart = kind.build(nanbeige)
    text = standalone(chart, source="Source: a table")
    assert "var(" not in text, "simple viewers know no properties"
    assert "@media" not in text
    words = "".join(ET.fromstring(text).itertext())
    assert chart.title.split(" · ")[0][:40] in words
    assert "Source: a table" in words
    classes = {one.get("class") for one in ET.fromstring(text).iter() if one.get("class")}
    rules = colours.plain_rules(colours.LIGHT)
    assert all(f".{name}{{" in rules for one in classes for name in (one or "").split() if name != "extra")


def test_every_kind_of_chart_of_a_run_is_drawn(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    charts = run_charts(conn, run_id)
    assert len(charts) >= 5
    for chart in charts:
        words = "".join(ET.fromstring(standalone(chart)).itertext())
        assert "No values" not in words
        assert f"run {run_id}" in words


@pytest.mark.parametrize("palette", [colours.LIGHT, colours.DARK], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(palette: dict[str, str]) -> None:
    for ground in ("ground", "card"):
        for name in ("text", "dim", "faint", "accent"):
            assert _contrast(palette[name], palette[ground]) >= 4.5, (name, ground)
        for name in set(colours.ROLE_COLOURS.values()) - {"rule", "grid", "shade"}:
            assert _contrast(palette[name], palette[ground]) >= 3, (name, ground)


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
