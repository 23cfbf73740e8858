"""What generating costs in electricity. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

from aa_tui.speed.errors import SpeedError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

JOULES_PER_KWH = 3.6e6

_CURRENCY = "([A-Za-z$€£¥]{1,5})?"
_TARIFF = re.compile(rf"{_CURRENCY}\s*([0-9]+(?:[.,][0-9]+)?)\s*{_CURRENCY}(?:\s*/\s*kwh)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of a kWh, in a currency as the user writes it."""

    per_kwh: float
    currency: str

    def cost_per_m_tokens(self, joules_per_token: float) -> float:
        """The electricity that a million output tokens take, in the currency."""
        return joules_per_token * 1e6 / JOULES_PER_KWH * self.per_kwh

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for the run's record."""
        return {"per_kwh": self.per_kwh, "currency": self.currency}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> Self | None:
        """Back from plain values; None where there are none."""
        if not values or not isinstance(values.get("per_kwh"), int | float) or not values.get("currency"):
            return None
        return cls(float(values["per_kwh"]), clean_line(str(values["currency"])))


def parse_tariff(text: str) -> Tariff:
    """A price such as "0.30 EUR" or "$0.15/kWh". Raises SpeedError: no price, or without a currency."""
    match = _TARIFF.fullmatch(text.strip())
    currency = (match[1] or match[3]) if match else None
    if match is None or not currency or (match[1] and match[3]):
        raise SpeedError(f"“{clean_line(text)}” is no price of a kWh: write it with its currency, such as “0.30 EUR”.")
    price = float(match[2].replace(",", "."))
    if not isfinite(price) or price > 1e9:
        raise SpeedError(f"“{clean_line(text)}” is too much for a kWh.")
    return Tariff(price, currency)
