"""The page of Nanbeige4.1-3B says what the published page says, and every page there is can be made."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from aa_tui.catalog import models
from aa_tui.pages import as_json, page, plain

Answer = Callable[..., Any]


@pytest.fixture
def text(conn: sqlite3.Connection) -> str:
    return " ".join(" ".join(plain.lines(page.load(conn, "nanbeige4.1-3b"), 100)).split())


@pytest.mark.parametrize(
    "statement",
    [
        "Class: Tiny open weights",
        "both reasoning and non-reasoning",
        "amongst the leading models in intelligence and well priced",
        "Intelligence 16 ▰▰▰▰ #5 / 43 average 8 well above average",
        "Verbosity 150M tokens ▰▰▰▰ #3 / 38 average 17M very verbose",
        "Input price $0.00 ▰▱▱▱ #1 / 43 average $0.00 competitively priced",
        "Output price $0.00 ▰▱▱▱ #1 / 43 average $0.00 competitively priced",
        "Output speed not published ▱▱▱▱ – average 58",
        "146.2M",
        "256k tokens, ~384 A4 pages",
        "Total parameters 3.9B",
        "Licence Apache 2.0",
        "Released 2026-02-11",
        "table of 2026-06-15",
        "https://huggingface.co/Nanbeige/Nanbeige4.1-3B",
        "it allows commercial use",
        "aa-tui bench PATH --model nanbeige4-1-3b",
    ],
)
def test_the_page_says_what_is_published(text: str, statement: str) -> None:
    assert statement in text


def test_the_json_page_keeps_its_contract(answer: Answer) -> None:
    shown = answer("show", "nanbeige4.1-3b")
    keys = {
        *("slug", "name", "creator", "release_date", "reasoning", "input_modalities", "output_modalities"),
        *("context_tokens", "context_pages", "total_params_b", "active_params_b", "license", "weights_url"),
        *("comparison_class", "metrics", "summary", "faq", "measured_here"),
    }
    assert keys <= set(shown)
    assert len(shown["comparison_class"]["members"]) == 43
    index = shown["metrics"]["intelligence_index"]
    assert index == {
        "value": 16.08,
        "unit": "0-100",
        "class_median": 8.39,
        "rank": 5,
        "of": 43,
        "meter": 4,
        "phrase": "well above average",
        "source": "Artificial Analysis",
        "url": "https://artificialanalysis.ai/models/nanbeige4-1-3b",
        "as_of": "2026-06-15",
        "index_version": "v4.0",
        "is_estimate": False,
    }
    assert shown["metrics"]["output_tps"]["value"] is None
    assert shown["context_pages"] == 384


def test_every_model_has_a_page(conn: sqlite3.Connection) -> None:
    for row in models.all_models(conn):
        shown = page.load(conn, row.slug)
        assert shown.model == row
        assert shown.cls is None or row.slug in {member.slug for member in shown.cls.members}
        assert all(len(line) <= 100 or "http" in line for line in plain.lines(shown, 100))
        json.dumps(as_json.page(conn, row.slug))


def test_colour_changes_nothing_but_colour(conn: sqlite3.Connection) -> None:
    from aa_tui.textsafe import clean

    shown = page.load(conn, "nanbeige4.1-3b")
    assert [clean(line) for line in plain.lines(shown, 80, color=True)] == plain.lines(shown, 80)


def test_an_unsteady_or_disturbed_measurement_says_so(conn: sqlite3.Connection) -> None:
    from aa_tui.catalog import runs as catalog_runs
    from aa_tui.pages import measured
    from aa_tui.runs import prepare

    run_id = prepare(conn, "aa-nano-standin")
    run = catalog_runs.get(conn, run_id)
    catalog_runs.set_settings(conn, run_id, {"n_threads": 2, "load_1m_before": 0.3})
    catalog_runs.put_measurement(conn, run, "tg128", 100.0, "tokens/s", stdev=2.0, n=5)

    def caution() -> str:
        return measured.rows([catalog_runs.result_of(conn, catalog_runs.get(conn, run_id))])[0].caution

    assert caution() == ""
    catalog_runs.put_measurement(conn, run, "pp512", 100.0, "tokens/s", stdev=40.0, n=5)
    assert "pp512 differ by more than 10%" in caution()
    catalog_runs.set_settings(conn, run_id, {"n_threads": 2, "load_1m_before": 3.0})
    assert "load 3.0" in caution()
