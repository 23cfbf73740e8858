"""Conversations of evaluations as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.turns import TurnRow
from aa_tui.pages.talked import Talked

_OF_SAMPLE = frozenset({"item_id", "epoch"})


def as_json(found: Talked | None) -> dict[str, Any] | None:
    """What a run's conversations came to."""
    if found is None:
        return None
    return {
        "n_conversations": found.n_conversations,
        "n_turns": found.n_turns,
        "n_prompt": found.n_prompt,
        "n_kept": found.n_kept,
        "faults": dict(found.faults),
        "faults_by_class": dict(found.by_class),
    }


def turn_json(turn: TurnRow) -> dict[str, Any]:
    """One turn of a sample."""
    return {name: value for name, value in turn._asdict().items() if name not in _OF_SAMPLE}
