"""What a merge brought, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from aa_tui.catalog.merging.merge import Merged
from aa_tui.catalog.merging.runs_joined import Change


def as_json(found: Sequence[Merged], *, dry_run: bool) -> dict[str, Any]:
    """Of each catalog what came in, or would."""
    return {"dry_run": dry_run, "catalogs": [_one(one) for one in found]}


def _one(one: Merged) -> dict[str, Any]:
    changes: tuple[Change, ...] = get_args(Change)
    return {
        "source": one.source,
        **{f"runs_{change}": len(one.of(change)) for change in changes},
        "samples_new": one.n_samples,
        "samples_replaced": one.n_replaced,
        "verdicts_new": one.n_scores,
        "labels_new": one.n_labels,
        "speeds_elsewhere_new": one.n_speeds_elsewhere,
        "runs": [run._asdict() for run in one.runs],
    }
