"""What was evaluated here, on a model's page: in the shell, the app, JSON and files, beside what is published."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.evaluated import MODEL, SEVEN, Told, evaluate_here

from aa_tui.catalog import runs
from aa_tui.catalog.rows import LocalResult
from aa_tui.export.page import whole_page
from aa_tui.pages import local_evaluations, run_charts
from aa_tui.pages.json import model as as_json
from aa_tui.pages.page import load
from aa_tui.pages.text import page as plain
from aa_tui.tui.page.text import measured_text


def results(conn: sqlite3.Connection) -> list[LocalResult]:
    return load(conn, MODEL).measured_here


def test_a_row_has_all_three_scores_with_intervals_and_where_they_come_from(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    (row,) = local_evaluations.rows(results(conn))
    # Wilson intervals by hand: 3 of 7, 3 of 5, 2 of 7.
    assert (row.strict, row.completed) == ("42.9 % (15.8–75.0)", "60.0 % (23.1–88.2)")
    assert row.truncation == "28.6 % (8.2–64.1)"
    assert row.head.startswith(f"quick 1.0 · n 7 · run {run_id}, 20")
    assert row.machine == "box (A CPU)"
    assert (row.tokens, row.thinking, row.answer, row.median_tokens) == ("349", "339", "10", "100")
    assert row.energy == "174 J"
    assert row.cap == "4,000"
    assert row.categories[0] == ("code", "33.3 % (6.1–79.2) n 3")
    index = 100 * (1 / 3 + 2 / 4) / 2
    assert row.index.startswith(f"{index:.1f} % (")


def test_each_pack_and_version_has_its_own_row(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN, version="0.9")
    evaluate_here(conn, "Q4_K_M", SEVEN)
    evaluate_here(conn, "Q4_K_M", SEVEN, pack="nano", machine="other box")
    rows = local_evaluations.rows(results(conn))
    assert [(row.pack, row.machine) for row in rows] == [
        ("nano 1.0", "other box (A CPU)"),
        ("quick 1.0", "box (A CPU)"),
        ("quick 0.9", "box (A CPU)"),
    ]
    assert [len(group) for group in local_evaluations.groups(rows)] == [1, 2]


def test_published_figures_stand_beside_without_a_difference(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    page = load(conn, MODEL)
    intelligence, verbosity = local_evaluations.beside(page.measured_here, page.model)
    assert intelligence.here.endswith("on quick 1.0")
    assert intelligence.published == "16 (index v4.0)"
    assert "two different scales" in intelligence.difference
    assert "at most 4,000 tokens each" in intelligence.difference
    assert verbosity.here == "349 tokens per question (thinking 339, answer 10)"
    assert verbosity.published == "150M tokens for the whole index"
    assert "the model's own tokens; published o200k_base tokens" in verbosity.difference


def test_the_local_index_stands_beside_the_published_one_before_newer_packs(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN, pack="local-index")
    evaluate_here(conn, "Q4_K_M", SEVEN)
    page = load(conn, MODEL)
    assert local_evaluations.beside(page.measured_here, page.model)[0].here.endswith("on local-index 1.0")


def test_every_face_tells_the_same(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SEVEN)
    page = load(conn, MODEL)
    shell = plain.drawing(page, 100).plain()
    app = measured_text(page, 120).plain
    narrow = measured_text(page, 80).plain
    file = str(whole_page(conn, page))
    for text in (shell, app, narrow, file):
        for words in ("42.9 % (15.8–75.0)", "60.0 % (23.1–88.2)", "28.6 % (8.2–64.1)", "174 J", "quick 1.0"):
            assert words in text
        assert "pp512" not in text, "an evaluation is no speed run"
    assert "150M tokens for the whole index" in " ".join(shell.split())
    assert max(map(len, narrow.splitlines())) <= 80


def test_json_has_every_figure_exactly(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    shown = as_json.page(conn, MODEL)
    assert shown["measured_here"] == []
    (one,) = shown["evaluations_here"]
    assert one["run_id"] == run_id
    assert (one["pack"], one["pack_version"], one["n"], one["n_items"]) == ("quick", "1.0", 7, 7)
    assert one["score_strict"] == pytest.approx(3 / 7)
    assert one["interval"]["low"] == pytest.approx(0.158, abs=5e-4)
    assert one["interval"]["level"] == 0.95
    assert one["truncation_rate"] == pytest.approx(2 / 7)
    assert one["by_category"]["maths"]["score_strict"] == pytest.approx(0.5)
    assert one["output_tokens_per_item"] == pytest.approx(2440 / 7)
    assert one["joules_per_item"] == pytest.approx(1220 / 7)
    assert one["seconds_per_item"] == pytest.approx(2440 / 350)
    assert one["machine"] == "box"


@pytest.mark.parametrize(
    "told",
    [[], [Told("maths", "error", 0, 0)], [Told("maths", "truncated", 4_000, 0)] * 3, [Told("maths", "correct")]],
    ids=["none", "errors only", "all truncated", "one"],
)
def test_what_is_not_known_is_left_blank(conn: sqlite3.Connection, told: list[Told]) -> None:
    run_id = evaluate_here(conn, "\x1b[31mQ4", told, joules_per_token=None, machine="a\nb", state="stopped")
    page = load(conn, MODEL)
    (row,) = local_evaluations.rows(page.measured_here)
    assert row.energy == "–"
    assert "energy" not in "".join(label for label, _, _ in local_evaluations.figures(row))
    assert "stopped" in row.head
    if told and told[0].outcome == "truncated":
        assert row.strict.startswith("0.0 % (0.0–")
        assert row.truncation.startswith("100.0 %")
        assert row.completed == "–", "none came to its own end"
    if not told or told[0].outcome == "error":
        assert row.strict == "–"
        assert local_evaluations.beside(page.measured_here, page.model) == []
    measured_text(page, 80)
    plain.drawing(page, 80)
    as_json.page(conn, MODEL)
    charts = [chart.name for chart in run_charts.run_charts(conn, run_id)]
    assert ("here-scores" in charts) == (row.strict != "–")
    assert "here-score-energy" not in charts


def test_a_speed_run_has_no_charts_of_evaluations(conn: sqlite3.Connection) -> None:
    file = runs.get(conn, evaluate_here(conn, "Q4_K_M", SEVEN)).file
    speed = runs.create(conn, kind="speed", file=file, settings={})
    runs.put_measurement(conn, runs.get(conn, speed), "tg128", 20.0, "tokens/s", stdev=0.1, n=5)
    assert [chart.name for chart in run_charts.run_charts(conn, speed)] == ["here-speed"]
    page = load(conn, MODEL)
    assert "pp512" in plain.drawing(page, 100).plain()
    assert "42.9 % (15.8–75.0)" in plain.drawing(page, 100).plain()
