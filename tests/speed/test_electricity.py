"""What a million tokens cost."""

from __future__ import annotations

import pytest

from aa_tui.speed.electricity import Tariff, parse_tariff
from aa_tui.speed.errors import SpeedError


@pytest.mark.parametrize(
    ("text", "price", "currency"),
    [
        ("0.30 EUR", 0.30, "EUR"),
        ("$0.15/kWh", 0.15, "$"),
        ("0,32€", 0.32, "€"),
        ("CHF 1", 1.0, "CHF"),
        ("0 EUR", 0, "EUR"),
    ],
)
def test_prices_as_people_write_them(text: str, price: float, currency: str) -> None:
    assert parse_tariff(text) == Tariff(price, currency)


@pytest.mark.parametrize("text", ["", "0.30", "EUR", "EUR 1 EUR", "-1 EUR", "1e5 EUR", "cheap\x1b[31m", "1 EUR a day"])
def test_no_price_is_one_sentence(text: str) -> None:
    with pytest.raises(SpeedError, match="no price of a kWh") as caught:
        parse_tariff(text)
    assert "\x1b" not in str(caught.value)


def test_cost_of_a_million_tokens() -> None:
    # 3.6 J a token are 1 kWh for a million tokens
    assert Tariff(0.30, "EUR").cost_per_m_tokens(3.6) == pytest.approx(0.30)
    assert Tariff.from_dict(Tariff(0.30, "EUR").to_dict()) == Tariff(0.30, "EUR")
    assert Tariff.from_dict(None) is None
    assert Tariff.from_dict({"per_kwh": "much", "currency": "EUR"}) is None
