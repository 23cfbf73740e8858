"""The page of Nanbeige4.1-3B says what the published page says, and every page there is can be made."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any, get_args

import pytest
from tests.support.program import Answer, Program

from aa_tui.analysis import faq
from aa_tui.analysis.questions import Key
from aa_tui.catalog import models
from aa_tui.pages import local, page
from aa_tui.pages.json import model as as_json
from aa_tui.pages.text import page as plain


@pytest.fixture
def text(conn: sqlite3.Connection) -> str:
    return " ".join(plain.drawing(page.load(conn, "nanbeige4.1-3b"), 100).plain().split())


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
        "Total parameters 3.93 billion",
        "Licence Apache 2.0",
        "Released February 11, 2026",
        "table of 2026-06-15",
        "https://huggingface.co/Nanbeige/Nanbeige4.1-3B",
        "it allows commercial use",
        "aa-tui bench PATH --model nanbeige4-1-3b",
    ],
)
def test_the_page_says_what_is_published(text: str, statement: str) -> None:
    assert statement in text


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("reasoning: yes", "Reasoning yes"),
        ("text in", "Input text Output text"),
        ("context", "Context window 256k tokens, ~384 A4 pages"),
        ("size", "Total parameters 3.93 billion"),
        ("licence", "Licence Apache 2.0"),
        ("weights", "Weights at https://huggingface.co/Nanbeige/Nanbeige4.1-3B"),
        ("by whom and when", "It was released on February 11, 2026 by Nanbeige."),
        (
            "index against the class",
            "It scores 16 on the Intelligence Index v4.0 (well above average; class average 8)",
        ),
        # Published when the class's average was 12M; it moved with the class, so ours names the day of its table.
        (
            "verbosity, average 12M",
            "It used 150M output tokens on one pass over the index (very verbose; class average",
        ),
        ("the table's day", "Averages are class medians. The figures are from the table of June 15, 2026."),
        ("input price", "$0.00 per 1M input tokens (competitively priced; class average $0.00)"),
        ("output price", "$0.00 per 1M output tokens (competitively priced; class average $0.00)"),
        ("cost to evaluate", "it cost $0.00 to evaluate"),
        ("released?", "When was Nanbeige4.1-3B released? It was released on February 11, 2026."),
        ("who?", "Who created Nanbeige4.1-3B? It was created by Nanbeige."),
        ("intelligent?", "How intelligent is Nanbeige4.1-3B? It scores 16 on the Intelligence Index v4.0"),
        ("tokens?", "How many tokens does Nanbeige4.1-3B use on the Intelligence Index? It used 150M output tokens"),
        ("reasoning?", "Is Nanbeige4.1-3B a reasoning model? Yes."),
        ("input?", "What input does Nanbeige4.1-3B take? It takes text."),
        ("output?", "What output does Nanbeige4.1-3B produce? It produces text."),
        ("images?", "Does Nanbeige4.1-3B take images? No"),
        ("multimodal?", "Is Nanbeige4.1-3B multimodal? No"),
        (
            "context?",
            "What is the context window of Nanbeige4.1-3B? Its context window holds 256k tokens, ~384 A4 pages",
        ),
        ("open?", "Are the weights of Nanbeige4.1-3B open? Yes."),
        ("parameters?", "How many parameters does Nanbeige4.1-3B have? It has 3.93 billion parameters."),
        ("commercial?", "does it allow commercial use? The licence is Apache 2.0. Yes, it allows commercial use."),
        ("score?", "What does the score of Nanbeige4.1-3B mean? The Intelligence Index v4.0 is the weighted mean"),
        ("where?", "Where can Nanbeige4.1-3B be hosted or run? No API is known to sell it."),
    ],
)
def test_each_statement_of_the_published_page_is_found(text: str, published: str, ours: str) -> None:
    assert ours in text, published


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
        assert shown.cls is None or shown.cls.count
        assert all(len(line) <= 100 or "http" in line for line in plain.drawing(shown, 100).plain().splitlines())
        json.dumps(as_json.page(conn, row.slug))


def test_colour_changes_nothing_but_colour(program: Program) -> None:
    coloured = program("show", "nanbeige4.1-3b", "--color", "always").stdout
    assert coloured.startswith("\x1b[1mNanbeige4.1-3B\x1b[0m  ◆ reasoning")
    assert "\x1b[36m" in coloured, "the meters"
    assert re.sub(r"\x1b\[[\d;]+m", "", coloured) == program("show", "nanbeige4.1-3b").stdout


def test_an_unsteady_or_disturbed_measurement_says_so(conn: sqlite3.Connection) -> None:
    from aa_tui.catalog import runs as catalog_runs
    from aa_tui.pages import measured
    from aa_tui.runs import prepare

    run_id = prepare(conn, "aa-nano")
    run = catalog_runs.get(conn, run_id)
    catalog_runs.set_settings(conn, run_id, {"n_threads": 2, "load_1m_before": 0.3})
    catalog_runs.put_measurement(conn, run, "tg128", 100.0, "tokens/s", stdev=2.0, n=5)

    def caution() -> str:
        return measured.rows([catalog_runs.result_of(conn, catalog_runs.get(conn, run_id))])[0].caution

    assert caution() == ""
    catalog_runs.put_measurement(conn, run, "pp512", 100.0, "tokens/s", stdev=40.0, n=5)
    assert "pp512 differ by more than 10 %" in caution()
    catalog_runs.set_settings(conn, run_id, {"n_threads": 2, "load_1m_before": 3.0})
    assert "load 3.0" in caution()


def a_local_model(conn: sqlite3.Connection, **other: Any) -> str:
    from aa_tui.catalog import files

    facts: dict[str, Any] = {
        "name": "My own model",
        "creator": "unknown creator",
        "total_params_b": 3.2,
        "context_tokens": 4096,
        "license_name": None,
        "reasoning": False,
        "source_url": "own.gguf",
        "as_of": "2026-11-25",
    }
    files.add_local_model(conn, **{**facts, **other})
    return "my-own-model"


@pytest.mark.parametrize(
    "other", [{}, {"license_name": "mit", "reasoning": True, "creator": "Somebody"}, {"total_params_b": None}]
)
def test_nothing_is_said_of_what_nobody_looked_up(conn: sqlite3.Connection, other: dict[str, Any]) -> None:
    slug = a_local_model(conn, **other)
    words = " ".join(plain.drawing(page.load(conn, slug), 100).plain().split())
    for never in ("No API", "An API serves", "costs $", "Input price $", "Output price $", "not sold", "is published"):
        assert never not in words, never
    assert "This catalog has no published facts of it" in words
    assert "Who else hosts or sells it is not in this catalog." in words
    flat = as_json.model(models.resolve(conn, slug))
    assert flat["is_local"] is True
    money = [key for key in flat if "price" in key or "cost" in key]
    assert "blended_price_usd_per_m" in money
    assert all(flat[key] is None for key in money)
    shown = as_json.page(conn, slug)
    assert shown["is_local"] is True
    assert all(metric["value"] is None and metric["rank"] is None for metric in shown["metrics"].values())
    if shown["comparison_class"] is not None:
        assert slug not in shown["comparison_class"]["members"]
        assert "no published facts" in shown["comparison_class"]["explanation"]


def test_a_local_model_is_in_nobodys_class(conn: sqlite3.Connection) -> None:
    a_local_model(conn)
    cls = page.load(conn, "nanbeige4.1-3b").cls
    assert cls is not None
    assert cls.count == 43


def test_measured_figures_stand_beside_the_published_ones(conn: sqlite3.Connection, tmp_path: Any) -> None:
    from aa_tui.catalog import files
    from aa_tui.catalog import runs as catalog_runs
    from aa_tui.pages import measured

    row = next(row for row in models.all_models(conn) if row.open_weights and row.output_tps and row.ttft_s)
    for number, quant in enumerate(("Q4_K_M", "Q8_0")):
        file = files.put(
            conn,
            path=str(tmp_path / f"m-{quant}.gguf"),
            sha256=f"{number}" * 64,
            size_bytes=10**9,
            mtime_ns=1,
            quant=quant,
            architecture="llama",
            n_params=None,
            context_tokens=4096,
            name="m",
            metadata={},
        )
        files.link(conn, file.id, row.model_id)
        for _ in range(2):
            run_id = catalog_runs.create(conn, kind="speed", file=files.get(conn, file.id), settings={})
            run = catalog_runs.get(conn, run_id)
            for metric, value, unit in (("tg128", 40.0 + run_id, "tokens/s"), ("short.ttft_s", 0.5, "s")):
                catalog_runs.put_measurement(conn, run, metric, value, unit, n=5)
            catalog_runs.put_measurement(conn, run, "pp1024", 300.0, "tokens/s", stdev=2.0, n=5)
    shown = page.load(conn, row.slug)
    rows = measured.rows(shown.measured_here)
    assert [[one.run_id for one in group] for group in measured.groups(rows)] == [[4, 3], [2, 1]]
    assert rows[0].others == "pp1024 300.0 ± 2.0"
    speed, ttft = measured.beside(shown.measured_here, row)
    assert speed.words == f"44.0 tokens/s here, {round(row.output_tps or 0)} tokens/s as published"
    assert "o200k_base" in speed.difference
    assert ttft.here == "0.50 s"
    words = " ".join(plain.drawing(shown, 100).plain().split())
    assert speed.words in words
    assert "sha256 " + "0" * 64 in words
    assert [one["sha256"] for one in as_json.page(conn, row.slug)["files"]] == ["0" * 64, "1" * 64]


def test_a_local_model_answers_every_question_that_only_publishing_can(conn: sqlite3.Connection) -> None:
    """By the questions' keys: with other words a published answer would be shown for a file of one's own."""
    model = models.resolve(conn, a_local_model(conn))
    published, own = {one.key: one for one in faq(model, None)}, local.questions(model)
    assert published.keys() == set(get_args(Key))
    assert [one.key for one in own] == [key for key in published if key not in ("released", "tokens", "providers")]
    assert all(one.question == published[one.key].question for one in own)
    same = {one.key for one in own if one.answer == published[one.key].answer}
    assert same == {"context", "parameters"}, "a file tells these"
