"""What the leaderboard can be filtered by: one description a facet, for the dialog, the chips and the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aa_tui.analysis import display

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["switch", "yes", "step", "text", "choice"]
"""Yes, no or all; only or all; a bound; a text of the data; one of a few words."""

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to leave models out. `chip` is how a chosen value reads in the filter line.

    `values` are what the dialog offers, least strict first; texts are read from the catalog instead.
    """

    key: str
    label: str
    kind: Kind
    chip: Callable[[Value], str]
    values: tuple[Value, ...] = ()
    hint: str = ""


def _usd(value: Value) -> str:
    return f"≤${value:g}" if value else "$0"


FACETS: tuple[Facet, ...] = (
    Facet("reasoning", "Reasoning", "switch", lambda on: "◆ reasoning" if on else "◇ non-reasoning", (True, False)),
    Facet("open_weights", "Open weights", "switch", lambda on: "○ open" if on else "● proprietary", (True, False)),
    Facet("measured_here", "Measured here", "yes", lambda _: "⌂ here", (True,)),
    Facet(
        "fits",
        "Would fit (Q4_K_M)",
        "yes",
        lambda _: "fits",
        (True,),
        "open weights at 4.5 bits each and a tenth more, within this machine's memory",
    ),
    Facet("image", "Takes images", "yes", lambda _: "image", (True,)),
    Facet("creator", "Creator", "text", str),
    Facet("license", "Licence", "text", str),
    Facet(
        "commercial",
        "Commercial use",
        "choice",
        lambda use: {"yes": "commercial", "conditions": "commercial, conditions"}.get(str(use), "not commercial"),
        ("yes", "conditions", "no"),
        "as far as the licence is a well-known one",
    ),
    Facet(
        "context_at_least",
        "Context at least",
        "step",
        lambda least: f"≥{display.context(int(least))}",
        (32_000, 128_000, 256_000, 1_000_000),
    ),
    Facet(
        "price_at_most",
        "Blended price at most",
        "step",
        _usd,
        (10.0, 3.0, 1.0, 0.5, 0.15, 0.0),
        "USD per million tokens; $0 is open weights that no API sells",
    ),
    Facet(
        "params_b_at_most",
        "Parameters at most",
        "step",
        lambda most: f"≤{most:g}B",
        (120.0, 70.0, 32.0, 14.0, 8.0, 4.0, 2.0),
    ),
    Facet(
        "index_at_least", "Index at least", "step", lambda least: f"index ≥{least:g}", (10.0, 20.0, 30.0, 40.0, 50.0)
    ),
)
BY_KEY = {facet.key: facet for facet in FACETS}
COMMERCIAL_WORDS = {
    "yes": "allowed without conditions",
    "conditions": "allowed, if need be with conditions",
    "no": "not allowed",
}


def is_value(facet: Facet, value: object) -> bool:
    """Whether a remembered value is one that this facet can have."""
    match facet.kind:
        case "text":
            return isinstance(value, str) and bool(value)
        case "step":
            return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12
        case _:
            return value in facet.values and type(value) is type(facet.values[0])
