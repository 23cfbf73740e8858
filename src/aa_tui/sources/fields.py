"""Reading a source's JSON strictly: what has another type than it always had is one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aa_tui.sources.errors import SourceError
from aa_tui.textsafe import clean_line, cut, is_blank

MOST_MODELS = 20_000
"""Of one answer: the largest has 5,276 offers."""

MOST_PRICE_USD_PER_M = 10_000.0
"""The dearest model asks 600."""

LONGEST_NAME = 120
IS_SPECIAL = re.compile(r":[a-z]+$|[-_ ]free$", re.IGNORECASE)
"""What gateways append to an id that is offered in a special way."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "yes or no", int: "a number", float: "a number"}


def rows(source: str, value: Any, where: str) -> Sequence[Any]:
    """A list of models. Raises SourceError where it is none, or is longer than any list of models."""
    found: list[Any] = typed(source, value, where, list)
    check_number(source, len(found))
    return found


def check_number(source: str, n: int) -> None:
    """Raise SourceError where there are more models than there can be."""
    if n > MOST_MODELS:
        raise SourceError(
            f"{source} lists {n:,} models, more than the {MOST_MODELS:,} that are read: check the address; nothing was "
            "changed."
        )


def typed(source: str, value: Any, where: str, kind: type) -> Any:
    """A value of this very kind. Raises SourceError."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise changed(source, where, value, _KINDS[kind])
    return value


def changed(source: str, where: str, value: Any, wanted: str) -> SourceError:
    """That a field is not what it always was."""
    found = "nothing" if value is None else _KINDS.get(type(value), "something else")
    return SourceError(
        f"{source} answers in a form that this aa-tui does not know: its {cut(clean_line(where), 80)} is {found} where "
        f"{wanted} belongs; upgrade aa-tui, or tell its authors. Nothing was changed."
    )


def mapping(source: str, value: Mapping[str, Any], key: str, where: str = "") -> Mapping[str, Any]:
    """An object's field that is an object; empty where it is not there."""
    found = value.get(key)
    return {} if found is None else typed(source, found, f"{where}{key}", dict)


def number(source: str, value: Mapping[str, Any], key: str, where: str = "") -> float | None:
    """A field that is a number; None where nothing is told."""
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise changed(source, f"{where}{key}", found, "a number")
    try:
        return float(found)
    except OverflowError:
        return float("inf")


def text(source: str, value: Mapping[str, Any], key: str, where: str = "") -> str:
    """A field that is a text, cleaned; empty where nothing is told."""
    found = value.get(key)
    if found is None:
        return ""
    return clean_line(typed(source, found, f"{where}{key}", str))


def flag(source: str, value: Mapping[str, Any], key: str, where: str = "") -> bool | None:
    """A field that is yes or no; None where nothing is told."""
    found = value.get(key)
    return None if found is None else bool(typed(source, found, f"{where}{key}", bool))


def is_name(name: str) -> bool:
    """Whether it can be a model's, a creator's or a provider's name: short, and with something to see in it."""
    return 0 < len(name) <= LONGEST_NAME and not is_blank(name)


def is_price(value: float) -> bool:
    """Whether it can be a price of a million tokens."""
    return 0 <= value <= MOST_PRICE_USD_PER_M


def day(told: str) -> str | None:
    """A date in ISO 8601, or the day of a time; None for what is none."""
    found = told[:10]
    if not _DATE.fullmatch(found):
        return None
    try:
        date.fromisoformat(found)
    except ValueError:
        return None
    return found


def metric_word(name: str) -> str:
    """A benchmark's name as a metric's last part: small letters, digits and underscores; empty where none are left."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
