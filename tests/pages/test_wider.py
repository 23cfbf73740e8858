"""Charts of a page that would compare nothing are drawn of models that do, and say so."""

from __future__ import annotations

import sqlite3

import pytest

from aa_tui.api.chart import chart_of
from aa_tui.catalog import models
from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.charts.scene import Scene, Selection
from aa_tui.charts.spec import BarChart, Chart, PanelChart, ScatterChart
from aa_tui.export import markdown
from aa_tui.export.page import one_chart, whole_page
from aa_tui.pages import page, wider
from aa_tui.pages.scene import MEASURED, load_scene

NANBEIGE = "nanbeige4-1-3b"


def drawn(conn: sqlite3.Connection, name: str, selection: Selection | None = None) -> tuple[Scene, Chart]:
    kind, selection = book.kind(name), selection or Selection()
    return wider.chart_of(conn, load_scene(conn, NANBEIGE, selection, kind), selection, kind)


@pytest.mark.parametrize("name", ["latency", "response-time"])
def test_times_that_the_class_has_not_are_of_the_nearest_models(conn: sqlite3.Connection, name: str) -> None:
    scene, chart = drawn(conn, name)
    assert isinstance(chart, BarChart)
    assert len(chart.bars) == wider.NEAREST
    mine = models.resolve(conn, NANBEIGE).intelligence_index or 0
    distances = {bar.key: abs((models.resolve(conn, bar.key).intelligence_index or 0) - mine) for bar in chart.bars}
    farther = [
        row
        for row in load_scene(conn, NANBEIGE, Selection(band="all")).models
        if row.ttfat_s is not None and row.slug not in distances
    ]
    assert all(abs((row.intelligence_index or 0) - mine) >= max(distances.values()) for row in farther)
    text = draw(chart, 100, 30).plain()
    assert "the 20 models nearest in the index" in text
    assert "nothing to compare among Tiny" in text
    assert {model.slug for model in scene.models} == {NANBEIGE, *distances}


def test_a_class_of_one_kind_is_no_comparison_of_kinds(conn: sqlite3.Connection) -> None:
    _, chart = drawn(conn, "open-vs-proprietary")
    assert isinstance(chart, BarChart)
    assert {bar.group for bar in chart.bars} == set(chart.groups)
    assert any(bar.highlighted for bar in chart.bars)
    assert "one kind only among Tiny" in draw(chart, 100, 30).plain()


def test_evaluations_of_one_model_are_one_chart(conn: sqlite3.Connection) -> None:
    mine = models.resolve(conn, NANBEIGE).id
    conn.execute("DELETE FROM measurements WHERE metric LIKE 'claimed.%' AND variant_id <> ?", (mine,))
    _, chart = drawn(conn, "evaluations")
    assert isinstance(chart, BarChart)
    assert len(chart.bars) == 16
    text = draw(chart, 76, 24).plain()
    assert "GPQA Diamond" in text
    assert "16 of 16 scores" in text
    assert "no other model in this catalog has any" in text


def test_what_was_chosen_stays_even_if_it_is_empty(conn: sqlite3.Connection) -> None:
    _, chart = drawn(conn, "latency", Selection(band="tiny"))
    assert isinstance(chart, BarChart)
    assert not chart.bars


def test_no_chart_of_the_page_is_left_without_another_model(conn: sqlite3.Connection) -> None:
    """Of the published ones only what no model in the catalog has is left: providers' prices."""
    alone = []
    for kind in book.ALL:
        if kind.section != MEASURED:
            _, chart = drawn(conn, kind.name)
            if not wider.compares(chart, NANBEIGE):
                alone.append(kind.name)
    assert alone == ["providers"]


@pytest.mark.parametrize("name", [kind.name for kind in book.ALL if kind.section != MEASURED])
def test_no_legend_promises_what_is_not_drawn(conn: sqlite3.Connection, name: str) -> None:
    _, chart = drawn(conn, name)
    if isinstance(chart, PanelChart | ScatterChart) or not chart.stacked:
        return
    bars = chart.bars
    lines = draw(chart, 120, len(bars) + 12).lines
    first = next(number for number, line in enumerate(lines) if line and line[0].role in ("label", "chosen-label"))
    legend = "".join(part.text for part in lines[first - 1])
    for number, part in enumerate(chart.parts):
        has_any = any(len(bar.parts) > number and bar.parts[number] > 0 for bar in bars)
        assert has_any or part not in legend


def test_a_file_and_a_program_are_given_the_same_chart(conn: sqlite3.Connection) -> None:
    said = "nothing to compare among Tiny"
    whole = markdown.render(whole_page(conn, page.load(conn, NANBEIGE)))
    alone = markdown.render(one_chart(conn, NANBEIGE, "latency"))
    drawn_for_a_program = chart_of(conn, "latency", NANBEIGE, None)
    for text in (whole, alone, drawn_for_a_program.text(), drawn_for_a_program.svg()):
        assert said in text
    assert drawn_for_a_program.data()["bars"] == []  # as `aa-tui chart --json` has it
    for text in (
        markdown.render(one_chart(conn, NANBEIGE, "latency", Selection(band="tiny"))),
        chart_of(conn, "latency", NANBEIGE, "tiny").text(),
    ):
        assert said not in text
