"""Whose an outside name is: what certainly matches, and above all what does not."""

from __future__ import annotations

import csv
import json

import pytest
from tests.support.datasets import DATASETS

from aa_tui.catalog.facts import FACTS_FILE
from aa_tui.sources.matching import Ambiguous, Known, Match, Matcher, NoMatch, Outside, hub_repository, offered
from aa_tui.sources.naming import read

KNOWN = [
    ("qwen3-4b", "Qwen3 4B (Non-reasoning)", "Alibaba", False, "2025-04-28"),
    ("qwen3-4b-reasoning", "Qwen3 4B (Reasoning)", "Alibaba", True, "2025-04-28"),
    ("qwen3-4b-2507-instruct", "Qwen3 4B 2507 Instruct", "Alibaba", False, "2025-08-06"),
    ("qwen3-4b-2507-reasoning", "Qwen3 4B 2507 (Reasoning)", "Alibaba", True, "2025-08-06"),
    ("qwen3-8b", "Qwen3 8B (Reasoning)", "Alibaba", True, "2025-04-28"),
    ("qwen3-0.6b", "Qwen3 0.6B (Reasoning)", "Alibaba", True, "2025-04-28"),
    ("qwen3-5-0-8b", "Qwen3.5 0.8B (Reasoning)", "Alibaba", True, "2026-03-02"),
    ("qwen3-next-80b-a3b", "Qwen3 Next 80B A3B Instruct", "Alibaba", False, "2025-09-11"),
    ("qwen3-max", "Qwen3 Max", "Alibaba", False, "2025-09-23"),
    ("gemma-3-4b", "Gemma 3 4B Instruct", "Google", False, "2025-03-12"),
    ("gemma-3n-e4b", "Gemma 3n E4B Instruct", "Google", False, "2025-06-26"),
    ("llama-3-1-8b", "Llama 3.1 Instruct 8B", "Meta", False, "2024-07-23"),
    ("llama-3-2-3b", "Llama 3.2 Instruct 3B", "Meta", False, "2024-09-25"),
    ("deepseek-r1", "DeepSeek R1 0528 (May '25)", "DeepSeek", True, "2025-05-28"),
    ("deepseek-r1-0120", "DeepSeek R1 (Jan '25)", "DeepSeek", True, "2025-01-20"),
    ("r1-distill-qwen-1-5b", "DeepSeek R1 Distill Qwen 1.5B", "DeepSeek", True, "2025-01-20"),
    ("r1-distill-llama-8b", "DeepSeek R1 Distill Llama 8B", "DeepSeek", True, "2025-01-20"),
    ("deepseek-v3", "DeepSeek V3 (Dec '24)", "DeepSeek", False, "2024-12-26"),
    ("deepseek-v3-1", "DeepSeek V3.1 (Non-reasoning)", "DeepSeek", False, "2025-08-21"),
    ("deepseek-v3-2", "DeepSeek V3.2 (Non-reasoning)", "DeepSeek", False, "2025-12-01"),
    ("deepseek-v3-2-exp", "DeepSeek V3.2 Exp (Non-reasoning)", "DeepSeek", False, "2025-09-29"),
    ("gpt-5-mini", "GPT-5 mini (high)", "OpenAI", True, "2025-08-07"),
    ("gpt-5-nano", "GPT-5 nano (high)", "OpenAI", True, "2025-08-07"),
    ("gpt-5-nano-medium", "GPT-5 nano (medium)", "OpenAI", True, "2025-08-07"),
    ("gpt-4o-aug", "GPT-4o (Aug '24)", "OpenAI", False, "2024-08-06"),
    ("gpt-4o-mini", "GPT-4o mini", "OpenAI", False, "2024-07-18"),
    ("gemini-3-1-pro", "Gemini 3.1 Pro Preview", "Google", True, "2026-02-19"),
    ("kimi-k2", "Kimi K2", "Kimi", False, "2025-07-11"),
    ("kimi-k2-0905", "Kimi K2 0905", "Kimi", False, "2025-09-05"),
    ("kimi-k2-thinking", "Kimi K2 Thinking", "Kimi", True, "2025-11-06"),
    ("phi-4", "Phi-4", "Microsoft", False, "2024-12-12"),
    ("phi-4-mini", "Phi-4 Mini Instruct", "Microsoft", False, "2024-02-26"),
    ("magistral-small", "Magistral Small 1.2", "Mistral", True, "2025-09-17"),
    ("claude-sonnet-4-5", "Claude 4.5 Sonnet (Non-reasoning)", "Anthropic", False, "2025-09-29"),
    ("claude-sonnet-4-5-thinking", "Claude 4.5 Sonnet (Reasoning)", "Anthropic", True, "2025-09-29"),
    ("lfm2-2-6b", "LFM2 2.6B", "Liquid AI", False, "2025-09-23"),
    ("lfm2-5-1-2b-instruct", "LFM2.5-1.2B-Instruct", "Liquid AI", False, "2026-01-05"),
    ("granite-4-1b", "Granite 4.0 1B", "IBM", False, "2025-10-28"),
    ("granite-4-h-1b", "Granite 4.0 H 1B", "IBM", False, "2025-10-28"),
]

