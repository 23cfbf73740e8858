"""JSON as Python's own reader reads it, where it is sound; else one sentence, in little memory."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.strictjson import MAX_PARTS, BadJSONError, value_of

_SOUND = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.long
@given(_SOUND, st.booleans(), st.booleans())
def test_what_is_sound_comes_through(value: Any, ascii_only: bool, has_mark: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert value_of(b"\xef\xbb\xbf" * has_mark + data) == value


_ODD = st.binary() | st.text().map(str.encode) | st.text('[]{}",:0123456789.eE+-\\u\n ').map(str.encode)


@given(_ODD)
def test_anything_else_is_one_sentence(data: bytes) -> None:
    said, line = "", 1
    try:
        value = value_of(data)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # what came can be written again
    except BadJSONError as error:
        said, line = str(error), error.line
    assert "\n" not in said
    assert line >= 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Expecting value at character 1"),
        (b"[1,\n2,\n]", "at character 1"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"-Infinity", "-Infinity is no number"),
        (b"1e400", "1e400 is too large"),
        (b"1" * 1_000_000, "a number has 1,000,000 digits"),
        (b'{"a": 1, "a": 1}', "a field is there twice"),
        (b"[" * 1_000_000, "nested more than 100 deep"),
        (b"[" * 101 + b"]" * 101, "nested more than 100 deep"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested more than 100 deep"),
        (b"[" + b"[]," * MAX_PARTS + b"[]]", "more than 2,000,000 lists and objects"),
        (b'"\xff"', "not UTF-8"),
        (b'"a\0b"', "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        ("[1]".encode("utf-16-be"), "UTF-16"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, words: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadJSONError) as caught:
            value_of(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert words in str(caught.value)
    assert len(str(caught.value)) < 120
    assert peak < 40 << 20


def test_places_and_halves_of_characters() -> None:
    with pytest.raises(BadJSONError) as caught:
        value_of(b'{"a": 1,\n"b": x}')
    assert (caught.value.line, caught.value.column) == (2, 6)
    with pytest.raises(BadJSONError, match=r"\(Unterminated string starting at character 7\)"):
        value_of(b'{"a": "b')
    assert value_of(rb'{"\ud800": ["a\uDFFFb", "\ud83d\ude00"]}') == {"\ufffd": ["a\ufffdb", "😀"]}
    assert value_of(b"[" * 100 + b"]" * 100)
    assert value_of(b"1" * 400) == int("1" * 400)
    assert math.isclose(value_of(b"0." + b"3" * 100_000), 1 / 3)
