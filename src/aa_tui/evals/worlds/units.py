"""Converting units and money, by tables that never change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aa_tui.evals.worlds.function import Arguments, RefusedError, State, function, number, text

RATES = {
    "EUR": Decimal("1"),
    "USD": Decimal("1.25"),
    "GBP": Decimal("0.8"),
    "CHF": Decimal("0.96"),
    "JPY": Decimal("160"),
    "SEK": Decimal("11.2"),
    "CAD": Decimal("1.6"),
    "INR": Decimal("90"),
}
"""What one euro is in each; made up, so that nobody knows them by heart."""

UNITS = {
    "m": ("length", Decimal("1")),
    "km": ("length", Decimal("1000")),
    "cm": ("length", Decimal("0.01")),
    "mile": ("length", Decimal("1609.344")),
    "foot": ("length", Decimal("0.3048")),
    "inch": ("length", Decimal("0.0254")),
    "kg": ("mass", Decimal("1")),
    "g": ("mass", Decimal("0.001")),
    "pound": ("mass", Decimal("0.45359237")),
    "ounce": ("mass", Decimal("0.028349523125")),
    "l": ("volume", Decimal("1")),
    "ml": ("volume", Decimal("0.001")),
    "us_gallon": ("volume", Decimal("3.785411784")),
}
"""Kind, and size in the kind's own unit (exact: NIST Special Publication 811, 2008, appendix B)."""


def convert_units(state: State, given: Arguments) -> Any:
    source, target = UNITS[given["from_unit"]], UNITS[given["to_unit"]]
    if source[0] != target[0]:
        raise RefusedError(f"{given['from_unit']} is a unit of {source[0]}, {given['to_unit']} one of {target[0]}.")
    return {"value": _rounded(Decimal(str(given["value"])) * source[1] / target[1]), "unit": given["to_unit"]}


def convert_currency(state: State, given: Arguments) -> Any:
    amount = Decimal(str(given["amount"])) / RATES[given["from_currency"]] * RATES[given["to_currency"]]
    return {"amount": _rounded(amount), "currency": given["to_currency"]}


def _rounded(value: Decimal) -> float | int:
    """To two decimals; a whole number without any."""
    rounded = float(round(value, 2))
    return int(rounded) if rounded.is_integer() else rounded


FUNCTIONS = (
    function(
        convert_units,
        "Convert a length, mass or volume from one unit to another; the result is rounded to two decimals.",
        value=number("The value to convert"),
        from_unit=text("The unit of the value", *UNITS),
        to_unit=text("The unit wanted", *UNITS),
    ),
    function(
        convert_currency,
        "Convert an amount of money at today's rate; the result is rounded to two decimals.",
        amount=number("The amount to convert"),
        from_currency=text("The currency of the amount", *RATES),
        to_currency=text("The currency wanted", *RATES),
    ),
)
