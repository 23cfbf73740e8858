"""Models for the tests: one with plain defaults to vary, and the project's published facts."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from aa_tui.analysis import Model

REPOSITORY = Path(__file__).parents[2]
FACTS = REPOSITORY / "src" / "aa_tui" / "catalog" / "published_facts.csv"


@dataclass(frozen=True, slots=True)
class FakeModel:
    """An open, tiny reasoning model of which little is published."""

    slug: str = "a"
    name: str = "A 1B"
    creator: str = "Acme"
    release_date: str | None = None
    reasoning: bool = True
    open_weights: bool = True
    untold: tuple[str, ...] = ()
    total_params_b: float | None = 1.0
    active_params_b: float | None = None
    context_tokens: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    license: str | None = None
    weights_url: str | None = None
    intelligence_index: float | None = None
    index_version: str | None = "v4.0"
    index_is_estimate: bool = False
    index_output_tokens_m: float | None = None
    reasoning_tokens_m: float | None = None
    answer_tokens_m: float | None = None
    price_in_usd_per_m: float | None = None
    price_out_usd_per_m: float | None = None
    output_tps: float | None = None
    ttft_s: float | None = None
    ttfat_s: float | None = None
    e2e_s: float | None = None
    cost_to_run_usd: float | None = None
    cost_input_usd: float | None = None
    cost_reasoning_usd: float | None = None
    cost_answer_usd: float | None = None
    openness_index: float | None = None
    as_of: str | None = None


def _from_row(row: dict[str, str]) -> FakeModel:
    values: dict[str, Any] = {}
    for field in fields(FakeModel):
        text = row.get(field.name, "")  # nothing is untold in the table
        kind = str(field.type)
        if "bool" in kind:
            values[field.name] = text == "yes"
        elif "tuple" in kind:
            values[field.name] = tuple(text.split(";")) if text else ()
        elif "float" in kind:
            values[field.name] = float(text) if text else None
        elif "int" in kind:
            values[field.name] = int(text) if text else None
        else:
            values[field.name] = text or None
    return FakeModel(**values)


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Model]:
    """Makes an open, tiny reasoning model with the given facts."""
    return FakeModel


@pytest.fixture(scope="session")
def published() -> list[Model]:
    """The 157 models of the project's published facts: all Tiny ones, and a sample of every other class."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return [_from_row(row) for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def nanbeige(published: list[Model]) -> Model:
    """Nanbeige4.1-3B, whose published page the project's own must agree with."""
    return next(model for model in published if model.slug == "nanbeige4-1-3b")
