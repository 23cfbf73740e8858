"""The sampling that a model's makers recommend, every field explicit, and what a run takes of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aa_tui.catalog import files, models
from aa_tui.catalog.models import normalise
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.engine.settings import GREEDY, SamplerSettings
from aa_tui.runs.evaluation.options import EvalOptions

REASONING = SamplerSettings(temperature=0.6, top_p=0.95)
"""Where a reasoning model's makers say nothing: the index's own method (artificialanalysis.ai, methodology)."""


@dataclass(frozen=True, slots=True)
class Card:
    """Recommended sampling, and who says so."""

    sampler: SamplerSettings
    source: str


def card_of(slug: str | None, name: str, *, thinks: bool, metadata: Mapping[str, Any]) -> Card:
    """By the known models' cards, else by the file's own metadata (general.sampling.*), else by kind of model."""
    from aa_tui.gguf.known import known_models

    called = {normalise(one) for one in (slug, name) if one}
    for known in known_models():
        if called & {normalise(one) for one in (*known.slugs, known.name)} and known.sampling.temperature is not None:
            said = known.sampling
            sampler = SamplerSettings(
                temperature=said.temperature or 0.0,
                top_k=said.top_k or 0,
                top_p=1.0 if said.top_p is None else said.top_p,
                min_p=said.min_p or 0.0,
                repeat_penalty=1.0 if said.repeat_penalty is None else said.repeat_penalty,
            )
            return Card(sampler, "the model's card")
    own = _from_file(metadata)
    if own is not None:
        return Card(own, "the file's own metadata")
    if thinks:
        return Card(REASONING, "the usual for reasoning models: its card is not known here")
    return Card(GREEDY, "the usual for models that do not reason: its card is not known here")


def card_of_run(conn: sqlite3.Connection, run: RunRow, template: Mapping[str, str] | None = None) -> Card:
    """That of a run's file, or of it with another chat template."""
    from aa_tui.gguf.reasoning import formats

    metadata = files.metadata_of(conn, run.file.id)
    model = models.by_slug(conn, run.slug) if run.slug else None
    source = template["text"] if template is not None else template_of(run.file, metadata)
    thinks = (model is not None and model.reasoning) or formats().thinks(source)
    return card_of(run.slug, run.target, thinks=thinks, metadata=metadata)


def template_of(file: FileRow, metadata: Mapping[str, Any]) -> str:
    """The chat template of a file, or of a served model as its server told it; empty without one."""
    from aa_tui.gguf.header import read_header

    if file.is_served:
        told = metadata.get("template")
        return told if isinstance(told, str) else ""
    return read_header(Path(file.path)).chat_template or ""


def sampler_for(
    options: EvalOptions, card: Card, of_pack: SamplerSettings | None = None
) -> tuple[SamplerSettings, str]:
    """The sampling that is asked for, and who says so."""
    if options.sampling == "greedy":
        sampler, source = GREEDY, "greedy, as asked for"
    elif options.sampling == "card" or of_pack is None:
        sampler, source = card.sampler, card.source
    else:
        sampler, source = of_pack, "the pack"
    if options.temperature is not None:
        return replace(sampler, temperature=options.temperature), f"{source}; temperature as asked for"
    return sampler, source


def _from_file(metadata: Mapping[str, Any]) -> SamplerSettings | None:
    """llama.cpp's `general.sampling.*` keys (gguf-py, constants.py)."""
    found = {
        ours: metadata[f"general.sampling.{theirs}"]
        for ours, theirs in (
            ("temperature", "temp"),
            ("top_k", "top_k"),
            ("top_p", "top_p"),
            ("min_p", "min_p"),
            ("repeat_penalty", "penalty_repeat"),
        )
        if isinstance(metadata.get(f"general.sampling.{theirs}"), int | float)
    }
    return replace(GREEDY, **found) if "temperature" in found else None
