"""models.dev: what each provider asks for a model, whose weights are open, and benchmarks with their sources.

`api.json` holds the offers by provider, `models.json` what is true of a model wherever it runs (MIT licence).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from aa_tui.catalog.metric_names import CLAIMED
from aa_tui.sources import fields
from aa_tui.sources.matching import Outside
from aa_tui.sources.values import Answer, Figure, Offer, Told

NAME = "models.dev"
SITE = "https://models.dev/"

_PACKED = re.compile(r"fp8|fp4|nvfp4|[2468]bit|awq|gptq|q[2-8]_|int[48]", re.IGNORECASE)
_MOST_CONTEXT = 1 << 30


def answer(offers: Any, models: Any = None) -> Answer:
    """The offers, and what is told of models where that was asked for too. Raises SourceError."""
    told: list[Told] = []
    skipped: Counter[str] = Counter()
    providers = fields.typed(NAME, offers, "answer", dict)
    n_models = 0
    for key, found in providers.items():
        provider = fields.typed(NAME, found, "provider", dict)
        name = fields.text(NAME, provider, "name") or fields.text(NAME, {"id": key}, "id")
        listed = fields.mapping(NAME, provider, "models")
        n_models += len(listed)
        fields.check_number(NAME, n_models)
        if not fields.is_name(name):
            skipped["a provider without a name that can be shown"] += 1
            continue
        for model in listed.values():
            row = fields.typed(NAME, model, "models", dict)
            if (one := _offer(row, name, fields.text(NAME, provider, "id"), skipped)) is not None:
                told.append(one)
    told.extend(_models(models, skipped))
    return Answer(NAME, SITE, tuple(told), skipped=skipped)


def _offer(row: Mapping[str, Any], provider: str, provider_id: str, skipped: Counter[str]) -> Told | None:
    id_, name = fields.text(NAME, row, "id"), fields.text(NAME, row, "name")
    fields.flag(NAME, row, "reasoning")
    fields.flag(NAME, row, "open_weights")
    context = fields.number(NAME, fields.mapping(NAME, row, "limit"), "context", "limit.")
    cost = fields.mapping(NAME, row, "cost")
    price_in, price_out = (fields.number(NAME, cost, key, "cost.") for key in ("input", "output"))
    if not (fields.is_name(id_) and fields.is_name(name)):
        skipped["a model without a name that can be shown"] += 1
        return None
    if price_in is None or price_out is None or not (price_in or price_out):
        skipped["an offer without a price of tokens"] += 1
        return None
    if not (fields.is_price(price_in) and fields.is_price(price_out)):
        skipped["an offer whose price cannot be"] += 1
        return None
    tokens = int(context) if context and 0 < context <= _MOST_CONTEXT else None
    rank = (bool(fields.IS_SPECIAL.search(id_)) + bool(_PACKED.search(id_)), len(id_), id_)
    offer = Offer(provider, price_in, price_out, tokens, rank)
    return Told(Outside(id_, name, provider=provider_id, is_served=True), offer=offer)


def _models(value: Any, skipped: Counter[str]) -> Iterator[Told]:
    if value is None:
        return
    body = fields.typed(NAME, value, "list of models", dict)
    listed = fields.mapping(NAME, body, "models") if isinstance(body.get("models"), dict) else body
    fields.check_number(NAME, len(listed))
    for key, found in listed.items():
        row = fields.typed(NAME, found, "models", dict)
        id_ = fields.text(NAME, row, "id") or fields.text(NAME, {"id": key}, "id")
        name = fields.text(NAME, row, "name")
        if not (fields.is_name(id_) and fields.is_name(name)):
            skipped["a model without a name that can be shown"] += 1
            continue
        is_open = fields.flag(NAME, row, "open_weights")
        if is_open:
            yield Told(Outside(id_, name, is_served=True), is_open=True)
        benchmarks = row.get("benchmarks")
        figures = _benchmarks([] if benchmarks is None else fields.typed(NAME, benchmarks, "benchmarks", list), skipped)
        if figures:
            yield Told(Outside(id_, name), figures)


def _benchmarks(found: list[Any], skipped: Counter[str]) -> tuple[Figure, ...]:
    """Scores as the model's lab or others claim them, each with its own source and date."""
    figures = {}
    for one in found:
        row = fields.typed(NAME, one, "benchmarks", dict)
        parts = [fields.text(NAME, row, key) for key in ("name", "version", "variant", "harness")]
        score = fields.number(NAME, row, "score")
        unit = fields.text(NAME, row, "metric").lower()
        word = fields.metric_word(" ".join(filter(None, parts)))
        if not word or score is None or not 1 < score <= 100 or any(name in unit for name in ("elo", "usd", "rating")):
            skipped["a score that may be a share, a rating or a percentage"] += 1
            continue
        url = fields.text(NAME, row, "source")
        figures[word] = Figure(
            CLAIMED + word,
            score,
            "%",
            source_url=url if url.startswith("https://") and len(url) <= 300 else SITE,
            as_of=fields.day(fields.text(NAME, row, "date")) or "",
        )
    return tuple(figures.values())
