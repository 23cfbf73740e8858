"""Bars and panels of any values and names keep to their size at any size."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.render import draw, natural_height
from aa_tui.charts.spec import Bar, BarChart, PanelChart

VALUE = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1.0, -5.0, 1e308, -1e308, 5e-324]),
    st.integers(0, 5),
)
NAME = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["字" * 80, "שלום עולם", "\x1b]0;x\x07\x9b31m[red]x[/nope]", "x" * 200, "e\u0301" * 40, "", "👩‍👩‍👧 f"]
    ),
)


@st.composite
def bar_charts(draw: st.DrawFn) -> BarChart:
    count = draw(st.sampled_from([0, 2, 3]))
    parts = ("first", "second", "third")[:count]
    groups = draw(st.sampled_from([(), ("a", "b")]))
    bars = []
    for number in range(draw(st.integers(0, 12))):
        own = draw(st.one_of(st.just([]), st.lists(VALUE, min_size=count, max_size=count)))
        adds_up = draw(st.booleans())
        value = sum(own) if own and adds_up else draw(VALUE)
        bars.append(
            Bar(
                key=str(number),
                label=draw(NAME),
                value=value,
                text=f"{value:g}",
                highlighted=number == 1,
                reasoning=draw(st.sampled_from([True, False, None])),
                estimate=draw(st.booleans()),
                parts=tuple(own),
                group=draw(st.sampled_from(["", "a", "b", "c"])),
                part_texts=tuple(f"{part:g}" for part in own),
            )
        )
    title = draw(NAME)
    return BarChart("t", title, "u", None, tuple(bars), 20, "models", title, parts, draw(st.booleans()), groups, title)


@pytest.mark.long
@given(
    st.one_of(bar_charts(), st.lists(bar_charts(), max_size=5)),
    st.integers(30, 200),
    st.integers(6, 60),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_it_keeps_to_its_size(spec: BarChart | list[BarChart], width: int, height: int, ascii_only: bool) -> None:
    chart = PanelChart("p", "Panels", tuple(spec), "a note", "None.") if isinstance(spec, list) else spec
    drawing = draw(chart, width, height, ascii=ascii_only)
    lines = drawing.plain().splitlines()
    assert len(drawing.lines) <= height, lines
    for line in lines:
        assert cell_width(line) <= width, line
        assert not any(unicodedata.category(character) == "Cc" for character in line)
        assert not ascii_only or line.isascii()
    assert natural_height(chart, width) > 0


@given(bar_charts(), st.integers(40, 200))
@settings(max_examples=50, deadline=None)
def test_in_its_natural_height_all_is_drawn(spec: BarChart, width: int) -> None:
    lines = draw(spec, width, natural_height(spec, width)).plain().splitlines()
    finite = sum(bar.value == bar.value and abs(bar.value) != float("inf") for bar in spec.bars)
    assert any(f"{finite} of 20 models" in line for line in lines)