MATCHER = Matcher(Known(*row) for row in KNOWN)


@pytest.mark.parametrize(
    ("outside", "slugs"),
    [
        ("qwen/qwen3-4b:free", {"qwen3-4b", "qwen3-4b-reasoning"}),
        ("qwen/qwen3-4b-thinking-2507", {"qwen3-4b-2507-reasoning"}),
        ("Qwen/Qwen3-4B-Instruct-2507", {"qwen3-4b-2507-instruct"}),
        ("Qwen/Qwen3-4B-Instruct-2507-FP8", {"qwen3-4b-2507-instruct"}),
        ("qwen3-5-0-8b", {"qwen3-5-0-8b"}),
        ("google/gemma-3-4b-it", {"gemma-3-4b"}),
        ("google/gemma-3n-e4b-it", {"gemma-3n-e4b"}),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", {"llama-3-1-8b"}),
        ("meta-llama/llama-3.2-3b-instruct", {"llama-3-2-3b"}),
        ("deepseek/deepseek-r1-0528", {"deepseek-r1"}),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", {"r1-distill-llama-8b"}),
        ("deepseek/deepseek-v3.1", {"deepseek-v3-1"}),
        ("deepseek/deepseek-v3.2-exp", {"deepseek-v3-2-exp"}),
        ("openai/gpt-5-mini", {"gpt-5-mini"}),
        ("gpt-5-nano-2025-08-07", {"gpt-5-nano", "gpt-5-nano-medium"}),
        ("gpt-4o-2024-08-06", {"gpt-4o-aug"}),
        ("openai/gpt-4o-mini", {"gpt-4o-mini"}),
        ("moonshotai/Kimi-K2-Instruct-0905", {"kimi-k2-0905"}),
        ("moonshotai/kimi-k2", {"kimi-k2"}),
        ("moonshotai/kimi-k2-thinking", {"kimi-k2-thinking"}),
        ("mistralai/magistral-small-2509", {"magistral-small"}),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", {"claude-sonnet-4-5", "claude-sonnet-4-5-thinking"}),
        ("claude-sonnet-4.5-thinking", {"claude-sonnet-4-5-thinking"}),
        ("ibm/granite-4.0-h-1b", {"granite-4-h-1b"}),
    ],
)
def test_ids_of_gateways_are_offers_of_the_model_they_name(outside: str, slugs: set[str]) -> None:
    assert set(offered(MATCHER.match(Outside(id=outside, is_served=True)))) == slugs


@pytest.mark.parametrize(
    "outside",
    [
        "qwen3-4b-2508",  # a date nobody knows
        "qwen3-6b",  # nor 0.6B
        "qwen3-80b",  # nor 8B
        "qwen3-8b-80b",
        "qwen3-max-2026-01-23",  # another date than that of the known one
        "gemma-3-4b-it-abliterated",
        "gemma-3n-4b",
        "gemma-4-3b",
        "llama-3.3-8b-instruct",
        "llama-3.1-80b-instruct",
        "deepseek-r1-distill-qwen-15b",
        "deepseek-r1-distill-llama-70b",
        "deepseek-v3.2-speciale",
        "deepseek-v31",
        "gpt-5",
        "gpt-5-chat-latest",
        "gpt-4o",  # of three dates, of which one is known
        "deepseek-r1",
        "deepseek-v3",
        "gemini-3.1-pro",  # no preview
        "gemini-3.1-flash-preview",
        "phi-4-reasoning",
        "phi-4-mini-reasoning",
        "claude-sonnet-4.6",
        "claude-4-5-haiku",
        "lfm2-6b",
        "lfm2.5-1.2b-thinking",
        "granite-4.1-1b",
        "kimi-k2-0711-instant",
        "mistral-small-latest",
        "",
        "///",
        "🙂",
        "a" * 100_000,
    ],
)
def test_a_name_that_is_near_matches_nothing(outside: str) -> None:
    result = MATCHER.match(Outside(id=outside, is_served=True))
    assert offered(result) == ()
    assert not isinstance(result, Match)
    assert result.reason.endswith(".")


def test_what_matches_only_as_an_offer_is_ambiguous_as_a_figure() -> None:
    result = MATCHER.match(Outside(id="qwen/qwen3-4b"))
    assert isinstance(result, Ambiguous)
    assert result.slugs == ("qwen3-4b", "qwen3-4b-reasoning")
    assert result.is_one_model
    two_models = MATCHER.match(Outside(id="qwen3-4b-2507", is_served=True))
    assert isinstance(two_models, Ambiguous)
    assert not two_models.is_one_model
    base = MATCHER.match(Outside(id="meta-llama/Llama-3.2-3B"))
    assert not isinstance(base, Match)  # the base model, which nobody knows


