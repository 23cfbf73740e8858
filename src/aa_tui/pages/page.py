"""Put a page together from the catalog and the analysis."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aa_tui.analysis import (
    CommercialUse,
    ComparisonClass,
    Question,
    Standing,
    display,
    faq,
    licence,
    standing,
    summary,
)
from aa_tui.catalog import files, models, offers, runs
from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED
from aa_tui.catalog.rows import FileRow, LocalResult, MeasurementRow, ModelRow
from aa_tui.pages import local
from aa_tui.pages.classes import Classes

STANDINGS = (
    "intelligence_index",
    "index_output_tokens_m",
    "price_in_usd_per_m",
    "price_out_usd_per_m",
    "blended_price_usd_per_m",
    "output_tps",
    "ttft_s",
    "ttfat_s",
    "e2e_s",
    "cost_to_run_usd",
    "openness_index",
)
"""The metrics that are compared within the class, in the page's order."""


LICENCE = "Licence"
"""The label of the licence among the facts."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that a model's page shows. `standings` has every metric, also those without a value of this model."""

    model: ModelRow
    cls: ComparisonClass | None
    standings: dict[str, Standing]
    published: dict[str, MeasurementRow]
    facts: list[tuple[str, str]]
    summary: list[str]
    faq: list[Question]
    measured_here: list[LocalResult]
    measured_on_others: list[LocalResult]
    files: list[FileRow]
    sources: list[str]


def load(conn: sqlite3.Connection, name: str, classes: Classes | None = None) -> Page:
    """The page of a model, by slug or name; `classes` remembers what was read of its class for another page.

    Raises:
        UnknownModelError: nothing is called so.
    """
    classes = classes or Classes()
    model = models.resolve(conn, name)
    cls = classes.of(conn, model)
    version = classes.version_for(conn, model)
    published = models.published(conn, model.id)
    results = runs.results_of_model(conn, model.model_id)
    providers = [offer.provider for offer in offers.offers_of(conn, model.id)]
    return Page(
        model=model,
        cls=cls,
        standings={metric: _standing(model, metric, cls, version) for metric in STANDINGS},
        published=published,
        facts=[fact for fact in _facts(model) if not model.is_local or fact[1] != local.UNKNOWN],
        summary=local.summary(model) if model.is_local else summary(model, cls),
        faq=local.questions(model) if model.is_local else faq(model, cls, providers),
        measured_here=[one for one in results if one.run.origin == "here"],
        measured_on_others=[one for one in results if one.run.origin != "here"],
        files=files.files_of_model(conn, model.model_id),
        sources=_sources(model, published),
    )


def _standing(model: ModelRow, metric: str, cls: ComparisonClass | None, version: str | None) -> Standing:
    if cls is not None and not model.is_local:
        return standing(model, metric, cls)
    if cls is not None:  # the class's figures, but no place in it: nothing of this model was published
        theirs = standing(model._replace(index_version=version), metric, cls)
        return Standing(None, theirs.class_median, None, theirs.of, None, None)
    return Standing(None if model.is_local else getattr(model, metric), None, None, 0, None, None)


def _facts(model: ModelRow) -> list[tuple[str, str]]:
    """Every row of the fact table, with "not published" where there is nothing to say."""
    unknown = local.UNKNOWN if model.is_local else "not published"
    return [
        ("Creator", model.creator or unknown),
        ("Released", display.long_date(model.release_date) if model.release_date else unknown),
        ("Reasoning", "yes" if model.reasoning else "no"),
        ("Weights", local.weights(model) if model.is_local else "open" if model.open_weights else "proprietary"),
        (LICENCE, model.license or unknown),
        ("Commercial use", _commercial_use(model) or unknown),
        ("Input", ", ".join(model.input_modalities) or unknown),
        ("Output", ", ".join(model.output_modalities) or unknown),
        ("Context window", _context(model) or unknown),
        ("Total parameters", _parameters(model.total_params_b) or unknown),
        ("Active parameters", _parameters(model.active_params_b) or unknown),
        ("Weights at", model.weights_url or unknown),
        ("Openness Index", display.index(model.openness_index) if model.openness_index is not None else unknown),
        ("Index version", model.index_version or unknown),
        ("Data as of", model.as_of or unknown),
    ]


def _parameters(billions: float | None) -> str:
    return display.params_words(billions) if billions else ""


_COMMERCIAL_USE: dict[CommercialUse, str] = {
    "yes": "allowed",
    "no": "not allowed",
    "with conditions": "allowed with conditions",
    "unknown": "see the licence's text",
}


def _commercial_use(model: ModelRow) -> str:
    if not model.license:
        return "" if model.open_weights else "by the terms of the API"
    return _COMMERCIAL_USE[licence(model.license).commercial_use]


def _context(model: ModelRow) -> str:
    if not model.context_tokens:
        return ""
    return f"{display.context(model.context_tokens)} tokens, {display.pages(model.context_tokens)}"


def _sources(model: ModelRow, published: dict[str, MeasurementRow]) -> list[str]:
    if model.is_local:
        return [
            f"Facts read from the {local.teller(model)} {model.source_url}; this catalog has no published facts of it."
        ]
    lines = set[str]()
    for metric, row in published.items():
        version = f", index {row.index_version}" if row.index_version else ""
        if metric.startswith(CLAIMED):
            lines.add(
                f"{row.source_name}, {row.source_url}, as of {row.as_of}{version}: evaluations as its lab claims them"
            )
        else:
            what = "single evaluations" if metric.startswith(PUBLISHED) else "headline figures"
            lines.add(f"{row.source_name}, {row.source_url}, table of {row.as_of}{version}: {what}")
    return sorted(lines)
