"""What the terminal sends: any bytes at all, in any pieces."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import _parser, events
from textual.message import Message

from aa_tui.tui.terminal.typed import MOST_PASTED, PASTE_PAUSE_S, Typed

START, END = b"\x1b[200~", b"\x1b[201~"


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(_parser, "get_time", one)
    return one


def read(typed: Typed, *pieces: bytes) -> list[Message]:
    return [message for piece in pieces for message in typed.feed(piece)]


def keys(messages: Iterable[Message]) -> list[str]:
    return [one.key for one in messages if isinstance(one, events.Key)]


def pasted(messages: Iterable[Message]) -> list[str]:
    return [one.text for one in messages if isinstance(one, events.Paste)]


SEQUENCES = st.sampled_from(
    (
        *(START, END, b"\x1b", b"\x1b[", b"\x1b[M", b"\x1b[<0;5;5M", b"\x1b[<0;99999999999;-9M", b"\x1b[99999999999u"),
        *(b"\x1b[55296u", b"\x1b[97;5;55296:1114112u", b"\x1b[48;0;0;0;0t", b"\x1b[48;9;9;1;1t", b"\x1b[?2048;2$y"),
        *(b"\x1b[5;5R", b"\x1bP>|x\x1b\\", b"\x1b]11;rgb:0/0/0\x07", b"\xff", b"\xe2\x82", b"\xed\xa0\x80", b"\x00"),
        b"\x03",
    )
)


@given(st.lists(st.one_of(SEQUENCES, st.binary(max_size=40)), max_size=30))
def test_whatever_comes_ctrl_c_is_heard_after_a_pause(pieces: list[bytes]) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parser, "get_time", clock)
        typed = Typed(clock=clock)
        read(typed, *pieces)
        for _ in range(3):
            clock.now += PASTE_PAUSE_S + 0.1
            list(typed.tick())
        assert keys(read(typed, b"\x03"))[-1:] == ["ctrl+c"]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=50), st.data())
def test_a_paste_is_one_message_however_it_is_cut(text: str, data: st.DataObject) -> None:
    whole = b"a" + START + text.encode() + END + b"b"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    messages = read(Typed(), *pieces)
    assert pasted(messages) == [text]
    assert keys(messages) == ["a", "b"]


def test_keys_in_a_paste_are_text(clock: Clock) -> None:
    """Textual itself would press q."""
    messages = read(Typed(clock=clock), START + b"\x1b[31m" + b"q" * 40 + b"\x1b\x9b\x07\r\n[red]" + END)
    assert keys(messages) == []
    assert pasted(messages) == ["q" * 40 + "\n[red]"]


def test_a_paste_without_an_end_has_ended_after_a_pause(clock: Clock) -> None:
    typed = Typed(clock=clock)
    assert keys(read(typed, START + b"hello", b"j")) == []
    clock.now += PASTE_PAUSE_S / 2
    assert not list(typed.tick())
    clock.now += PASTE_PAUSE_S
    assert pasted(typed.tick()) == ["helloj"]
    assert keys(read(typed, b"j")) == ["j"]


def test_keys_pressed_by_hand_do_not_keep_a_paste_going(clock: Clock) -> None:
    typed = Typed(clock=clock)
    read(typed, START + b"hello")
    heard: list[Message] = []
    for _ in range(4):
        clock.now += PASTE_PAUSE_S / 2
        heard += [*typed.tick(), *read(typed, b"j")]
    assert pasted(heard) == ["hellojj"]
    assert keys(heard) == ["j", "j"]


@pytest.mark.parametrize("interrupt", [b"\x03", b"\x1b[99;5u", b"\x1b[99;69u"])
def test_ctrl_c_ends_a_paste_without_an_end(clock: Clock, interrupt: bytes) -> None:
    typed = Typed(clock=clock)
    read(typed, START + b"hello")
    assert keys(read(typed, interrupt)) == ["ctrl+c"]
    read(typed, START + b"hello" + interrupt)
    clock.now += 2 * PASTE_PAUSE_S
    assert keys(typed.tick()) == ["ctrl+c"], "also where it came with the text"


def test_a_huge_paste_is_cut(clock: Clock) -> None:
    typed = Typed(clock=clock)
    messages = read(typed, START, *[b"x" * 4096] * 2_500, END + b"j")
    assert [len(text) for text in pasted(messages)] == [MOST_PASTED]
    assert keys(messages) == ["j"]


def test_bytes_that_are_no_text_are_dropped_and_no_key_is_lost(clock: Clock) -> None:
    bad = [bytes([one]) for one in range(0x80, 0x100)] + [
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
    ]
    messages = read(Typed(clock=clock), *[one + b"j" for one in bad])
    assert keys(messages) == ["j"] * len(bad)