@pytest.mark.parametrize(
    ("id_", "name", "slug"),
    [
        ("databricks-gpt-5-mini", "GPT-5 mini", "gpt-5-mini"),
        ("deepseek-r1-distill-qwen-1-5b", "DeepSeek R1 Distill Qwen 1.5B", "r1-distill-qwen-1-5b"),
        ("openai-gpt-4o-mini", "OpenAI: GPT-4o-mini", "gpt-4o-mini"),
        ("kimi-k2", "Kimi K2 Instruct", "kimi-k2"),
        ("qwen3-max", "Qwen: Qwen3 Max", "qwen3-max"),
    ],
)
def test_an_id_and_a_name_that_agree_match(id_: str, name: str, slug: str) -> None:
    assert offered(MATCHER.match(Outside(id_, name, provider="databricks", is_served=True))) == (slug,)


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("qwen3-max-2026-01-23", "Qwen3 Max"),
        ("llama-3.2-8b-instruct", "Llama 3.1 8B Instruct"),
        ("r1-distill-llama-70b", "DeepSeek R1 Distill Llama 8B"),
        ("phi-4-mini-reasoning", "Phi-4 Mini Instruct"),
        ("kimi-k2-0905", "Kimi K2 0711"),
        ("gpt-5-mini-fast", "GPT-5 mini"),
        ("claude-sonnet-4.5", "Claude Sonnet 4.5 (20% off)"),
        ("claude-sonnet-4", "Claude Sonnet 4.5"),
        ("gpt-4o-mini", "GPT-5 mini"),
    ],
)
def test_an_id_and_a_name_that_disagree_match_nothing(id_: str, name: str) -> None:
    assert offered(MATCHER.match(Outside(id_, name, is_served=True))) == ()


def test_a_name_of_another_creator_matches_nothing() -> None:
    result = MATCHER.match(Outside(name="Phi-4", creator="Somebody Else"))
    assert result == NoMatch("A model of this name is known of another creator.")
    assert MATCHER.match(Outside(name="Phi-4", creator="Microsoft")) == Match("phi-4", "name")


def test_weights_on_the_hub_are_whose_they_are() -> None:
    url = "https://huggingface.co/Qwen/Qwen3-4B"
    known = [Known("plain", "Q", "A", False, None, url), Known("thinks", "Q (Reasoning)", "A", True, None, url)]
    matcher = Matcher(known)
    assert hub_repository(f"{url}/tree/main") == "Qwen/Qwen3-4B"
    assert matcher.match_weights("qwen/qwen3-4b", reasoning=True) == Match("thinks", "weights")
    assert isinstance(matcher.match_weights("Qwen/Qwen3-4B"), Ambiguous)
    assert isinstance(matcher.match_weights("Qwen/Qwen3-4B-Base"), NoMatch)


def test_the_catalogs_own_names_match_themselves() -> None:
    known = _shipped()
    matcher = Matcher(known)
    for one in known:
        assert matcher.match(Outside(name=one.name, creator=one.creator)) == Match(one.slug, "name")


_LLMS, _OFFERS = (DATASETS.parent / "catalog" / name for name in ("aa_api_llms.json", "models_dev_api.json"))


@pytest.mark.skipif(not _OFFERS.exists(), reason="the sources' recorded answers are not part of the project")
def test_no_offer_of_recorded_answers_is_matched_to_another_size() -> None:
    known = {one.slug: one for one in _shipped()}
    for row in json.loads(_LLMS.read_text(encoding="utf-8"))["data"]:
        slug = f"recorded-{row['slug']}"
        known[slug] = Known(slug, row["name"], row["model_creator"]["name"], "(Reasoning" in row["name"])
    matcher = Matcher(known.values())
    n_matched = 0
    for provider in json.loads(_OFFERS.read_text(encoding="utf-8")).values():
        for model in provider["models"].values():
            result = matcher.match(Outside(model["id"], model["name"], provider=provider["id"], is_served=True))
            told = {size for text in (model["id"].rpartition("/")[2], model["name"]) for size in _sizes(text)}
            for slug in offered(result):
                n_matched += 1
                sizes = _sizes(known[slug].name)
                assert not told or not sizes or sizes & told, (model["id"], model["name"], known[slug].name)
    assert n_matched > 1_000


def _sizes(text: str) -> set[tuple[str, float]]:
    name = read(text)
    return set(name.sizes) if name is not None else set()


def _shipped() -> list[Known]:
    with FACTS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Known(
            row["slug"], row["name"], row["creator"], row["reasoning"] == "yes", row["release_date"], row["weights_url"]
        )
        for row in rows
    ]
