"""Charts of packs that tell more of an answer than right or wrong: kinds, levels, lengths, and whose fault it was."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.evaluated import MODEL, Told, evaluate_here

from aa_tui.catalog import turns
from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import BarChart, Chart, PanelChart
from aa_tui.pages.scene import load_scene

TOOLS = (
    Told("choose", "correct", level=1),
    Told("choose", "wrong", fault="model: function", level=2),
    Told("single", "correct", level=1),
    Told("single", "correct", level=2),
    Told("single", "wrong", fault="parser: unread", level=2),
    Told("single", "truncated", level=1),
)


def build(conn: sqlite3.Connection, name: str) -> Chart:
    kind = book.kind(name)
    return kind.build(load_scene(conn, MODEL, Selection(), kind))


def test_each_kind_and_level_has_its_score(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", TOOLS, pack="tools")
    chart = build(conn, "here-kinds")
    assert isinstance(chart, BarChart)
    # By hand: what was cut short counts as not right: 3 of 6; 1 of 2; 2 of 4; 2 of 3; 1 of 3.
    assert [(bar.label, round(bar.value, 1)) for bar in chart.bars] == [
        ("all", 50.0),
        ("choose", 50.0),
        ("single", 50.0),
        ("level 1", 66.7),
        ("level 2", 33.3),
    ]
    assert all(bar.interval is not None for bar in chart.bars)
    assert "choose" in draw(chart, 80, 20).plain()


def test_quants_stand_beside_each_other(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", TOOLS, pack="tools")
    evaluate_here(conn, "Q8_0", TOOLS, pack="tools", size_bytes=4_000_000_000)
    for name in ("here-kinds", "here-faults"):
        chart = build(conn, name)
        assert isinstance(chart, PanelChart)
        assert [one.title for one in chart.charts] == ["Q8_0 · box", "Q4_K_M · box"]
    narrow = draw(build(conn, "here-kinds"), 80, 20).plain()
    assert narrow.count("66.7 % n 3") == 2, "no half of an interval"
    assert "66.7 % (20.8–93.9) n 3" in draw(build(conn, "here-kinds"), 120, 20).plain()


def test_failures_say_whose_fault_they_are(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", TOOLS, pack="tools")
    chart = build(conn, "here-faults")
    assert isinstance(chart, BarChart)
    assert [(bar.label, bar.text, bar.part_texts) for bar in chart.bars] == [
        ("all", "3 of 6 failed", ("1", "0", "1", "0", "1")),
        ("choose", "1 of 2 failed", ("1", "0", "0", "0", "0")),
        ("single", "2 of 4 failed", ("0", "0", "1", "0", "1")),
    ]
    assert "the parser" in (drawn := draw(chart, 100, 20).plain())
    assert "not told" in drawn, "what was cut short"


def test_failures_of_packs_that_tell_nothing_are_not_drawn(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", [Told("a", "wrong"), Told("a", "correct")])
    assert "whose fault" in draw(build(conn, "here-faults"), 100, 10).plain()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "here-length",
            [Told("a", "correct", n_prompt=n) for n in (100, 120, 5_000)] + [Told("a", "wrong", n_prompt=5_100)],
        ),
        (
            "here-thinking",
            [Told("a", "correct", n_thinking=n) for n in (100, 120, 5_000)] + [Told("a", "wrong", n_thinking=5_100)],
        ),
    ],
)
def test_scores_are_drawn_against_lengths_in_bins_that_double(
    conn: sqlite3.Connection, name: str, told: list[Told]
) -> None:
    evaluate_here(conn, "Q4_K_M", told)
    chart = build(conn, name)
    assert isinstance(chart, LineChart)
    drawn = draw(chart, 100, 20).plain()
    assert ("First prompt, tokens" if name == "here-length" else "Thinking, tokens") in drawn
    assert [(dot.x, dot.y, dot.x_text) for dot in chart.dots] == [
        (110.0, 100.0, "100–120"),
        (5_050.0, 50.0, "5,000–5,100"),
    ]
    assert [dot.y_text for dot in chart.dots] == ["100.0 % (34.2–100.0), n 2", "50.0 % (9.5–90.5), n 2"]


def test_lengths_that_are_all_alike_are_no_line(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", TOOLS, pack="tools")
    assert "all about as long" in draw(build(conn, "here-length"), 100, 10).plain()
    assert "thought for shorter and for longer" in draw(build(conn, "here-thinking"), 100, 10).plain()


def test_a_conversation_is_as_long_as_its_first_prompt(conn: sqlite3.Connection) -> None:
    told = [Told("depth", "correct", n_prompt=9_000) for _ in range(4)]
    run_id = evaluate_here(conn, "Q4_K_M", told, pack="tools")
    for number, first in enumerate((200, 220, 4_200, 4_300)):
        row = turns.TurnRow(
            *(f"item-{number}", 1, 0, "stop", "", "", "", (), "text", (), (), None, True, False, ""),
            *(first, 0, 0, 5, None, None, None, None, "2026-01-01T00:00:00"),
        )
        turns.add(conn, run_id, row)
    chart = build(conn, "here-length")
    assert isinstance(chart, LineChart)
    assert [dot.x for dot in chart.dots] == [210.0, 4_250.0]
