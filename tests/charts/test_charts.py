"""Charts: what is drawn says what the numbers say, fits its size, and holds nothing that a terminal would obey."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aa_tui.analysis import display, members_of
from aa_tui.catalog import models
from aa_tui.charts import book
from aa_tui.charts.draw.cells import cell_width, cut, pad
from aa_tui.charts.draw.render import draw
from aa_tui.charts.spec import Bar, BarChart
from aa_tui.cli import output
from aa_tui.pages.scene import load_scene


def chart_of(*values: float, highlight: int = 0, label: str = "model") -> BarChart:
    bars = tuple(
        Bar(f"m{number}", f"{label} {number}", value, f"{value:g}", number == highlight, number % 2 == 0)
        for number, value in enumerate(values)
    )
    return BarChart("test", "A title", "units", "higher", bars, len(bars) + 2, note="a note")


def bar_cells(line: str) -> int:
    return line.count("▇") + line.count("▆")


def test_every_number_of_the_class_is_in_the_chart(conn: sqlite3.Connection) -> None:
    model = models.resolve(conn, "nanbeige4.1-3b")
    members = members_of(model, models.all_models(conn))
    spec = book.kind("intelligence").build(load_scene(conn, "nanbeige4.1-3b"))
    lines = draw(spec, 100, 60).plain().splitlines()
    drawn = lines[3:-2]
    assert len(drawn) == len(members) == 43
    expected = sorted(members, key=lambda one: -(one.intelligence_index or 0))
    for line, value in zip(drawn, (one.intelligence_index for one in expected), strict=True):
        shown = re.search(r"(\d+)( ~)?$", line)
        assert shown is not None
        assert shown[1] == display.index(value)
    own = next(line for line in drawn if line.startswith("▶"))
    assert "Nanbeige4.1-3B" in own
    assert "▇" in own
    assert sum("▇" in line for line in drawn) == 1
    assert "higher is better" in lines[1]
    assert "43 of 43 models" in lines[1]
    assert "v4.0, 2026-06-15" in lines[0] + lines[1]


def test_bars_are_as_long_as_their_values() -> None:
    lines = draw(chart_of(40, 20, 10, 0), 100, 30).plain().splitlines()[3:7]
    long, half, quarter, none = map(bar_cells, lines)
    assert half == pytest.approx(long / 2, abs=1)
    assert quarter == pytest.approx(long / 4, abs=1)
    assert none == 0


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("height", [10, 22, 60])
def test_it_keeps_to_its_size_and_cuts_nothing(width: int, height: int) -> None:
    spec = chart_of(*(60 - number for number in range(43)), highlight=37, label="A model with a name")
    lines = draw(spec, width, height).plain().splitlines()
    assert len(lines) <= height
    assert max(map(cell_width, lines)) <= width
    drawn = lines[3:-2]
    assert f"{len(drawn)} of 45 models" in lines[1]
    assert any(line.startswith("▶") and "name 37" in line for line in drawn), "the page's model is always in"
    assert "name 0" in drawn[0], "and so is the best"
    assert all(re.search(r"\d+$", line) for line in drawn), "each bar ends in its value"


def test_names_too_long_keep_both_ends() -> None:
    spec = BarChart("t", "T", "u", None, (Bar("a", "x" * 150 + "-tail", 3, "3"), Bar("b", "字" * 100, 2, "2")), 2)
    lines = draw(spec, 80, 20).plain().splitlines()[3:5]
    assert max(map(cell_width, lines)) <= 80
    assert "…" in lines[0]
    assert "tail" in lines[0]
    axis = [cell_width(line[: line.index("┤")]) for line in lines]
    assert axis[0] == axis[1], "wide characters do not shift the axis"


@pytest.mark.parametrize("values", [(0, 0, 0), (7,), (5, 5, 5), (-3, 4), (1e12, 1), (float("nan"), 2), ()])
def test_odd_values_draw(values: tuple[float, ...]) -> None:
    text = draw(chart_of(*values), 80, 20).plain()
    assert "A title" in text
    if not values:
        assert "No values published" in text


def test_hostile_labels_become_plain() -> None:
    bar = Bar("a", "\x1b]0;pwned\x07\x9b31mevil\u202e [red]x[/nope]", 3, "\x1b[2J3")
    spec = BarChart("t", "\x1b[5mT\n2", "u\x1b", "lower", (bar,), 1, note="\x00n")
    drawing = draw(spec, 80, 20)
    for line in drawing.lines:
        for part in line:
            assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in part.text), part
    assert "pwned" not in drawing.plain()
    assert "[red]x[/nope]" in drawing.plain()


def test_colour_only_where_wanted_and_ascii_only_where_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    spec = chart_of(3, 2, 1)
    assert "\x1b" not in draw(spec, 80, 20).plain()
    output.write_drawing(draw(spec, 80, 20).lines, color=True)
    coloured = capsys.readouterr().out
    codes = re.findall(r"\x1b\[([\d;]+)m", coloured)
    assert codes
    assert {part for code in codes for part in code.split(";")} <= {"0", "1", "2", "34", "36"}, "the 16 colours"
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == draw(spec, 80, 20).plain().split()
    plain = draw(spec, 80, 20, ascii=True).plain()
    assert plain.isascii()
    assert "> " in plain


def test_the_fitted_bars_hold_the_best_and_the_neighbours() -> None:
    spec = chart_of(*range(100, 0, -1), highlight=50)
    keys = [bar.key for bar in spec.fitted(11)]
    assert keys == ["m0", "m1", "m2", "m3", "m4", "m48", "m49", "m50", "m51", "m52", "m53"] or (
        keys[0] == "m0" and "m50" in keys and "m49" in keys and "m51" in keys and len(keys) == 11
    )
    assert spec.fitted(200) == spec.bars
    assert spec.fitted(1)[0].highlighted


def test_a_drawing_is_made_once() -> None:
    spec = chart_of(3, 2, 1)
    assert draw(spec, 80, 20) is draw(spec, 80, 20)


def test_describing_a_chart_does_not_import_what_draws_it() -> None:
    code = (
        "import sys, aa_tui.charts.book, aa_tui.charts.draw.render, aa_tui.pages.scene; print('plotext' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.text(max_size=40), st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_cut_and_pad_keep_to_their_cells(text: str, cells: int) -> None:
    short = cut(text, cells)
    assert cell_width(short) <= cells
    if cell_width(text) <= cells:
        assert short == text
    assert cell_width(pad(short, cells)) == cells
