"""Put a page together from the catalog and the analysis."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aa_tui.analysis import (
    ComparisonClass,
    Question,
    Standing,
    comparison_class,
    display,
    faq,
    standing,
    summary,
)
from aa_tui.catalog import files, models, runs
from aa_tui.catalog.rows import FileRow, LocalResult, MeasurementRow, ModelRow

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
    files: list[FileRow]
    sources: list[str]


def load(conn: sqlite3.Connection, name: str) -> Page:
    """The page of a model, by slug or name. Raises `UnknownModelError`."""
    model = models.resolve(conn, name)
    cls = class_of(conn, model)
    published = models.published(conn, model.id)
    return Page(
        model=model,
        cls=cls,
        standings={metric: _standing(model, metric, cls) for metric in STANDINGS},
        published=published,
        facts=_facts(model),
        summary=_local_summary(model) if model.is_local else summary(model, cls),
        faq=faq(model, cls),
        measured_here=runs.results_of_model(conn, model.model_id),
        files=files.files_of_model(conn, model.model_id),
        sources=_sources(model, published),
    )


def class_of(conn: sqlite3.Connection, model: ModelRow) -> ComparisonClass | None:
    """The published models that this one is compared with; what is only known from a local file is none of them."""
    return comparison_class(model, [row for row in models.all_models(conn) if not row.is_local])


def _standing(model: ModelRow, metric: str, cls: ComparisonClass | None) -> Standing:
    if cls is not None and not model.is_local:
        return standing(model, metric, cls)
    if cls is not None:  # the class's figures, but no place in it: nothing of this model was published
        theirs = standing(model, metric, cls)
        return Standing(None, theirs.class_median, None, theirs.of, None, None)
    return Standing(getattr(model, metric), None, None, 0, None, None)


def _local_summary(model: ModelRow) -> list[str]:
    """What can be said of a model that only a file on this machine tells of: nothing is compared."""
    size = f" It has {display.params_b(model.total_params_b)} parameters." if model.total_params_b else ""
    context = f" Its context window holds {_context(model)}." if model.context_tokens else ""
    return [
        f"{model.name} is known from a file on this machine ({model.source_url}); no published figures of it are in "
        f"this catalog, so it has no rank.{size}{context} What was measured here is below."
    ]


def _facts(model: ModelRow) -> list[tuple[str, str]]:
    unknown = "not published"
    return [
        ("Creator", model.creator),
        ("Released", model.release_date or unknown),
        ("Reasoning", "yes" if model.reasoning else "no"),
        ("Weights", "open" if model.open_weights else "proprietary"),
        ("Licence", model.license or unknown),
        ("Input", ", ".join(model.input_modalities) or unknown),
        ("Output", ", ".join(model.output_modalities) or unknown),
        ("Context window", _context(model) or unknown),
        ("Total parameters", display.params_b(model.total_params_b) if model.total_params_b else unknown),
        ("Active parameters", display.params_b(model.active_params_b) if model.active_params_b else unknown),
        ("Weights at", model.weights_url or ("this machine" if model.is_local else unknown)),
    ]


def _context(model: ModelRow) -> str:
    if not model.context_tokens:
        return ""
    return f"{display.context(model.context_tokens)} tokens, {display.pages(model.context_tokens)}"


def _sources(model: ModelRow, published: dict[str, MeasurementRow]) -> list[str]:
    if model.is_local:
        return [f"Facts read from the file {model.source_url}; nothing of it is published here."]
    lines = {
        f"{row.source_name}, {row.source_url}, table of {row.as_of}"
        + (f", index {row.index_version}" if row.index_version else "")
        for row in published.values()
    }
    return sorted(lines)
