"""The chart of speculation: speed-ups by kind of text with their intervals, and what was accepted."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.ladder import both, finish

from aa_tui.catalog import runs
from aa_tui.catalog.rows import Figure, FileRow
from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.charts.spec import BarChart, PanelChart
from aa_tui.pages.scene import load_run_scene, load_scene


def studied(conn: sqlite3.Connection, file: FileRow, *figures: Figure) -> int:
    run_id = runs.create(conn, kind="study", file=file, settings={"study": "speculation"})
    return finish(conn, run_id, list(figures))


def times(kind: str, value: float) -> Figure:
    return Figure(
        f"speculation.speed_up{kind}", value, "times", n=6, interval_low=value - 0.1, interval_high=value + 0.1
    )


FIGURES = (
    times("", 1.3),
    times(".code", 1.8),
    times(".prose", 0.9),
    times("@2", 1.1),
    Figure("speculation.acceptance", 0.5, "share"),
    Figure("speculation.acceptance.code", 0.75, "share"),
)


def test_each_kind_of_text_has_its_bar_with_interval_and_acceptance(conn: sqlite3.Connection) -> None:
    run_id = studied(conn, both(conn)[0], *FIGURES)
    kind = book.kind("here-speculation")
    for scene in (load_scene(conn, None, kind=kind), load_run_scene(conn, run_id)):
        chart = kind.build(scene)
        assert isinstance(chart, BarChart)
        assert [(bar.label, bar.value, bar.text) for bar in chart.bars] == [
            ("all", 1.3, "1.30 (1.20–1.40), 50 % accepted"),
            ("code", 1.8, "1.80 (1.70–1.90), 75 % accepted"),
            ("prose", 0.9, "0.90 (0.80–1.00)"),
        ]
        assert chart.bars[1].interval == pytest.approx((1.7, 1.9))
        assert "75 % accepted" in draw(chart, 100, 20).plain()
    assert book.of_run(runs.get(conn, run_id)) == ["here-speculation"]


def test_each_way_to_draft_has_its_bar_where_there_are_several(conn: sqlite3.Connection) -> None:
    ways = (times("_with.mtp", 1.3), times("_with.ngram", 0.9), Figure("speculation.acceptance_with.mtp", 0.6, "share"))
    studied(conn, both(conn)[0], *FIGURES, *ways)
    chart = book.kind("here-speculation").build(load_scene(conn, None))
    assert isinstance(chart, BarChart)
    assert [(bar.label, bar.text) for bar in chart.bars[3:]] == [
        ("with MTP", "1.30 (1.20–1.40), 60 % accepted"),
        ("with n-grams", "0.90 (0.80–1.00)"),
    ]


def test_what_was_measured_once_is_marked(conn: sqlite3.Connection) -> None:
    once = Figure("speculation.speed_up", 2.59, "times", n=3)
    studied(conn, both(conn)[0], once, Figure("speculation.acceptance", 0.0, "share"))
    chart = book.kind("here-speculation").build(load_scene(conn, None))
    assert isinstance(chart, BarChart)
    assert [bar.text for bar in chart.bars] == ["2.59 measured once, 0 % accepted"]


def test_two_files_have_a_chart_each(conn: sqlite3.Connection) -> None:
    q8, q4 = both(conn)
    first, second = studied(conn, q8, *FIGURES), studied(conn, q4, times("", 0.8))
    chart = book.kind("here-speculation").build(load_scene(conn, None))
    assert isinstance(chart, PanelChart)
    narrow = draw(chart, 80, 20).plain()
    assert "1.30 (1.20–1.40)" in narrow, "the interval stays where not all has room"
    assert "epted" not in narrow.replace("accepted", "")
    assert [one.name for one in chart.charts] == [f"run-{second}", f"run-{first}"]


def test_what_drafted_nothing_has_no_bar(conn: sqlite3.Connection) -> None:
    studied(conn, both(conn)[0], Figure("speculation.plain_tokens_per_s", 20.0, "tokens/s"))
    chart = book.kind("here-speculation").build(load_scene(conn, None))
    assert isinstance(chart, BarChart)
    assert not chart.bars
    assert "aa-tui speculate FILE" in draw(chart, 100, 20).plain()
