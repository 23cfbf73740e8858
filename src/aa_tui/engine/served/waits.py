"""How long to wait before another try: as a server asks, else longer each time, by chance."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from random import Random

FIRST_S, LONGEST_S = 0.5, 30.0
MOST_ASKED_S = 7 * 24 * 3600.0
"""Longer than this no server is believed."""

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?")
_PAST_YEAR_2001_S, _PAST_YEAR_2001_MS = 1e9, 1e12


def asked_wait_s(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that an answer's headers ask one to wait; None where they say nothing that can be read.

    `Retry-After` counts first (RFC 9110, 10.2.3: seconds or a date), then the latest of the `x-ratelimit-reset…` of
    what is used up, which are durations (`6m0s`), seconds, or a time as Unix counts it, in seconds or milliseconds.
    """
    now = time.time() if now is None else now
    told = headers.get("retry-after-ms"), headers.get("retry-after")
    if told[0] is not None and _NUMBER.fullmatch(told[0].strip()):
        return _bounded(float(told[0]) / 1000)
    if told[1] is not None and (found := _seconds(told[1], now)) is not None:
        return _bounded(found)
    waits = []
    for name in headers:
        if not name.lower().startswith("x-ratelimit-reset"):
            continue
        left = headers.get(name.lower().replace("reset", "remaining"), "0").strip()
        if (not _NUMBER.fullmatch(left) or float(left) <= 0) and (found := _seconds(headers[name], now)) is not None:
            waits.append(found)
    return _bounded(max(waits)) if waits else None


def backoff_s(n_failures: int, chance: Random) -> float:
    """The wait after so many failures in a row (from 1): doubling, somewhere between half of it and all."""
    whole: float = min(FIRST_S * 2.0 ** min(n_failures - 1, 20), LONGEST_S)
    return whole * (0.5 + chance.random() / 2)


def _seconds(text: str, now: float) -> float | None:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number >= _PAST_YEAR_2001_MS:
            return number / 1000 - now
        return number - now if number >= _PAST_YEAR_2001_S else number
    if len(text) < 40 and _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))
    try:
        return parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MOST_ASKED_S)
