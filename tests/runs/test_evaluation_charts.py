"""From a run's work to its charts: what they draw is what the run's report says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluating import on_mock, planned, write_pack

from aa_tui.catalog import runs
from aa_tui.charts.spec import BarChart, ScatterChart
from aa_tui.engine.mock import Reply, by_question
from aa_tui.pages import evaluation, run_charts

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(10)}


def test_charts_of_a_run_draw_its_report(conn: sqlite3.Connection, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "small", ANSWERS)
    replies: dict[str, Reply | str] = {
        question: Reply(f"Answer: {answer if number % 2 else 'no'}", thinking="so it may be this one " * (number + 1))
        for number, (question, answer) in enumerate(ANSWERS.items())
    }
    replies["What is 3?"] = Reply("Answer: number 3", thinking="hm", fault="length")
    run_id = planned(conn, pack, budgets=(32, 64), max_output_tokens=1_000)
    assert on_mock(conn, run_id, by_question(replies)).state == "finished"
    report = evaluation.load(conn, runs.get(conn, run_id))
    charts = {chart.name: chart for chart in run_charts.run_charts(conn, run_id)}
    scores, outcomes, tokens = (charts[f"here-{name}"] for name in ("scores", "outcomes", "tokens"))
    assert isinstance(scores, BarChart)
    assert isinstance(outcomes, BarChart)
    assert isinstance(tokens, BarChart)
    assert report.strict is not None
    assert scores.bars[0].value == pytest.approx(100 * report.strict.value) == pytest.approx(40)
    assert outcomes.bars[0].part_texts == tuple(str(count) for count in report.summary.all.outcomes.values())
    assert sum(bar.value for bar in tokens.bars) == 10
    curve = charts["here-thinking-budget"]
    assert isinstance(curve, ScatterChart)
    own = [dot for dot in curve.dots if dot.group == curve.groups[0]]
    assert [dot.y for dot in own] == pytest.approx([100 * point.score.value for point in report.curve])
    assert own[-1].x_text.startswith("as it was")
