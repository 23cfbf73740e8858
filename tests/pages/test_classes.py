"""Comparison classes as SQL reads them are those that the analysis makes of whole rows."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aa_tui.analysis import METRICS, ComparisonClass, comparison_class, members_of, standing
from aa_tui.catalog import db, facts, models
from aa_tui.catalog.rows import ModelRow
from aa_tui.pages.classes import Classes, members_filter


def test_the_class_read_from_its_band_is_the_class_among_all(conn: sqlite3.Connection) -> None:
    """What SQL finds and what the analysis makes of all rows is the same: members, words, and every standing."""
    everyone = models.all_models(conn)
    shared = Classes()
    for row in everyone:
        assert_same_class(conn, row, everyone, shared)


def assert_same_class(conn: sqlite3.Connection, row: ModelRow, everyone: Sequence[ModelRow], classes: Classes) -> None:
    expected = comparison_class(row, everyone)
    found = classes.of(conn, row)
    assert (found is None) == (expected is None), row.slug
    where = members_filter(row)
    if found is None or expected is None or where is None:
        return
    assert set(models.slugs(conn, where)) == {one.slug for one in members_of(row, everyone)}, row.slug
    assert found.count == expected.count
    assert (found.name, found.explanation) == (expected.name, expected.explanation)
    for metric in METRICS:
        assert standing(row, metric, found) == standing(row, metric, expected), (row.slug, metric)


VALUES = st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.3, 1.0, 2.0, 7.0]) | st.floats(0, 1e6)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "reasoning": st.booleans(),
            "open_weights": st.booleans(),
            "total_params_b": st.none() | st.sampled_from([0.6, 4.0, 4.44, 4.5, 4.51, 39.0, 200.0]),
            "index_version": st.sampled_from(["", "v4.0", "v4.9", "v4.10"]),
            **{metric: VALUES for metric in METRICS if metric != "blended_price_usd_per_m"},
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_random_classes_read_by_sql_are_those_of_the_analysis(empty: sqlite3.Connection, rows: list[Any]) -> None:
    """Ties, missing values, prices of 0, several versions of the index: quartiles, ranks and meters agree."""
    put_rows(empty, rows)
    everyone = models.all_models(empty)
    classes = Classes()
    for row in everyone:
        assert_same_class(empty, row, everyone, classes)


def put_rows(conn: sqlite3.Connection, rows: Iterable[dict[str, Any]]) -> None:
    """These models and no others, loaded as published facts are."""
    conn.execute("BEGIN")
    for table in ("leaderboard", "measurements", "offers", "variants"):
        conn.execute(f"DELETE FROM {table}")  # noqa: S608  # names from the line above
    columns = dict.fromkeys(facts.FACTS_FILE.read_text(encoding="utf-8").splitlines()[0].split(","), "")
    flags = {True: "yes", False: "no"}
    texts = (
        {
            key: flags[value] if isinstance(value, bool) else "" if value is None else str(value)
            for key, value in row.items()
        }
        for row in rows
    )
    about = {"creator": "Lab", "source_name": "Table", "source_url": "https://example.org", "as_of": "2026-01-01"}
    named = ({"slug": f"m{n}", "name": f"M{n}", **row} for n, row in enumerate(texts))
    facts.load_rows(conn, ({**columns, **about, **row} for row in named))
    conn.execute("COMMIT")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A catalog whose models the tests put there."""
    connection = db.open_catalog(tmp_path_factory.mktemp("catalog") / "catalog.db")
    yield connection
    connection.close()


def test_no_member_is_read_whole(conn: sqlite3.Connection) -> None:
    seen: list[str] = []
    model = models.resolve(conn, "nanbeige4.1-3b")
    conn.set_trace_callback(seen.append)
    Classes().of(conn, model)
    conn.set_trace_callback(None)
    asked = [query for query in seen if "FROM leaderboard NOT INDEXED" in query]
    assert len(asked) == 1
    assert "total_params_b <=" in asked[0]
    assert "name" not in asked[0]


def test_a_class_is_read_once_until_the_catalog_changes(conn: sqlite3.Connection) -> None:
    classes = Classes()
    model = models.resolve(conn, "nanbeige4.1-3b")
    seen: list[str] = []
    conn.set_trace_callback(seen.append)
    first = classes.of(conn, model)
    assert classes.of(conn, model) == first
    assert sum("NOT INDEXED" in query for query in seen) == 1
    conn.set_trace_callback(None)
    facts.load_rows(conn, [{**facts_row(), "slug": "newcomer", "name": "Newcomer", "intelligence_index": "99"}])
    second = classes.of(conn, models.resolve(conn, "nanbeige4.1-3b"))
    assert first is not None
    assert second is not None
    assert second.count == first.count + 1
    assert standing(model, "intelligence_index", second).rank == 6


def test_two_threads_that_want_one_class_read_it_once(catalog_path: Path) -> None:
    """As where a page is opened whose class is being read ahead."""
    classes, together = Classes(), Barrier(2)
    seen: list[str] = []

    def read(_: int) -> ComparisonClass | None:
        with closing(db.open_catalog(catalog_path)) as own:
            model = models.resolve(own, "nanbeige4.1-3b")
            own.set_trace_callback(seen.append)
            together.wait()
            return classes.of(own, model)

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(read, range(2))
    assert first is not None
    assert first == second
    assert sum("NOT INDEXED" in query for query in seen) == 1


def facts_row() -> dict[str, str]:
    """The published line of the model that the tests look at."""
    with facts.FACTS_FILE.open(encoding="utf-8", newline="") as file:
        return next(row for row in csv.DictReader(file) if row["slug"] == "nanbeige4-1-3b")
