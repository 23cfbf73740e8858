"""A score that was estimated with a control, in words."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.pages.control import Control


def lines(one: Control | None) -> list[str]:
    """Below a run's own scores: the estimate, what it rests on, and what it saves; nothing where there is none."""
    if one is None or one.result is None:
        return []
    found = one.result
    value = display.score(found.value, found.interval.low, found.interval.high)
    whose = f"just the {found.population:,} items" if found.interval.estimand == "these items" else "similar items"
    return [
        f"  estimated    {value:<24} with run {one.control.id} as control, for {whose}; not a measured score",
        f"               {worth_words(one)}",
    ]


def worth_words(one: Control) -> str:
    """What a control saves: "60 items tell as much as 110 would without it"."""
    found = one.result
    if found is None:
        return one.why_not
    n_worth = int(found.n_worth)
    if n_worth <= found.n:
        return f"the control says too little of these answers to save any of the {found.n:,} items"
    return f"{found.n:,} items tell as much as {n_worth:,} would without it"


def verdict(one: Control) -> str:
    """A sentence without its full stop, for where two runs are compared."""
    found = one.result
    if found is None:
        return f"Run {one.run.id} is not estimated with run {one.control.id} as control: {one.why_not}"
    value = display.score(found.value, found.interval.low, found.interval.high)
    return (
        f"Run {one.run.id}, estimated on all {found.population:,} items with run {one.control.id} as control: {value}; "
        f"{worth_words(one)}"
    )
