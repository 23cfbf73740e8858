"""The comparison classes' bands as conditions on the leaderboard: for its tabs and for `models --class`."""

from __future__ import annotations

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.errors import UsageError


class UnknownClassError(UsageError):
    """There is no such class. The text lists those there are."""


def band_conditions(key: str) -> dict[str, object]:
    """Fields of a `ModelFilter` for the class with this key. Raises `UnknownClassError`."""
    for size in SIZE_CLASSES:
        if size.key == key:
            return {"open_weights": True, "params_b_above": size.above, "params_b_at_most": size.at_most}
    for price in PRICE_CLASSES:
        if price.key == key:
            return {"price_above": price.above, "price_at_most": price.at_most}
    keys = ", ".join(band.key for band in (*SIZE_CLASSES, *PRICE_CLASSES))
    raise UnknownClassError(f"There is no class “{key}”; there are {keys}.")
