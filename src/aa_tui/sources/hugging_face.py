"""The Hub's evaluation results: those of models' own repositories, and data sets' leaderboards.

The Hub marks what it can prove; all else is what somebody, mostly the model's own lab, claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED
from aa_tui.gguf.evaluated import HubResult
from aa_tui.sources import fields
from aa_tui.sources.matching import Outside
from aa_tui.sources.values import Answer, Figure, Told

NAME = "Hugging Face"
SITE = "https://huggingface.co/"

_EVALUATIONS = {
    ("idavidrein/gpqa", "gpqa_diamond"): "gpqa",
    ("idavidrein/gpqa", "diamond"): "gpqa",
    ("cais/hle", "hle"): "hle",
    ("cais/hle", "default"): "hle",
    ("tiger-lab/mmlu-pro", "mmlu_pro"): "mmlu_pro",
    ("openai/gsm8k", "gsm8k"): "gsm8k",
}
"""What the catalog calls the tasks of well-known data sets; others are called after data set and task."""


def answer(results: Iterable[HubResult]) -> Answer:
    """The results, by model."""
    skipped: Counter[str] = Counter()
    by_model: dict[str, dict[str, Figure]] = {}
    for one in results:
        figure = _figure(one, skipped)
        if figure is None:
            continue
        own = by_model.setdefault(one.model, {})
        if figure.metric in own and own[figure.metric].as_of >= figure.as_of:
            skipped["an older score of the same task"] += 1
        else:
            own[figure.metric] = figure
    told = [
        Told(Outside(id=model), tuple(figures.values()), weights=model) for model, figures in sorted(by_model.items())
    ]
    return Answer(NAME, SITE, tuple(told), skipped=skipped)


def _figure(one: HubResult, skipped: Counter[str]) -> Figure | None:
    task = fields.metric_word(one.task)
    name = _EVALUATIONS.get((one.dataset.lower(), task or one.dataset.lower().rpartition("/")[2]))
    if name is None:
        dataset = fields.metric_word(one.dataset.rpartition("/")[2])
        name = dataset if task in ("", "default", dataset) else f"{dataset}_{task}"
    if one.notes:  # another setting is another score: "with tools"
        name = f"{name}_{fields.metric_word(one.notes)}"[:60]
    if not name or not 1 < one.value <= 100:
        skipped["a score that may be a share or a percentage"] += 1
        return None
    url = one.source_url if one.source_url.startswith("https://") else f"{SITE}{one.model}"
    by = f"{NAME}: {one.source_name}" if fields.is_name(one.source_name) else NAME
    prefix = PUBLISHED if one.is_verified else CLAIMED
    return Figure(prefix + name, one.value, "%", by, url, fields.day(one.date) or "")
