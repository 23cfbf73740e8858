"""Filters, counts and groups of the leaderboard, checked against plain SQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from aa_tui.analysis import METRICS
from aa_tui.catalog import db, models
from aa_tui.catalog.rows import ModelFilter
from aa_tui.pages import listing


@pytest.mark.parametrize(
    ("where", "sql"),
    [
        (ModelFilter(creator="alibaba"), "creator = 'Alibaba'"),
        (ModelFilter(licenses=("apache 2.0", "MIT")), "license IN ('Apache 2.0', 'MIT')"),
        (ModelFilter(licenses=()), "0"),
        (ModelFilter(context_at_least=128_000), "context_tokens >= 128000"),
        (ModelFilter(index_at_least=30), "intelligence_index >= 30"),
        (ModelFilter(price_at_most=0.5), "blended_price_usd_per_m <= 0.5"),
        (ModelFilter(params_b_at_most=8), "total_params_b <= 8"),
        (ModelFilter(input_modality="image"), "(';' || input_modalities || ';') LIKE '%;image;%'"),
        (ModelFilter(input_modality="imag"), "0"),
        (ModelFilter(open_params_b_at_most=14), "open_weights = 1 AND total_params_b <= 14"),
        (ModelFilter(open_weights=True, reasoning=False, index_at_least=10), None),
        (ModelFilter(text="qwen", context_at_least=200_000), "name LIKE '%qwen%' AND context_tokens >= 200000"),
    ],
)
def test_each_filter_is_what_plain_sql_says(conn: sqlite3.Connection, where: ModelFilter, sql: str | None) -> None:
    sql = sql or "open_weights = 1 AND reasoning = 0 AND intelligence_index >= 10"
    wanted = {row[0] for row in conn.execute(f"SELECT id FROM leaderboard WHERE {sql}")}  # noqa: S608
    for sort in ("intelligence_index", "ttft_s"):
        found = models.sorted_ids(conn, where, sort)
        assert set(found) == wanted
        assert len(found) == len(wanted)
    assert models.count(conn, where) == len(wanted)
    assert models.counts(conn, [where, ModelFilter()]) == [len(wanted), 157]
    assert models.counts(conn, [ModelFilter(reasoning=True), ModelFilter(reasoning=False)], where) == [
        sum(row.reasoning for row in models.list_models(conn, where)),
        sum(not row.reasoning for row in models.list_models(conn, where)),
    ]


def test_the_default_order_needs_neither_rows_nor_sorting(conn: sqlite3.Connection) -> None:
    plans: list[str] = []
    for where in (ModelFilter(), ModelFilter(open_weights=True, params_b_at_most=4.5), ModelFilter(text="qwen")):
        query, values = models._sorted("id", where, "intelligence_index", True)
        plan = " / ".join(row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {query}", values))
        plans.append(plan)
    assert all("USING COVERING INDEX leaderboard_best" in plan for plan in plans)
    assert not any("ORDER BY" in plan for plan in plans)


def test_variants_are_grouped_under_the_best_of_them(conn: sqlite3.Connection) -> None:
    for sort, descending in (("intelligence_index", True), ("index_output_tokens_m", False), ("name", False)):
        groups = models.grouped_ids(conn, None, sort, descending)
        order = models.sorted_ids(conn, None, sort, descending)
        place = {key: number for number, key in enumerate(order)}
        assert sorted(key for group in groups.values() for key in group) == sorted(order)
        firsts = [place[group[0]] for group in groups.values()]
        assert firsts == sorted(firsts), "groups follow each other by their best"
        for group in groups.values():
            assert [place[key] for key in group] == sorted(place[key] for key in group)
    shared = dict(conn.execute("SELECT model_id, count(*) FROM leaderboard GROUP BY model_id HAVING count(*) > 1"))
    assert {key: len(group) for key, group in groups.items() if len(group) > 1} == shared


def test_the_class_order_goes_by_size_and_then_by_price(conn: sqlite3.Connection) -> None:
    rows = models.list_models(conn, None, models.BY_CLASS, False)
    known = [row for row in rows if row.total_params_b is not None or not row.open_weights]
    opens = [row.open_weights for row in known]
    assert opens == sorted(opens, reverse=True)
    sizes = [row.total_params_b or 0 for row in known if row.open_weights]
    assert sizes == sorted(sizes)


def test_licences_by_commercial_use(conn: sqlite3.Connection) -> None:
    free = listing.licenses_that_allow(conn, "yes")
    assert {"Apache 2.0", "MIT"} <= set(free)
    assert set(free) < set(listing.licenses_that_allow(conn, "conditions"))
    forbidden = listing.licenses_that_allow(conn, "no")
    assert forbidden
    assert not set(forbidden) & set(listing.licenses_that_allow(conn, "conditions"))


def test_what_fits_is_the_weights_and_a_tenth_more() -> None:
    memory = 16 * 10**9
    most = listing.fitting_params_b(memory)
    assert most * 1e9 * 4.5 / 8 * 1.1 == pytest.approx(memory)
    assert 25 < most < 26
    assert listing.fitting_here_b() > 0


def test_an_older_catalog_gets_the_index_and_keeps_the_rest(conn: sqlite3.Connection, catalog_path: Path) -> None:
    conn.execute("INSERT INTO creators (name) VALUES ('mine')")
    conn.execute("DROP INDEX leaderboard_best")
    conn.execute("DROP INDEX leaderboard_here")
    conn.execute("CREATE INDEX leaderboard_index ON leaderboard(intelligence_index)")
    conn.execute("DELETE FROM _sqlite_migrations WHERE name = 'm002_best_first'")
    conn.execute("PRAGMA user_version = 1")
    db.open_catalog(catalog_path).close()
    assert conn.execute("SELECT count(*) FROM creators WHERE name = 'mine'").fetchone()[0] == 1
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert "leaderboard_best" in names
    assert "leaderboard_index" not in names


def test_which_way_a_column_is_sorted_first_agrees_with_what_is_better() -> None:
    for name, metric in METRICS.items():
        assert (name in models.LOWER_FIRST) is (metric.higher_is_better is False), name
