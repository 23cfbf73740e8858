"""A catalog in Datasette itself: views in words with facets, no table and no compressed text in sight."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.program import Program
from tests.support.sites import make_catalog

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.catalog import models
from aa_tui.catalog.datasette import VIEWS, metadata
from aa_tui.catalog.rows import ModelFilter
from aa_tui.pages.bands import band_conditions

Ask = Callable[[str], Any]


@pytest.fixture
def ask(conn: sqlite3.Connection, fresh: Path, program: Program) -> Ask:
    """What Datasette answers to an address, with the metadata that the program writes."""
    app = pytest.importorskip("datasette.app", reason="needs Datasette: uv run --group datasette")
    make_catalog(conn)
    conn.commit()
    done = program("catalog", "datasette", str(fresh.parent / "metadata.json"))
    assert done.returncode == 0, done.stderr
    told = json.loads((fresh.parent / "metadata.json").read_text())

    def get(path: str) -> Any:
        async def answer() -> Any:
            response = await app.Datasette([str(fresh)], metadata=told).client.get(path)
            assert response.status_code == 200, response.text[:500]
            return response.json() if ".json" in path else response.text

        return asyncio.run(answer())

    return get


@pytest.mark.long
def test_views_are_shown_and_tables_are_not(ask: Ask) -> None:
    found = ask("/catalog.json")
    assert [table["name"] for table in found["tables"] if not table["hidden"]] == []
    assert set(VIEWS) <= {view["name"] for view in found["views"]}
    page = ask("/catalog")
    for view in VIEWS:
        assert f"/catalog/{view}" in page


def test_models_have_facets_and_the_best_come_first(ask: Ask) -> None:
    found = ask("/catalog/model_figures.json?_shape=objects&_size=5")
    facets = {
        name: {one["value"]: one["count"] for one in each["results"]} for name, each in found["facet_results"].items()
    }
    assert set(facets) == {"creator", "open_weights", "size_class", "reasoning"}
    assert {"yes", "no"} == set(facets["open_weights"])
    assert {"tiny", "small", "medium", "large"} <= set(facets["size_class"])
    assert facets["creator"]["Testlab"] == 4
    scores = [row["intelligence_index"] for row in found["rows"]]
    assert scores == sorted(scores, reverse=True)
    only = ask("/catalog/model_figures.json?_shape=objects&size_class=tiny&open_weights=yes&creator=Nanbeige")
    assert [row["slug"] for row in only["rows"]] == ["nanbeige4-1-3b"]


@pytest.mark.long
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.repeats
def test_each_view_shows_words_and_no_binary(ask: Ask, view: str) -> None:
    found = ask(f"/catalog/{view}.json?_shape=objects&_size=max")
    assert found["rows"], "the catalog has some of each"
    for row in found["rows"]:
        assert not any(isinstance(value, dict) for value in row.values()), row
    page = ask(f"/catalog/{view}")
    assert "&lt;Binary" not in page
    assert "<script>alert(1)" not in page


def test_each_canned_query_answers(ask: Ask) -> None:
    queries = metadata_queries(ask)
    for name in queries:
        path = f"/catalog/{name}.json?_shape=objects&run_id=5"
        assert ask(path)["rows"], name


def metadata_queries(ask: Ask) -> list[str]:
    return [query["name"] for query in ask("/catalog.json")["queries"]]


def test_the_views_say_what_the_program_says(conn: sqlite3.Connection) -> None:
    make_catalog(conn)
    found = {row["slug"]: row for row in conn.execute("SELECT * FROM model_figures")}
    rows = models.all_models(conn)
    assert len(found) == len(rows)
    for row in rows:
        assert found[row.slug]["open_weights"] == ("yes" if row.open_weights else "no")
    for column, bands in (("size_class", SIZE_CLASSES), ("price_class", PRICE_CLASSES)):
        for band in bands:
            listed = models.list_models(conn, ModelFilter(**band_conditions(band.key)))  # type: ignore[arg-type]
            assert {row.slug for row in listed} == {slug for slug, row in found.items() if row[column] == band.key}
    figures = conn.execute("SELECT * FROM published_figures WHERE slug = 'alpha' AND metric = 'published.mmlu_pro'")
    assert [(row["value"], row["source_name"], row["as_of"]) for row in figures] == [(81.5, "Test table", "2026-06-01")]
    here = conn.execute(
        "SELECT model, value, processor, origin FROM measured_figures WHERE metric = 'tg128' ORDER BY run_id"
    )
    assert tuple(here.fetchone()) == ("Alpha", 10.0, "A CPU", "here")
    kinds = dict(conn.execute("SELECT kind, count(*) FROM run_list GROUP BY kind").fetchall())
    assert kinds["eval"] == 2


def test_the_metadata_names_each_table_and_goes_by_the_files_name(conn: sqlite3.Connection) -> None:
    told = metadata(conn, "mine")["databases"]["mine"]["tables"]
    tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {name for name, one in told.items() if one.get("hidden")} >= tables
    columns = {view: {row[1] for row in conn.execute(f"PRAGMA table_info({view})")} for view in VIEWS}
    for view, one in VIEWS.items():
        named = {*one["columns"], *one["facets"], *filter(None, [one.get("sort_desc")])}
        assert named <= columns[view], view
