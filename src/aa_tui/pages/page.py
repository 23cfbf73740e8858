"""Put a page together from the catalog and the analysis."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from aa_tui.analysis import (
    CommercialUse,
    ComparisonClass,
    Question,
    Standing,
    blended_price_usd_per_m,
    display,
    faq,
    licence,
    standing,
    summary,
    untold,
)
from aa_tui.catalog import files, models, offers, runs
from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED
from aa_tui.catalog.offers import OfferRow, PastRow
from aa_tui.catalog.rows import FileRow, LocalResult, MeasurementRow, ModelRow, RunRow
from aa_tui.pages import local
from aa_tui.pages.classes import Classes, placed
from aa_tui.pages.studies.report import StudyReport, study_report

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


class Studied(NamedTuple):
    """A study of one of the model's files, and what came of it."""

    run: RunRow
    report: StudyReport


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
    studied: list[Studied]
    files: list[FileRow]
    sources: list[str]
    history: list[PastRow]
    """What was published of its index, of every version, the newest first."""

    @property
    def other_scores(self) -> list[PastRow]:
        """Its history, where that says more than the page does; empty where only one table is known."""
        shown = [past for past in self.history if past.index_version == (self.model.index_version or "")]
        return self.history if len(self.history) > 1 or not shown else []


def load(conn: sqlite3.Connection, name: str, classes: Classes | None = None) -> Page:
    """The page of a model, by slug or name; `classes` remembers what was read of its class for another page.

    Raises:
        UnknownModelError: nothing is called so.
    """
    classes = classes or Classes()
    model = models.resolve(conn, name)
    within = placed(conn, model)
    cls = classes.of(conn, within)
    published = models.published(conn, model.id)
    results = runs.results_of_model(conn, model.model_id, everywhere=True)
    providers = [offer.provider for offer in sorted(offers.offers_of(conn, model.id), key=_blended)]
    return Page(
        model=model,
        cls=cls,
        standings={metric: _standing(within, metric, cls) for metric in STANDINGS},
        published=published,
        facts=[fact for fact in _facts(model) if not model.is_local or fact[1] != local.UNKNOWN],
        summary=local.summary(model) if model.is_local else summary(within, cls, len(providers)),
        faq=local.questions(model) if model.is_local else faq(within, cls, providers),
        measured_here=[one for one in results if one.run.origin == "here"],
        measured_on_others=[one for one in results if one.run.origin != "here"],
        studied=_studied(conn, model),
        files=files.files_of_model(conn, model.model_id),
        sources=_sources(model, published),
        history=offers.history(conn, model.id),
    )


def _studied(conn: sqlite3.Connection, model: ModelRow) -> list[Studied]:
    """What studies of the model's files found here, the newest first."""
    found = ((run, study_report(conn, run)) for run in runs.studies_of_model(conn, model.model_id))
    return [Studied(run, report) for run, report in found if report is not None]


def _blended(offer: OfferRow) -> tuple[float, str]:
    """Sorts offers from the cheapest to the dearest; those without a price come last."""
    price_in, price_out = offer.price_in_usd_per_m, offer.price_out_usd_per_m
    known = price_in is not None and price_out is not None
    return blended_price_usd_per_m(price_in or 0.0, price_out or 0.0) if known else inf, offer.provider.casefold()


def _standing(model: ModelRow, metric: str, cls: ComparisonClass | None) -> Standing:
    if cls is not None and not model.is_local:
        return standing(model, metric, cls)
    if cls is not None:  # the class's figures, but no place in it: nothing of this model was published
        theirs = standing(model, metric, cls)
        return Standing(None, theirs.class_median, None, theirs.of, None, None)
    return Standing(None if model.is_local else getattr(model, metric), None, None, 0, None, None)


def _facts(model: ModelRow) -> list[tuple[str, str]]:
    """Every row of the fact table, with "not published" where there is nothing to say."""
    unknown = local.UNKNOWN if model.is_local else "not published"
    return [
        ("Creator", model.creator or unknown),
        ("Released", display.long_date(model.release_date) if model.release_date else unknown),
        ("Reasoning", {True: "yes", False: "no", None: untold.NOT_TOLD}[untold.reasoning(model)]),
        ("Weights", local.weights(model) if model.is_local else untold.weights(model)),
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
        return "by the terms of the API" if untold.open_weights(model) is False else ""
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
