"""OpenRouter: what its own offers ask, and accuracies of benchmarks that it runs itself (CC BY 4.0).

Prices are texts in USD per token. `/api/v1/benchmarks` wants a key; the daily export of the same results does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from aa_tui.catalog.metric_names import PUBLISHED
from aa_tui.sources import fields
from aa_tui.sources.matching import Outside
from aa_tui.sources.values import Answer, Figure, Offer, Told

NAME = "OpenRouter"
SITE = "https://openrouter.ai/"
BENCHMARKS_SITE = "https://openrouter.ai/benchmarks"

_EVALUATIONS = {"gpqa_diamond": "gpqa", "tau2_bench_airline": "tau2_airline"}
"""What the catalog calls those that are the same."""


def answer(models: Any, benchmarks: Any = None, export: Any = None) -> Answer:
    """The offers, and the accuracies of whichever of the two was asked for. Raises SourceError."""
    skipped: Counter[str] = Counter()
    told: list[Told] = []
    body = fields.typed(NAME, models, "answer", dict)
    for row in fields.rows(NAME, body.get("data"), "data"):
        if (one := _offer(fields.typed(NAME, row, "data", dict), skipped)) is not None:
            told.append(one)
    scores: dict[tuple[str, str], dict[str, Figure]] = {}
    as_of = ""
    for value, key in ((export, "rows"), (benchmarks, "data")):
        if value is None:
            continue
        found = fields.typed(NAME, value, "benchmarks", dict)
        listed = found.get(key) if key in found else found.get("data")
        meta = fields.mapping(NAME, found, "meta")
        as_of = fields.day(fields.text(NAME, meta, "as_of") or fields.text(NAME, found, "snapshot_date")) or ""
        for row in fields.rows(NAME, listed, f"benchmarks' {key}"):
            _note_score(fields.typed(NAME, row, "benchmarks", dict), as_of, scores, skipped)
    for (model, name), figures in scores.items():
        told.append(Told(Outside(model, name), tuple(figures.values())))
    return Answer(NAME, SITE, tuple(told), skipped=skipped)


def newest_date(value: Any) -> str:
    """The date that an answer gives itself; empty where it gives none. Raises SourceError."""
    found = fields.typed(NAME, value, "benchmarks", dict)
    meta = fields.mapping(NAME, found, "meta")
    return fields.day(fields.text(NAME, meta, "as_of") or fields.text(NAME, found, "snapshot_date")) or ""


def _offer(row: Mapping[str, Any], skipped: Counter[str]) -> Told | None:
    id_, name = fields.text(NAME, row, "id"), fields.text(NAME, row, "name")
    pricing = fields.mapping(NAME, row, "pricing")
    prices = [_price(pricing, key) for key in ("prompt", "completion")]
    context = fields.number(NAME, row, "context_length")
    if not (fields.is_name(id_) and fields.is_name(name)):
        skipped["a model without a name that can be shown"] += 1
        return None
    price_in, price_out = prices
    if price_in is None or price_out is None or not (price_in or price_out):
        skipped["an offer without a price of tokens"] += 1
        return None
    if not (fields.is_price(price_in) and fields.is_price(price_out)):
        skipped["an offer whose price cannot be"] += 1
        return None
    tokens = int(context) if context and 0 < context <= 1 << 30 else None
    rank = (int(fields.IS_SPECIAL.search(id_) is not None), len(id_), id_)
    return Told(Outside(id_, name, is_served=True), offer=Offer(NAME, price_in, price_out, tokens, rank))


def _price(pricing: Mapping[str, Any], key: str) -> float | None:
    """USD per million tokens of a text in USD per token; None where there is none, or it varies (-1)."""
    said = fields.text(NAME, pricing, key, "pricing.")
    if not said:
        return None
    try:
        found = float(said)
    except ValueError:
        raise fields.changed(NAME, f"pricing.{key}", said, "a number in a text") from None
    return None if found == -1 else round(found * 1e6, 6)


def _note_score(
    row: Mapping[str, Any],
    as_of: str,
    scores: dict[tuple[str, str], dict[str, Figure]],
    skipped: Counter[str],
) -> None:
    source = fields.text(NAME, row, "source") or "openrouter"
    if source != "openrouter":
        # Artificial Analysis' index comes without its version here, so that it could be mixed with another's.
        skipped["an index without its version, or an arena's rating"] += 1
        return
    model = fields.text(NAME, row, "model_permaslug") or fields.text(NAME, row, "model")
    name = fields.text(NAME, row, "display_name") or fields.text(NAME, row, "model_name")
    benchmark = fields.text(NAME, row, "benchmark_type") or fields.text(NAME, row, "benchmark")
    accuracy = fields.number(NAME, row, "accuracy")
    word = fields.metric_word(benchmark)
    if not word or accuracy is None or not 0 <= accuracy <= 1 or not fields.is_name(model):
        skipped["an accuracy that cannot be"] += 1
        return
    own = scores.setdefault((model, name), {})
    metric = PUBLISHED + _EVALUATIONS.get(word, word)
    if metric in own:
        skipped["the same model at another provider"] += 1
        return
    day = fields.day(fields.text(NAME, row, "last_run_timestamp")) or as_of
    own[metric] = Figure(metric, round(100 * accuracy, 6), "%", source_url=BENCHMARKS_SITE, as_of=day)
