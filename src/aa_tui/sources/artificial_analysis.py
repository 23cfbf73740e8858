"""Artificial Analysis' API: every model that they measure, its index, evaluations, prices and speeds.

Two answers are known: the older `/api/v2/data/llms/models`, which is one list and does not say of which index version
it is, and `/api/v2/language/models/free?page=N`, which is paged and does. Both were read from recorded answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.catalog.metric_names import PUBLISHED
from aa_tui.sources import fields
from aa_tui.sources.matching import Outside
from aa_tui.sources.naming import read
from aa_tui.sources.values import Answer, Figure, New, Told

NAME = "Artificial Analysis"
SITE = "https://artificialanalysis.ai/"
"""What their terms want named with every figure."""

LLMS_VERSION = "v4.1"
"""The index version of the older answer, which does not tell: that of the day when it was last looked at."""

_INDEXES = {
    "artificial_analysis_intelligence_index": "intelligence_index",
    "artificial_analysis_coding_index": "coding_index",
    "artificial_analysis_math_index": "math_index",
    "artificial_analysis_agentic_index": "agentic_index",
}
_PRICES = {"price_1m_input_tokens": "price_in_usd_per_m", "price_1m_output_tokens": "price_out_usd_per_m"}
_SPEEDS = {
    "median_output_tokens_per_second": ("output_tps", "tokens/s", 100_000.0),
    "median_time_to_first_token_seconds": ("ttft_s", "s", 3_600.0),
    "median_time_to_first_answer_token": ("ttfat_s", "s", 36_000.0),
    "median_end_to_end_response_time_seconds": ("e2e_s", "s", 36_000.0),
}
_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_VERSION = re.compile(r"v?\d{1,3}(\.\d{1,3}){0,2}")


def answer(pages: Sequence[Any], index_version: str = "") -> Answer:
    """All pages of an answer as one. `index_version` counts where they name none. Raises SourceError."""
    told: dict[str, Told] = {}
    skipped: Counter[str] = Counter()
    versions = set()
    for page in pages:
        body = fields.typed(NAME, page, "answer", dict)
        versions.add(version_of(body))
        for row in fields.rows(NAME, body.get("data"), "data"):
            one = _told(fields.typed(NAME, row, "list of models", dict), skipped)
            if one is None:
                continue
            if one.outside.name in told:
                skipped["a model that is there twice"] += 1
                continue
            told[one.outside.name] = one
    fields.check_number(NAME, len(told))
    version = next(iter(versions - {""}), "")
    notes: tuple[str, ...] = ()
    if not version:
        version = index_version or LLMS_VERSION
        how = "as you said" if index_version else "as it was when this aa-tui was made; --index-version names another"
        notes = (f"The answer does not say of which version its index is: it is taken for {version}, {how}.",)
    return Answer(NAME, SITE, tuple(told.values()), index_version=version, skipped=skipped, notes=notes)


def version_of(body: Mapping[str, Any]) -> str:
    """The index version that an answer names, as the catalog writes it: "v4.1"."""
    found = body.get("intelligence_index_version")
    if isinstance(found, int | float) and not isinstance(found, bool):
        found = f"{found:g}"
    if found is None:
        return ""
    said: str = fields.typed(NAME, found, "intelligence_index_version", str).strip().lower()
    if not _VERSION.fullmatch(said):
        raise fields.changed(NAME, "intelligence_index_version", said, "a version such as 4.1")
    return said if said.startswith("v") else f"v{said}"


def n_pages(body: Any) -> int:
    """How many pages there are. Raises SourceError."""
    pagination = fields.mapping(NAME, fields.typed(NAME, body, "answer", dict), "pagination")
    total = fields.number(NAME, pagination, "total_pages", "pagination.")
    return 1 if total is None or not 1 <= total <= 1_000 else int(total)


def _told(row: Mapping[str, Any], skipped: Counter[str]) -> Told | None:
    name = fields.text(NAME, row, "name")
    creator = fields.text(NAME, fields.mapping(NAME, row, "model_creator"), "name", "model_creator.")
    slug = fields.text(NAME, row, "slug").lower()
    figures = _figures(row, skipped)
    if not fields.is_name(name) or not fields.is_name(creator) or read(name) is None:
        skipped["a model without a name that can be shown"] += 1
        return None
    new = New(
        slug if _SLUG.fullmatch(slug) else "",
        name,
        creator,
        fields.day(fields.text(NAME, row, "release_date")),
        _reasoning(name, {one.metric: one.value for one in figures}),
    )
    return Told(Outside(name=name, creator=creator), figures, new=new, reasoning=new.reasoning)


def _figures(row: Mapping[str, Any], skipped: Counter[str]) -> tuple[Figure, ...]:
    found: list[Figure] = []

    def put(figure: Figure, *, is_fine: bool) -> None:
        if is_fine:
            found.append(figure)
        else:
            skipped["a figure that cannot be"] += 1

    evaluations = fields.mapping(NAME, row, "evaluations")
    for key in evaluations:
        value = fields.number(NAME, evaluations, key, "evaluations.")
        if value is None:
            continue
        if key in _INDEXES:
            put(Figure(_INDEXES[key], value, "index", is_of_index=True), is_fine=0 <= value <= 100)
        elif word := fields.metric_word(key):
            put(Figure(PUBLISHED + word, round(100 * value, 6), "%"), is_fine=0 <= value <= 1)
    pricing = fields.mapping(NAME, row, "pricing")
    prices = {metric: fields.number(NAME, pricing, key, "pricing.") for key, metric in _PRICES.items()}
    if any(prices.values()):  # 0 and 0: nobody sells it by the token
        for metric, price in prices.items():
            if price is not None:
                put(Figure(metric, price, "USD/1M tokens"), is_fine=fields.is_price(price))
    speeds = {**row, **fields.mapping(NAME, row, "performance")}
    for key, (metric, unit, most) in _SPEEDS.items():
        value = fields.number(NAME, speeds, key)
        if value:  # 0 is how they write that it was not measured
            put(Figure(metric, value, unit), is_fine=0 < value <= most)
    cost = row.get("artificial_analysis_intelligence_index_cost")
    if isinstance(cost, int | float) and not isinstance(cost, bool) and cost > 0:
        put(Figure("cost_to_run_usd", float(cost), "USD", is_of_index=True), is_fine=cost < 1e7)
    return tuple(found)


def _reasoning(name: str, figures: Mapping[str, float]) -> bool | None:
    """Whether it reasons, as far as they tell: by the mode in its name, or by tokens between the first and the answer's
    first. The names of efforts tell it too, but for "minimal"."""
    parts = read(name)
    if parts is not None and parts.mode:
        return parts.mode == "reasoning"
    if parts is not None and parts.effort and parts.effort != "minimal":
        return True
    first, answers = figures.get("ttft_s"), figures.get("ttfat_s")
    return True if first and answers and answers > 1.01 * first else None
