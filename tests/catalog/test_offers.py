"""What API providers ask, as it ships with the catalog: for many models from the first start, with its source."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest

from aa_tui.catalog import facts, models, offers
from aa_tui.charts import book
from aa_tui.charts.spec import BarChart
from aa_tui.pages import page
from aa_tui.pages.scene import load_scene


def test_many_models_have_providers_at_first_start(conn: sqlite3.Connection) -> None:
    sold = {row.slug: offers.offers_of(conn, row.id) for row in models.all_models(conn)}
    assert sum(bool(found) for found in sold.values()) > 80
    for found in sold.values():
        assert len({offer.provider for offer in found}) == len(found)
        for offer in found:
            assert (offer.source_name, offer.source_url) == ("models.dev", "https://models.dev/")
            assert offer.as_of == "2026-07"
            assert (offer.price_in_usd_per_m or 0) + (offer.price_out_usd_per_m or 0) > 0
    built = book.kind("providers").build(load_scene(conn, "gpt-oss-120b"))
    assert isinstance(built, BarChart)
    assert len(built.bars) == len(sold["gpt-oss-120b"]) > 20
    assert built.note == "2026-07"


def test_every_offer_is_of_a_model_of_the_catalog(conn: sqlite3.Connection) -> None:
    with facts.OFFERS_FILE.open(encoding="utf-8") as lines:
        slugs = {row["slug"] for row in csv.DictReader(lines)}
    assert slugs <= set(models.every_slug(conn))


def test_a_page_names_the_cheapest_and_how_many_there_are(conn: sqlite3.Connection) -> None:
    shown = page.load(conn, "gpt-oss-120b")
    answer = next(one.answer for one in shown.faq if one.key == "providers")
    found = offers.offers_of(conn, shown.model.id)
    cheapest = min(found, key=lambda offer: 3 * (offer.price_in_usd_per_m or 0) + (offer.price_out_usd_per_m or 0))
    assert answer.startswith(f"{len(found)} APIs sell it; the cheapest are {cheapest.provider}, ")
    assert answer.count(",") == 6


def test_loading_again_keeps_one_of_each(conn: sqlite3.Connection) -> None:
    before = conn.execute("SELECT count(*), sum(price_out_usd_per_m) FROM offers").fetchone()[:]
    facts.load(conn)
    assert conn.execute("SELECT count(*), sum(price_out_usd_per_m) FROM offers").fetchone()[:] == before


@pytest.mark.parametrize("name", ["FACTS_FILE", "EVALUATIONS_FILE", "OFFERS_FILE"])
def test_another_table_of_any_kind_is_loaded_at_the_next_start(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert not facts.are_stale(conn)
    other = tmp_path / "other.csv"
    other.write_bytes(getattr(facts, name).read_bytes() + b"\n")
    monkeypatch.setattr(facts, name, other)
    assert facts.are_stale(conn)
