"""Figures of two versions of the index are never shown together, and what is shown is the user's choice."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aa_tui.analysis import METRICS
from aa_tui.catalog import db, facts, index_versions, leaderboard, models
from aa_tui.catalog.rows import ModelFilter
from aa_tui.charts import book
from aa_tui.charts.book import as_json as chart_json
from aa_tui.charts.scene import Selection
from aa_tui.export import markdown
from aa_tui.export.page import whole_page
from aa_tui.pages import compare, page
from aa_tui.pages.json import compare as compare_json
from aa_tui.pages.json import model as model_json
from aa_tui.pages.scene import load_scene
from aa_tui.pages.text import page as plain

FACTOR = 0.7
NEWER = "2026-07-10"
OLD, NEW = "v4.0", "v4.1"
BOTH, OLD_ONLY, NEW_ONLY = "nanbeige4-1-3b", "minicpm5-1b", "newcomer"
DEPENDENT = tuple(name for name, metric in METRICS.items() if metric.per_index_version)


def rows() -> list[dict[str, str]]:
    with facts.FACTS_FILE.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def newer(row: dict[str, str]) -> dict[str, str]:
    """The same model in a later table, whose index has another scale. Its price has risen too."""
    index = f"{float(row['intelligence_index']) * FACTOR:.2f}"
    later = {"as_of": NEWER, "index_version": NEW, "intelligence_index": index, "index_output_tokens_m": "77"}
    return {**row, **later, "price_in_usd_per_m": "0.33", "price_out_usd_per_m": "0.66"}


def load(conn: sqlite3.Connection, found: list[dict[str, str]]) -> None:
    conn.execute("BEGIN IMMEDIATE")
    facts.load_rows(conn, found)
    conn.execute("COMMIT")


@pytest.fixture
def both(conn: sqlite3.Connection) -> sqlite3.Connection:
    """All but one model have a score of either version; a newcomer has one of the newer alone."""
    found = [newer(row) for row in rows() if row["slug"] != OLD_ONLY]
    mine = next(row for row in found if row["slug"] == BOTH)
    load(conn, [*found, {**mine, "slug": NEW_ONLY, "name": "Newcomer 3B"}])
    return conn


def indexes(conn: sqlite3.Connection) -> dict[str, tuple[float | None, str | None]]:
    return {row.slug: (row.intelligence_index, row.index_version) for row in models.all_models(conn)}


def everything(conn: sqlite3.Connection) -> list[Any]:
    """What a user can see of it: lists, a page as text, JSON and file, charts, a comparison."""
    scene = load_scene(conn, BOTH, Selection(band="all"))
    return [
        [model_json.model(row) for row in models.all_models(conn)],
        plain.drawing(page.load(conn, BOTH), 100).plain(),
        model_json.page(conn, BOTH),
        model_json.page(conn, OLD_ONLY),
        markdown.render(whole_page(conn, page.load(conn, BOTH))),
        [chart_json.chart(kind.build(scene)) for kind in book.ALL],
        compare_json.as_json(compare.load(conn, (BOTH, OLD_ONLY, NEW_ONLY))),
    ]


def test_the_newest_version_that_half_of_the_models_have_is_shown(conn: sqlite3.Connection) -> None:
    assert index_versions.shown(conn) == OLD
    scored = [row for row in rows() if row["intelligence_index"]]
    load(conn, [newer(row) for row in scored[: len(scored) // 3]])
    assert index_versions.shown(conn) == OLD, "a few scores of a newer version do not empty the list"
    load(conn, [newer(row) for row in scored[: len(scored) // 2 + 1]])
    assert index_versions.shown(conn) == NEW
    assert [one.name for one in index_versions.versions(conn)] == [NEW, OLD]


def test_v4_10_is_newer_than_v4_9(conn: sqlite3.Connection) -> None:
    for version in ("v4.9", "v4.10"):
        load(conn, [{**newer(row), "index_version": version} for row in rows()])
    assert index_versions.shown(conn) == "v4.10"


def test_no_list_mixes_versions(both: sqlite3.Connection) -> None:
    for version in (OLD, NEW):
        leaderboard.choose_version(both, version)
        assert {shown for _, shown in indexes(both).values()} == {version, None}
        missing = NEW_ONLY if version == OLD else OLD_ONLY
        assert indexes(both)[missing] == (None, None)
        row = models.resolve(both, missing)
        assert all(getattr(row, metric) is None for metric in DEPENDENT)
    assert models.resolve(both, BOTH).intelligence_index == pytest.approx(16.08 * FACTOR, abs=0.01)


def test_classes_ranks_and_medians_are_of_one_version(both: sqlite3.Connection) -> None:
    leaderboard.choose_version(both, NEW)
    shown = page.load(both, BOTH)
    of_class = [
        row.intelligence_index
        for row in models.list_models(both, ModelFilter(open_weights=True, params_b_above=0, params_b_at_most=4.5))
    ]
    known = sorted((value for value in of_class if value is not None), reverse=True)
    place = shown.standings["intelligence_index"]
    assert (place.of, place.rank) == (len(known), known.index(shown.model.intelligence_index or 0) + 1)
    assert place.class_median == pytest.approx(known[len(known) // 2], abs=0.2)
    assert all(row.index_version == NEW for name, row in shown.published.items() if name in index_versions.DEPENDENT)


def test_charts_are_of_one_version(both: sqlite3.Connection) -> None:
    for version in (OLD, NEW):
        leaderboard.choose_version(both, version)
        drawn = indexes(both)
        scene = load_scene(both, None, Selection(band="all"))
        for name in ("intelligence", "open-vs-proprietary"):
            built = chart_json.chart(book.kind(name).build(scene))
            assert f"index {version}" in built["note"]
            assert {bar["key"]: bar["value"] for bar in built["bars"]} == {
                slug: value for slug, (value, shown) in drawn.items() if shown == version
            }


def test_comparisons_are_of_one_version(both: sqlite3.Connection) -> None:
    leaderboard.choose_version(both, NEW)
    comparison = compare.load(both, (BOTH, OLD_ONLY))
    row = next(row for section in comparison.sections for row in section.rows if row.key == "intelligence_index")
    assert [cell.value for cell in row.cells] == [pytest.approx(16.08 * FACTOR, abs=0.01), None]
    assert not any("index versions differ" in note for note in comparison.notes)


def test_prices_and_speeds_are_the_newest_whatever_the_version(both: sqlite3.Connection) -> None:
    for version in (OLD, NEW):
        leaderboard.choose_version(both, version)
        assert models.resolve(both, BOTH).price_in_usd_per_m == 0.33


def test_a_page_tells_what_the_model_scored_on_other_versions(both: sqlite3.Connection) -> None:
    leaderboard.choose_version(both, NEW)
    for slug in (BOTH, OLD_ONLY):
        text = plain.drawing(page.load(both, slug), 100).plain()
        history = text.partition("Score history")[2].partition("\n\n")[0]
        assert "2026-06-15  v4.0" in history
        assert "Artificial Analysis" in history
    assert "2026-07-10  v4.1" in plain.drawing(page.load(both, BOTH), 100).plain()
    old = model_json.page(both, OLD_ONLY)
    assert old["metrics"]["intelligence_index"]["value"] is None
    assert old["metrics"]["intelligence_index"]["class_median"] is not None, "its class has an average all the same"
    (past,) = old["history"]
    assert (past["index_version"], past["is_shown"], past["as_of"]) == (OLD, False, "2026-06-15")
    assert past["intelligence_index"] == pytest.approx(18.17)
    assert past["source"] == "Artificial Analysis"
    assert [one["is_shown"] for one in model_json.page(both, BOTH)["history"]] == [True, False]


def test_a_page_with_one_table_has_no_history(conn: sqlite3.Connection) -> None:
    assert "Score history" not in plain.drawing(page.load(conn, BOTH), 100).plain()


@pytest.mark.long
def test_switching_back_gives_the_same_as_before(both: sqlite3.Connection) -> None:
    leaderboard.choose_version(both, OLD)
    before = everything(both)
    leaderboard.choose_version(both, NEW)
    assert everything(both) != before
    leaderboard.choose_version(both, OLD)
    assert everything(both) == before


def test_a_choice_stays_over_later_tables_until_it_is_taken_back(both: sqlite3.Connection, catalog_path: Path) -> None:
    leaderboard.choose_version(both, "4.0")
    load(both, [newer(row) for row in rows()])
    assert (index_versions.shown(both), index_versions.chosen(both)) == (OLD, OLD)
    with closing(db.open_catalog(catalog_path)) as again:
        assert index_versions.shown(again) == OLD
    assert leaderboard.choose_version(both, None) == NEW
    assert index_versions.chosen(both) is None


def test_an_unknown_version_is_refused_and_changes_nothing(both: sqlite3.Connection) -> None:
    before = indexes(both)
    with pytest.raises(index_versions.UnknownVersionError, match=r"“v9”; it has v4\.1, v4\.0\."):
        leaderboard.choose_version(both, "v9")
    assert indexes(both) == before


@pytest.mark.long
def test_one_connection_can_look_at_another_version(both: sqlite3.Connection, catalog_path: Path) -> None:
    """As `--index-version` does: the catalog stays as it is, and what is seen is what a choice would show."""
    leaderboard.choose_version(both, OLD)
    old = everything(both)
    with closing(db.open_readonly(catalog_path)) as looking:
        leaderboard.show_version_here(looking, NEW)
        new = everything(looking)
        with pytest.raises(sqlite3.OperationalError):
            looking.execute("DELETE FROM main.leaderboard")
        assert [row.slug for row in models.list_models(looking, ModelFilter(text="newcomer"))] == [NEW_ONLY]
    assert everything(both) == old
    leaderboard.choose_version(both, NEW)
    assert everything(both) == new
