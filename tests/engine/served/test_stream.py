"""An answer's lines are the same however its bytes are cut, and none grows without bound."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.engine.served.stream import MOST_LINE_BYTES, Lines, TooLongError, events, rows

STREAM = (
    ": ping\r\n\r\nevent: chunk\r\ndata: {\"a\":\"ü☃😀\"}\r\n\r\ndata:{\"b\":1}\n\n:\n\ndata\ndata: \nid: 3\n"
    "error: {\"error\":\"x\"}\rdata: [DONE]\r\r{\"no\":\"event\"}\ndata: last"
).encode()  # fmt: skip


def read(pieces: list[bytes]) -> list[bytes]:
    """The events of a stream that comes in these pieces."""
    lines = Lines()
    found = [event for piece in pieces for event in events(lines.feed(piece))]
    return found + list(events(lines.end()))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces."""
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


def test_comments_other_fields_and_both_ends_of_lines() -> None:
    wanted = ['{"a":"ü☃😀"}', '{"b":1}', '{"error":"x"}', "[DONE]", "last"]
    assert [event.decode() for event in read([STREAM])] == wanted


@given(st.lists(st.integers(0, 400), max_size=40))
def test_any_cutting_of_the_bytes_gives_the_same_events(places: list[int]) -> None:
    assert read(cut(STREAM, places)) == read([STREAM])


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=20))
def test_any_bytes_at_all_are_cut_into_the_same_lines(data: bytes, places: list[int]) -> None:
    whole, pieces = Lines(), Lines()
    wanted = whole.feed(data) + whole.end()
    found = [line for piece in cut(data, places) for line in pieces.feed(piece)] + pieces.end()
    assert found == wanted


def test_lines_of_json() -> None:
    lines = Lines()
    assert list(rows([*lines.feed(b'{"a":1}\n\n {"b":'), *lines.feed(b"2}\n{}"), *lines.end()])) == [
        b'{"a":1}', b'{"b":2}', b"{}",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1_000, MOST_LINE_BYTES * 2])
def test_a_line_is_bounded_and_its_bytes_are_not_kept(size: int) -> None:
    lines = Lines()
    n_fitting = MOST_LINE_BYTES // size
    for _ in range(n_fitting):
        assert lines.feed(b"x" * size) == []
    with pytest.raises(TooLongError):
        lines.feed(b"x" * size)
    fits = Lines()
    assert fits.feed(b"x" * MOST_LINE_BYTES) == []
    assert fits.feed(b"\n") == [b"x" * MOST_LINE_BYTES]
