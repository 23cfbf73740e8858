"""Times of day and dates as people write them, where only one meaning is possible."""

from __future__ import annotations

import re
from datetime import date

from aa_tui.evals import words

_KEY_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?:\s?[ap]\.?m\.?)?", re.IGNORECASE)
_TIME = re.compile(
    r"(?<![\d:])(?:at\s+)?([01]?\d|2[0-4])\s?[:.h]\s?([0-5]\d)(?:[:.]00)?(?![\d:])\s*(?:(a|p)\.?\s?m\.?|h|hrs?|hours|o'clock|uhr)?",
    re.IGNORECASE,
)
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013", "----")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?")
_DAY_FIRST = re.compile(r"(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([a-z]{3,9})\.?,?\s+(\d{4})", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_SHORTEST_DAY = 3
_WEEKDAY = re.compile(r"(?:on\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+", re.IGNORECASE)


def same_moment(key: str, said: str) -> bool:
    """Whether the key is a time (15:45, 3:45 PM), a date (2021-03-05, March 5, 2021) or a weekday, and the text means
    the same one.

    Dates in digits with the year last are never the same: nobody knows which number is the month.
    """
    if _KEY_TIME.fullmatch(key):
        return _time(key) is not None and _time(key) == _time(said)
    if key.casefold() in _WEEKDAYS:
        return _weekday(said) == key.casefold()
    wanted = _date(key)
    return wanted is not None and wanted == _date(said)


def _time(text: str) -> tuple[int, int] | None:
    text = text.replace("{:}", ":").strip(" $")
    match = _TIME.fullmatch(text) or _only_time_in(text)
    if match is None:
        return None
    hour, half = int(match[1]), (match[3] or "").lower()
    if half and hour > 12:
        half = ""  # 16:44 p.m.
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour % 24
    return hour, int(match[2])


def _only_time_in(text: str) -> re.Match[str] | None:
    """The time in a sentence with one colon: "It ends at 16:44"."""
    found = [] if words.has("not", text) else list(_TIME.finditer(text))
    return found[0] if len(found) == 1 and text.count(":") == 1 and ":" in found[0].group() else None


def _weekday(text: str) -> str | None:
    """The day of the week that a text is, also short and with "on"."""
    short = re.sub(r"^(?:on|a)\s+", "", text.strip().casefold()).rstrip(".")
    return next((day for day in _WEEKDAYS if len(short) >= _SHORTEST_DAY and day.startswith(short)), None)


def _date(text: str) -> date | None:
    text = _WEEKDAY.sub("", text.strip().translate(_DASHES), count=1)
    numbers: tuple[int, int, int] | None = None
    if match := _YEAR_FIRST.fullmatch(text):
        numbers = int(match[1]), int(match[2]), int(match[3])
    elif match := _DAY_FIRST.fullmatch(text):
        numbers = int(match[3]), _month(match[2]), int(match[1])
    elif match := _MONTH_FIRST.fullmatch(text):
        numbers = int(match[3]), _month(match[1]), int(match[2])
    try:
        return None if numbers is None else date(*numbers)
    except ValueError:
        return None


def _month(name: str) -> int:
    """1 to 12; 0 for a word that is no month."""
    wanted = name.lower().removesuffix(".")
    wanted = "sep" if wanted == "sept" else wanted
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(wanted)), 0)
