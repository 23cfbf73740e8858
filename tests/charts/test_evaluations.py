"""Scores of single evaluations: published, claimed by the lab and measured here, never taken for one another."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from aa_tui.catalog import facts, models
from aa_tui.catalog.rows import FileRow, LocalResult, MeasurementRow
from aa_tui.charts import book
from aa_tui.charts.book import as_json
from aa_tui.charts.draw.render import draw
from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import Bar, BarChart, PanelChart
from aa_tui.pages import page
from aa_tui.pages.scene import load_scene
from aa_tui.pages.text import page as plain


@pytest.fixture
def panel(conn: sqlite3.Connection) -> PanelChart:
    built = book.kind("evaluations").build(load_scene(conn, "nanbeige4.1-3b"))
    assert isinstance(built, PanelChart)
    return built


def chart_of(panel: PanelChart, name: str) -> BarChart:
    return next(chart for chart in panel.charts if chart.name == name)


def of_nanbeige(chart: BarChart) -> list[Bar]:
    return [bar for bar in chart.bars if bar.label == "Nanbeige4.1-3B"]


def test_published_and_claimed_scores_are_two_bars_with_marks(panel: PanelChart) -> None:
    bars = of_nanbeige(chart_of(panel, "gpqa"))
    assert [(bar.value, bar.text, bar.origin) for bar in bars] == [
        (84.9, "84.9", "published"),
        (83.8, "83.8 lab", "claimed"),
    ]
    assert len({bar.key for bar in bars}) == 2
    assert "claimed by the model's own lab" in panel.note
    assert [bar.text for bar in of_nanbeige(chart_of(panel, "livecodebench_v6"))] == ["76.9 lab"]
    first = [chart.name for chart in panel.charts[:6]]
    # those with other models to compare before those without, published ones before what only the lab says
    assert first == ["gpqa", "ifbench", "livecodebench_v6", "hle", "scicode", "tau2"]
    with_it = [any(bar.highlighted for bar in chart.bars) for chart in panel.charts]
    assert with_it == sorted(with_it, reverse=True), "what has the page's model comes first"


def test_a_class_of_tiny_models_compares_at_first_start(conn: sqlite3.Connection) -> None:
    """What labs claim, each score with its source: 20 models and more, six evaluations of ten models and more."""
    built = book.kind("evaluations").build(load_scene(conn, None, Selection(band="tiny")))
    assert isinstance(built, PanelChart)
    models_of = {chart.name: {bar.key.partition(":")[0] for bar in chart.bars} for chart in built.charts}
    assert len(set().union(*models_of.values())) >= 20
    assert sum(len(slugs) >= 10 for slugs in models_of.values()) >= 6
    query = """SELECT count(*) FROM measurements m JOIN sources s ON s.id = m.source_id
               WHERE m.metric LIKE 'claimed.%' AND (s.url NOT LIKE 'https://%' OR s.as_of = '')"""
    assert conn.execute(query).fetchone()[0] == 0


def test_scores_in_different_settings_are_different_charts(conn: sqlite3.Connection) -> None:
    built = book.kind("evaluations").build(load_scene(conn, None, Selection(band="tiny")))
    assert isinstance(built, PanelChart)
    titles = {chart.title: {bar.label for bar in chart.bars} for chart in built.charts}
    assert {"GSM8K, 8-shot", "GSM8K, 8-shot CoT", "GSM8K, 0-shot"} <= set(titles)
    assert "Phi-4 Mini Instruct" in titles["GSM8K, 8-shot CoT"]
    assert "Phi-4 Mini Instruct" not in titles["GSM8K, 8-shot"]
    assert len(titles) == len(built.charts)


def test_half_right_is_half_a_row(panel: PanelChart) -> None:
    """Whatever else is drawn beside it: a lone score of 10 % filled its row as one of 100 % does."""
    one = chart_of(panel, "gpqa")
    lengths = []
    for percent in (100.0, 50.0, 10.0):
        lone = replace(one, bars=(replace(one.bars[0], value=percent, text=f"{percent:05.1f}"),))
        drawn = draw(lone, 80, 12).plain()
        lengths.append(max(sum(drawn_row.count(glyph) for glyph in "▇▆▄▂■━") for drawn_row in drawn.splitlines()[1:]))
    assert lengths[1] == pytest.approx(lengths[0] / 2, abs=1)
    assert lengths[2] == pytest.approx(lengths[0] / 10, abs=1)


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [80, 160])
def test_the_marks_are_drawn_without_colour(panel: PanelChart, width: int, ascii_only: bool) -> None:
    text = draw(panel, width, 90, ascii=ascii_only).plain()
    assert "83.8 lab" in text
    assert "84.9" in text
    assert "claimed by the model's own lab" in " ".join(text.split())
    assert all(len(line) <= width for line in text.splitlines())


def test_json_tells_them_apart(panel: PanelChart) -> None:
    charts = as_json.chart(panel)["charts"]
    gpqa: Any = next(one for one in charts if one["name"] == "gpqa")
    bars = [(bar["value"], bar["origin"]) for bar in gpqa["bars"] if bar["label"] == "Nanbeige4.1-3B"]
    assert bars == [(84.9, "published"), (83.8, "claimed")]
    assert {bar["origin"] for bar in gpqa["bars"] if bar["label"] != "Nanbeige4.1-3B"} == {"claimed"}


def test_what_was_measured_here_joins_with_its_interval(conn: sqlite3.Connection) -> None:
    from aa_tui.catalog import runs

    scene = load_scene(conn, "nanbeige4.1-3b")
    sha = "0" * 64
    conn.execute(
        "INSERT INTO gguf_files (sha256, path, size_bytes, mtime_ns, quant, model_id) VALUES (?, ?, 1, 1, 'Q4_K_M', ?)",
        (sha, "n.gguf", scene.model.model_id if scene.model else None),
    )
    conn.execute(
        "INSERT INTO runs (kind, state, file_id, created_at, pack, pack_version) "
        "SELECT 'eval', 'finished', id, '2026-11-25', 'gpqa-diamond', '1' FROM gguf_files"
    )
    run = runs.list_runs(conn, 1)[0]
    assert isinstance(run.file, FileRow)
    metric = "eval.gpqa-diamond.score_strict"
    score = MeasurementRow(metric, 0.82, "share", None, 50, False, None, None, None, None, run.id)
    score = score._replace(interval_low=0.69, interval_high=0.902)
    part = score._replace(metric="eval.gpqa-diamond.chemistry.score_strict")
    here = LocalResult(run, {score.metric: score, part.metric: part})
    built = book.kind("evaluations").build(replace(scene, local=(here,)))
    assert isinstance(built, PanelChart)
    bars = chart_of(built, "gpqa").bars[:3]
    assert [bar.origin for bar in bars] == ["published", "claimed", "here"]
    assert bars[2].text == "82.0 (69.0–90.2) ⌂"
    assert "measured here" in built.note
    assert not any("chemistry" in chart.name for chart in built.charts)


def test_a_claim_never_replaces_a_published_score(conn: sqlite3.Connection) -> None:
    row = models.resolve(conn, "nanbeige4.1-3b")
    known = models.published(conn, row.id)
    assert (known["published.gpqa"].value, known["claimed.gpqa"].value) == (84.9, 83.8)
    assert known["claimed.gpqa"].source_name == "Nanbeige's model card"
    facts.load(conn)
    assert models.published(conn, row.id) == known


def test_every_score_has_its_source_on_the_page(conn: sqlite3.Connection) -> None:
    text = " ".join(plain.drawing(page.load(conn, "nanbeige4.1-3b"), 100).plain().split())
    card = "Nanbeige's model card, https://huggingface.co/Nanbeige/Nanbeige4.1-3B, as of 2026-02-11"
    assert f"{card}: evaluations as its lab claims them" in text
    assert "table of 2026-07-10: single evaluations" in text
    assert "table of 2026-06-15, index v4.0: headline figures" in text
    assert models.newest_table_date(conn) == "2026-06-15"  # the table of the index, which dates the catalog


def test_scores_of_unknown_models_and_empty_ones_are_left_out(conn: sqlite3.Connection) -> None:
    row = {"evaluation": "x", "claimed_by_lab": "no", "source_name": "A", "source_url": "u", "as_of": "2026-01-01"}
    before = conn.execute("SELECT count(*) FROM measurements").fetchone()[0]
    facts.load_evaluations(
        conn, [{**row, "slug": "nobody", "percent": "5"}, {**row, "slug": "nanbeige4-1-3b", "percent": ""}]
    )
    assert conn.execute("SELECT count(*) FROM measurements").fetchone()[0] == before


def test_a_class_without_any_score_says_so(conn: sqlite3.Connection) -> None:
    large = next(row for row in models.all_models(conn) if row.open_weights and (row.total_params_b or 0) > 150)
    built = book.kind("evaluations").build(load_scene(conn, large.slug))
    assert "This catalog has no scores of single evaluations" in " ".join(draw(built, 40, 20).plain().split())


def test_the_words_under_the_cursor_name_who_says_so(conn: sqlite3.Connection, panel: PanelChart) -> None:
    from aa_tui.tui.charts.words import of_bar

    scene = load_scene(conn, "nanbeige4.1-3b")
    chart = chart_of(panel, "gpqa")
    words = [of_bar(chart, bar, scene) for bar in of_nanbeige(chart)]
    assert words[0].endswith("published · Artificial Analysis, 2026-07-10")
    assert words[1].endswith("claimed by its lab · Nanbeige's model card, 2026-02-11")
    assert all(one.startswith("Nanbeige4.1-3B · ") for one in words)
