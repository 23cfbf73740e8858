"""JSON from anybody, read strictly and in bounds: what is wrong with it is one sentence.

Python's reader takes NaN and repeated keys, has no limit for depth but its own stack, and makes of three bytes a list
of sixty: a few megabytes of brackets fill a gigabyte.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any

MAX_DEPTH = 100
"""Lists and objects within each other; what is read here has fewer than ten."""

MAX_PARTS = 2_000_000
"""Lists and objects in all, which then take some 200 MB."""

MAX_DIGITS = 400
"""Of a whole number: the largest that a float can be has 309."""

_OTHER_ENCODINGS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONE = re.compile(r"\\u[dD][89a-fA-F]")


class BadJSONError(ValueError):
    """What is wrong, as one sentence without its place; `line` and `column` count from 1."""

    def __init__(self, sentence: str, line: int = 1, column: int | None = None) -> None:
        super().__init__(sentence)
        self.line, self.column = line, column


def value_of(data: bytes, *, constants_are_null: bool = False) -> Any:
    """The value that a text in UTF-8 is, with or without a byte order mark. Raises BadJSONError.

    Halves of characters (lone surrogates), which no file can hold, become U+FFFD. With `constants_are_null` NaN and the
    infinities, which Python's and pydantic's writers use, are null.
    """
    text = _text_of(data)
    n_parts = text.count("[") + text.count("{")
    if n_parts > MAX_PARTS:
        raise BadJSONError(f"it has more than {MAX_PARTS:,} lists and objects.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_null if constants_are_null else _no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        where = f"{error.msg.removesuffix(' at')} at character {error.colno}"
        raise BadJSONError(f"it is not JSON ({where}).", error.lineno, error.colno) from None
    except RecursionError:
        raise BadJSONError(f"it is nested more than {MAX_DEPTH} deep.") from None
    except ValueError as error:
        raise BadJSONError(f"it is not JSON ({error}).") from None
    if n_parts > MAX_DEPTH and _is_too_deep(value):
        raise BadJSONError(f"it is nested more than {MAX_DEPTH} deep.")
    return _mended(value) if _LONE.search(text) else value


def _text_of(data: bytes) -> str:
    if data.startswith(_OTHER_ENCODINGS) or data[:2] in (b"{\0", b"\0{", b"[\0", b"\0["):
        raise BadJSONError("it is UTF-16 or UTF-32: save it as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadJSONError("it is not UTF-8.", data.count(b"\n", 0, error.start) + 1) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is there twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _null(_name: str) -> None:
    return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{_cut(text)} is too large a number")
    return number


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has {len(text):,} digits")
    return int(text)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(one) for key, one in value.items()}
    return value
