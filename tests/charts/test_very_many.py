"""Of very many models only those are read that a screen can show, and what is drawn is what all of them would give."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from aa_tui.catalog import db, facts, models
from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.charts.scene import Selection
from aa_tui.charts.spec import BarChart, ScatterChart
from aa_tui.charts.thinning import thin
from aa_tui.pages.chart_models import MOST_DOTS, WHOLE
from aa_tui.pages.scene import load_scene

COUNT = 1_600
BARS = [kind.name for kind in book.ALL if kind.name in ("providers", "evaluations") or kind.section != "Measured here"]
PAGES = ("m7", "m800", "m1599")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Tiny open models with many ties, gaps, prices of 0, estimates and two versions of the index."""
    conn = db.open_catalog(tmp_path_factory.mktemp("catalog") / "catalog.db")
    source = Random(1)
    with facts.FACTS_FILE.open(encoding="utf-8", newline="") as file:
        real = [row for row in csv.DictReader(file) if row["open_weights"] == "yes" and row["slug"]]
    rows = []
    for number in range(COUNT):
        row = dict(source.choice(real))
        row |= {"slug": f"m{number}", "name": f"{source.choice(('Ö', 'a', 'B', 'é', '模'))} {number % 400}"}
        row |= {"total_params_b": source.choice(("1", "2", "3.9", "4.5")), "reasoning": "yes", "license": "mit"}
        row |= {"index_version": source.choice(("v4.0", "v4.0", "v4.10", "")), "as_of": source.choice(DATES)}
        for metric, low, high in (("intelligence_index", 0, 60), ("output_tps", 1, 300), ("openness_index", 0, 100)):
            row[metric] = "" if source.random() < 0.2 else str(round(source.uniform(low, high), source.choice((0, 2))))
        price = source.choice(("", "0", "0.1", "0.25", "2"))
        row |= {"price_in_usd_per_m": price, "price_out_usd_per_m": price, "cost_to_run_usd": price}
        rows.append(row)
    conn.execute("BEGIN")
    facts.load_rows(conn, rows)
    conn.execute("COMMIT")
    yield conn
    conn.close()


DATES = ("2026-06-15", "2026-05-01")


@pytest.mark.parametrize("slug", PAGES)
@pytest.mark.parametrize("name", BARS)
@pytest.mark.repeats
def test_bars_are_drawn_as_if_all_models_had_been_read(many: sqlite3.Connection, name: str, slug: str) -> None:
    kind = book.kind(name)
    some, every = load_scene(many, slug, kind=kind), load_scene(many, slug)
    assert len(every.models) > WHOLE
    drawn, expected = kind.build(some), kind.build(every)
    if isinstance(drawn, ScatterChart):
        return  # of dots that lie upon each other fewer are drawn: tested below
    assert len(some.models) < len(every.models)
    for width, height in ((80, 24), (160, 48), (120, 190)):
        assert draw(drawn, width, height) == draw(expected, width, height)


def test_pinned_models_of_other_classes_are_read_too(many: sqlite3.Connection) -> None:
    other = next(row for row in models.all_models(many) if not row.open_weights and row.context_tokens)
    selection = Selection(pinned=frozenset({other.slug, "m900"}))
    kind = book.kind("context")
    some = kind.build(load_scene(many, "m7", selection, kind))
    every = kind.build(load_scene(many, "m7", selection))
    assert isinstance(some, BarChart)
    assert isinstance(every, BarChart)
    assert some.total == every.total
    assert other.slug in {bar.key for bar in every.bars}
    assert draw(some, 100, 60).plain() == draw(every, 100, 60).plain()


@pytest.mark.parametrize("slug", PAGES)
@pytest.mark.parametrize("name", ["intelligence-vs-price", "intelligence-vs-price-log", "speed-vs-price"])
def test_dots_keep_their_counts_and_the_chosen(many: sqlite3.Connection, name: str, slug: str) -> None:
    kind = book.kind(name)
    some, every = kind.build(load_scene(many, slug, kind=kind)), kind.build(load_scene(many, slug))
    assert isinstance(some, ScatterChart)
    assert isinstance(every, ScatterChart)
    assert (some.count, some.note, some.title) == (every.count, every.note, every.title)
    assert [dot.key for dot in some.dots if dot.highlighted] == [dot.key for dot in every.dots if dot.highlighted]
    assert set(some.dots) <= set(every.dots)


def test_thinned_dots_look_the_same_and_keep_the_frontier() -> None:
    from aa_tui.charts.draw.scatter import layout

    source = Random(2)
    points = [(number, source.choice((0.0, 0.1, 1.0)), round(source.gauss(20, 5), 1)) for number in range(9_000)]
    kept = thin(points, MOST_DOTS, (4711,), log_x=False)
    assert 4711 in kept
    assert len(kept) <= MOST_DOTS
    assert len(set(kept)) == len(kept)
    whole = _scatter(points)
    fewer = replace(_scatter([point for point in points if point[0] in set(kept)]), drawn=len(points))
    all_of_it, rest = layout(whole, 100, 30), layout(fewer, 100, 30)
    places = [{(dot.column, dot.row) for dot in one.dots} for one in (all_of_it, rest)]
    assert places[1] == places[0]
    assert rest.quadrant == all_of_it.quadrant
    frontiers = [[(one.by_key[key].dot.x, one.by_key[key].dot.y) for key in one.frontier] for one in (all_of_it, rest)]
    assert frontiers[0] == frontiers[1]
    words = draw(fewer, 100, 30).plain()
    assert "9000 of 9000 models" in words
    assert "one where many lie upon each other" in words


def _scatter(points: list[tuple[int, float, float]]) -> ScatterChart:
    from statistics import median

    from aa_tui.charts.spec import Axis, Dot

    dots = tuple(Dot(str(who), f"M{who}", x, y, f"{x}", f"{y}") for who, x, y in points)
    middle = (0.1, median([20.0]))
    axes = (Axis("Price", "USD", "lower"), Axis("Index", "0–100", "higher"))
    return ScatterChart("x", "Scatter", *axes, dots, 9_000, middle=middle)


def test_a_page_of_very_many_reads_few_rows(many: sqlite3.Connection, tmp_path: Path) -> None:
    seen: list[str] = []
    many.set_trace_callback(seen.append)
    load_scene(many, "m800", kind=book.kind("context"))
    many.set_trace_callback(None)
    whole_rows = [query for query in seen if "input_modalities" in query]
    assert sum(query.count(",") for query in whole_rows) < 1_000
