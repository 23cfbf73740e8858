"""Pages and models as plain values with stable keys: what `--json` prints. docs/json.md documents them."""

from __future__ import annotations

import sqlite3
from typing import Any

from aa_tui.analysis import untold
from aa_tui.catalog.index_versions import DEPENDENT
from aa_tui.catalog.offers import PastRow
from aa_tui.catalog.rows import ModelRow
from aa_tui.pages.json import study as study_json
from aa_tui.pages.json.run import bench, gguf

_APART = frozenset({"id", "model_id", "untold", "input_modalities", "output_modalities"})
_MODEL_KEYS = tuple(name for name in ModelRow._fields if name not in _APART)


def model(row: ModelRow) -> dict[str, Any]:
    """One line of the leaderboard, flat."""
    flat = {key: getattr(row, key) for key in _MODEL_KEYS}
    flat |= {"reasoning": untold.reasoning(row), "open_weights": untold.open_weights(row)}
    flat["input_modalities"] = ";".join(row.input_modalities)
    flat["output_modalities"] = ";".join(row.output_modalities)
    return flat


def page(conn: sqlite3.Connection, name: str) -> dict[str, Any]:
    """A whole page. Raises `UnknownModelError`."""
    from aa_tui.analysis import METRICS, context_pages
    from aa_tui.catalog import elsewhere as catalog_elsewhere
    from aa_tui.catalog import models
    from aa_tui.catalog import runs as catalog_runs
    from aa_tui.pages.classes import members_filter
    from aa_tui.pages.json import elsewhere as elsewhere_json
    from aa_tui.pages.json import local_evaluations as evaluations_json
    from aa_tui.pages.links import links_of
    from aa_tui.pages.page import load

    shown = load(conn, name)
    row = shown.model
    metrics = {}
    for metric, place in shown.standings.items():
        source = shown.published.get(metric) or (_price_source(shown.published) if "price" in metric else None)
        metrics[metric] = {
            "value": place.value,
            "unit": METRICS[metric].unit,
            "class_median": place.class_median,
            "rank": place.rank,
            "of": place.of,
            "meter": place.meter,
            "phrase": place.phrase,
            "source": source.source_name if source else None,
            "url": source.source_url if source else None,
            "as_of": source.as_of if source else None,
            "index_version": source.index_version if source else None,
            "is_estimate": source.is_estimate if source else None,
        }
    return {
        "slug": row.slug,
        "name": row.name,
        "creator": row.creator,
        "release_date": row.release_date,
        "reasoning": untold.reasoning(row),
        "open_weights": untold.open_weights(row),
        "input_modalities": list(row.input_modalities),
        "output_modalities": list(row.output_modalities),
        "context_tokens": row.context_tokens,
        "context_pages": context_pages(row.context_tokens) if row.context_tokens else None,
        "total_params_b": row.total_params_b,
        "active_params_b": row.active_params_b,
        "license": row.license,
        "weights_url": row.weights_url,
        "links": [{"label": one.label, "url": one.url} for one in links_of(row)],
        "is_local": row.is_local,
        "as_of": row.as_of,
        "comparison_class": {
            "key": shown.cls.key,
            "name": shown.cls.name,
            "explanation": shown.cls.explanation,
            "members": models.slugs(conn, where) if (where := members_filter(row)) else [],
        }
        if shown.cls
        else None,
        "metrics": metrics,
        "summary": shown.summary,
        "faq": [{"question": one.question, "answer": one.answer} for one in shown.faq],
        "measured_elsewhere": [elsewhere_json.as_json(one) for one in catalog_elsewhere.listing(conn, row.model_id)],
        "measured_here": [
            bench(one, catalog_runs.samples(conn, one.run.id)) for one in shown.measured_here if one.run.kind == "speed"
        ],
        "evaluations_here": evaluations_json.as_json(shown.measured_here),
        "runs_elsewhere": [
            bench(one, catalog_runs.samples(conn, one.run.id))
            for one in shown.measured_on_others
            if one.run.kind == "speed"
        ],
        "studies": [study_json.as_json(one.run, one.report) for one in shown.studied],
        "evaluations_elsewhere": evaluations_json.as_json(shown.measured_on_others),
        "files": [gguf(file) for file in shown.files],
        "sources": shown.sources,
        "history": [_past(one, row.index_version) for one in shown.history],
    }


def _past(one: PastRow, shown: str | None) -> dict[str, Any]:
    """What one table says of the index. Every metric has its key, which is null where nothing is published."""
    return {
        "as_of": one.as_of,
        "index_version": one.index_version or None,
        "is_shown": one.index_version == (shown or ""),
        "is_estimate": one.is_estimate,
        "source": one.source_name,
        "url": one.source_url,
        **{metric: one.figures.get(metric) for metric in DEPENDENT},
    }


def _price_source(published: dict[str, Any]) -> Any:
    """A blended price is made of the two, and says so by their source."""
    return published.get("price_out_usd_per_m")
