"""A short pack as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog import short_notes
from aa_tui.pages.json import scores
from aa_tui.pages.short import Choice, Shortened


def as_json(one: Shortened | None) -> dict[str, Any] | None:
    """What a run of chosen items tells of all items; None for other runs."""
    if one is None:
        return None
    found, note = one.result, one.note
    return {
        "score_estimated": found.value if found else None,
        "interval": scores.as_json(found.interval if found else None),
        "n": found.n if found else None,
        "n_population": found.population if found else None,
        "n_worth": found.n_worth if found else None,
        "mean_of_chosen": found.plain if found else None,
        "calibrated_on": [known._asdict() for known in note.calibrated_on] if note else [],
        "seed": note.seed if note else None,
        "why_not": one.why_not or None,
    }


def choice(one: Choice) -> dict[str, Any]:
    """What `aa-tui packs short --json` prints: the file, and what is to be expected."""
    return {
        **short_notes.as_json(one.note),
        "n_population": one.note.n_population,
        "half_width": one.half_width,
        "half_width_random": one.half_width_random,
        "n_worth": one.n_worth,
    }
