"""How far an evaluation goes and when it may work: the lines of a form that starting and going on share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from aa_tui.actions import start
from aa_tui.actions.typed import count, duration, number, share
from aa_tui.tui.widgets.form import Cycle, Field, box, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import ModalScreen

TONIGHT = {"start-at": "22:00", "stop-by": "07:00", "max-c": "85"}
"""What "tonight" means until the user says otherwise."""

WHOSE = (("such", "for similar questions"), ("these", "for this pack only"))
"""Whose score the intervals are for."""

MAINS = (("any", "mains or battery"), ("mains", "only on mains power"))


def far_fields(*, these_items: bool = False) -> Iterator[Field]:
    """How many items, how long, how exact, and whose score."""
    yield Field("Items", box(placeholder="all", id="limit"), "or the first N of a balanced sample")
    yield Field("Budget", box(placeholder="no limit", id="budget"), "stop after so much work, such as 30m")
    yield Field("Until ±", box(placeholder="never", id="until"), "stop when known so well, as 5 %")
    whose = Cycle(WHOSE, id="whose")
    if these_items:
        whose.choose("these")
    yield Field("Interval", whose)


def night_fields() -> Iterator[Field]:
    """From when until when, and what the machine must be like."""
    yield Field("Start at", box(placeholder="now", id="start-at"), "such as 22:00")
    yield Field("Stop by", box(placeholder="never", id="stop-by"), "the rest can follow later")
    yield Field("Power", Cycle(MAINS, id="mains"))
    yield Field("At most °C", box(placeholder="any", id="max-c"), "pauses above it")


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
        "limit": typed(_text(screen, "limit"), "Items", count),
        "budget_s": typed(_text(screen, "budget"), "Budget", duration),
        "until_width": typed(_text(screen, "until"), "Until ±", share),
        "these_items": screen.query_one("#whose", Cycle).value == "these",
    }
    return {name: value for name, value in found.items() if value is not None}


def night_conditions(screen: ModalScreen[Any]) -> dict[str, Any]:
    """The conditions of a run's row. Raises FormError, RunError for what is no time."""
    return start.night_conditions(
        start_at=_text(screen, "start-at"),
        stop_by=_text(screen, "stop-by"),
        mains_only=screen.query_one("#mains", Cycle).value == "mains",
        max_temperature_c=typed(_text(screen, "max-c"), "At most °C", number),
    )


def _text(screen: ModalScreen[Any], name: str) -> str:
    return screen.query_one(f"#{name}", Input).value.strip()
