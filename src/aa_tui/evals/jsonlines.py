"""One line of JSON from anybody, read strictly: what is wrong with it is one sentence."""

from __future__ import annotations

from typing import Any

from aa_tui.strictjson import BadJSONError, value_of

MAX_LINE_BYTES = 4_000_000
"""Bytes of one line; tests of code may be long."""


LONGEST_SENTENCE = 400
"""Characters of a sentence that may hold something of the line."""


class BadLineError(Exception):
    """What is wrong with one line."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence if len(sentence) <= LONGEST_SENTENCE else f"{sentence[: LONGEST_SENTENCE - 1]}…")


def object_of(line: bytes) -> dict[str, Any]:
    """The object that a line is. Raises BadLineError."""
    if len(line) > MAX_LINE_BYTES:
        raise BadLineError(f"the line is longer than {MAX_LINE_BYTES:,} bytes.")
    try:
        value = value_of(line)
    except BadJSONError as error:
        raise BadLineError(str(error)) from None
    if not isinstance(value, dict):
        raise BadLineError("the line must be one object in braces.")
    return value
