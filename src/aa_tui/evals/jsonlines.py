"""One line of JSON from anybody, read strictly: what is wrong with it is one sentence."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_LINE_BYTES = 4_000_000
"""Bytes of one line; tests of code may be long."""


class BadLineError(Exception):
    """What is wrong with one line."""


def object_of(line: bytes) -> dict[str, Any]:
    """The object that a line is. Raises BadLineError."""
    if len(line) > MAX_LINE_BYTES:
        raise BadLineError(f"the line is longer than {MAX_LINE_BYTES:,} bytes.")
    try:
        value = json.loads(
            line.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise BadLineError("the line is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadLineError(f"it is not JSON ({error.msg} at character {error.pos + 1}).") from None
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"it is not JSON ({error}).") from None
    if not isinstance(value, dict):
        raise BadLineError("the line must be one object in braces.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is there twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number
