"""The chart of divergence against size: one reference and one text, the newest of each file, nothing published."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.ladder import both, divergence

from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.charts.spec import ScatterChart
from aa_tui.pages.scene import load_scene


def build(conn: sqlite3.Connection) -> ScatterChart:
    kind = book.kind("here-divergence")
    chart = kind.build(load_scene(conn, "aa-nano", kind=kind))
    assert isinstance(chart, ScatterChart)
    return chart


def test_files_lie_at_their_size_and_divergence_with_its_interval(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    divergence(conn, small, large, 0.5)
    run_id = divergence(conn, small, large, 0.02)
    chart = build(conn)
    (dot,) = chart.dots
    assert (dot.key, dot.x) == (str(run_id), small.size_bytes / 1e9)
    assert dot.y == 0.02
    assert dot.interval == pytest.approx((0.018, 0.022))
    assert chart.y.log
    assert "measured here" in chart.title
    assert "ours 1" in chart.note
    assert "Q4_0" in draw(chart, 100, 24).plain()


def test_other_references_and_texts_are_other_charts(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    divergence(conn, large, small, 0.4)
    divergence(conn, small, large, 0.02)
    assert [dot.y for dot in build(conn).dots] == [0.02]


def test_without_any_it_says_what_makes_one(conn: sqlite3.Connection) -> None:
    both(conn)
    chart = build(conn)
    assert chart.dots == ()
    assert "aa-tui quants FILE FILE" in chart.missing
