"""How far an evaluation goes and when it may work: the lines of a form that starting and going on share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from aa_tui.tui.form import Cycle, Field, box, duration, number, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import ModalScreen

TONIGHT = {"start-at": "22:00", "stop-by": "07:00", "max-c": "85"}
"""What "tonight" means until the user says otherwise."""

WHOSE = (("such", "items such as these"), ("these", "just the pack's items"))
"""Whose score the intervals are for."""

MAINS = (("any", "mains or battery"), ("mains", "only on mains power"))


def far_fields(*, these_items: bool = False) -> Iterator[Field]:
    """How many items, how long, how exact, and whose score."""
    yield Field("Items", box(placeholder="all", id="limit"), "a fair sample of the pack")
    yield Field("Budget", box(placeholder="no limit", id="budget"), "of work, such as 30m or 8h")
    yield Field("Until ±", box(placeholder="never", id="until"), "interval so narrow, such as 0.05")
    whose = Cycle(WHOSE, id="whose")
    if these_items:
        whose.choose("these")
    yield Field("Interval of", whose)


def night_fields(*, tonight: bool = False) -> Iterator[Field]:
    """From when until when, and what the machine must be like."""
    values = TONIGHT if tonight else {}
    yield Field("Start at", box(values.get("start-at", ""), "at once", id="start-at"), "such as 22:00")
    yield Field("Stop by", box(values.get("stop-by", ""), "never", id="stop-by"), "the rest can follow later")
    mains = Cycle(MAINS, id="mains")
    if tonight:
        mains.choose("mains")
    yield Field("Power", mains)
    yield Field("At most °C", box(values.get("max-c", ""), "any", id="max-c"), "pauses above it")


def fill_tonight(screen: ModalScreen[Any], *, tonight: bool) -> None:
    """Fill the night's boxes in, or empty those that still say what was filled in."""
    for name, value in TONIGHT.items():
        one = screen.query_one(f"#{name}", Input)
        if tonight and not one.value:
            one.value = value
        elif not tonight and one.value == value:
            one.value = ""
    screen.query_one("#mains", Cycle).choose("mains" if tonight else "any")


def far_settings(screen: ModalScreen[Any]) -> dict[str, Any]:
    """What was said of how far; what was left empty is left out. Raises FormError."""
    found = {
        "limit": whole(_text(screen, "limit"), "Items"),
        "budget_s": duration(_text(screen, "budget"), "Budget"),
        "until_width": number(_text(screen, "until"), "Until ±"),
        "these_items": screen.query_one("#whose", Cycle).value == "these",
    }
    return {name: value for name, value in found.items() if value is not None}


def night_conditions(screen: ModalScreen[Any]) -> dict[str, Any]:
    """The conditions of a run's row. Raises FormError, RunError for what is no time."""
    from aa_tui.runs.conditions import moment_of, now

    found: dict[str, Any] = {}
    start, stop = _text(screen, "start-at"), _text(screen, "stop-by")
    if start:
        found["not_before"] = moment_of(start, now())
    if stop:
        after = datetime.fromisoformat(found["not_before"]) if start else now()
        found["not_after"] = moment_of(stop, after)
    if screen.query_one("#mains", Cycle).value == "mains":
        found["mains_only"] = True
    ceiling = number(_text(screen, "max-c"), "At most °C")
    if ceiling is not None:
        found["temperature_at_most_c"] = ceiling
    return found


def _text(screen: ModalScreen[Any], name: str) -> str:
    return screen.query_one(f"#{name}", Input).value.strip()
