"""The table of offers that ships, made from models.dev's answer: only what is certainly a model of the catalog."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from aa_tui.catalog import facts
from aa_tui.sources import make_offers


def model(name: str, price_in: object, price_out: object, context: object = 131072) -> dict[str, Any]:
    return {"name": name, "cost": {"input": price_in, "output": price_out}, "limit": {"context": context}}


API: dict[str, Any] = {
    "cloud": {
        "name": "A Cloud",
        "models": {
            "openai/gpt-oss-120b": model("GPT OSS 120B", 0.1, 0.5),
            "openai/gpt-oss-120b:free": model("GPT OSS 120B (free)", 0.01, 0.01),
            "qwen/qwen3-4b-thinking-2507": model("Qwen3 4B Thinking 2507", 0.1, 0.2),
            "someone/nanbeige-4.1-3b-merge-abliterated": model("Nanbeige 4.1 3B Merge", 1, 1),
            "openai/gpt-oss-999b": model("GPT OSS 999B", 1, 1),
            "meta-llama/llama-3.2-3b-instruct": model("Llama 3.2 3B Instruct", 0, 0),
            "google/gemma-3-4b-it": model("Gemma 3 4B", None, 0.2),
            "google/gemma-3-1b-it": model("Gemma 3 1B", -1, "much"),
        },
    },
    "empty": {"models": {}},
}


def test_only_what_is_certain_has_a_price_and_the_usual_terms() -> None:
    found = make_offers.offers(API)
    assert {(one.slug, one.price_in_usd_per_m, one.outside) for one in found} == {
        ("gpt-oss-120b", 0.1, "openai/gpt-oss-120b"),
        ("gpt-oss-120b-low", 0.1, "openai/gpt-oss-120b"),
        ("qwen3-4b-2507-instruct-reasoning", 0.1, "qwen/qwen3-4b-thinking-2507"),
    }
    assert {one.provider for one in found} == {"A Cloud"}


def test_it_writes_the_table_that_the_catalog_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, table = tmp_path / "api.json", tmp_path / "offers.csv"
    answer.write_text(json.dumps(API))
    monkeypatch.setattr(facts, "OFFERS_FILE", table)
    monkeypatch.setattr(sys, "argv", ["make_offers", str(answer), "--as-of", "2026-07"])
    make_offers.main()
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[0] == {
        **{"slug": "gpt-oss-120b", "provider": "A Cloud", "price_in_usd_per_m": "0.1", "price_out_usd_per_m": "0.5"},
        **{"context_tokens": "131072", "source_name": "models.dev", "source_url": "https://models.dev/"},
        "as_of": "2026-07",
    }
    shipped = facts.FACTS_FILE.with_name("published_offers.csv").read_text(encoding="utf-8").splitlines()[0]
    assert list(rows[0]) == shipped.split(",")
