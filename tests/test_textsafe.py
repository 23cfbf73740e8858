"""Nothing that a terminal would obey passes `textsafe`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui import textsafe

ATTACKS = {
    "\x1b]0;owned\x07name": "name",
    "\x1b]52;c;ZWNobyBoaQ==\x1b\\name": "name",
    "\x1b[2J\x1b[55;66Hname": "name",
    "\x9b31mname": "name",
    "\x9d0;owned\x9cname": "name",
    "\x1bP1$r0m\x1b\\name": "name",
    "na\u202eme\u2069": "name",
    "na\x00m\x7fe\x08": "name",
    "\x1bcname": "name",
    "\x1b(0name": "name",
    "name\x1b": "name",
    "a\tb": "a b",
    "[red]name[/nope]": "[red]name[/nope]",
    "漢字 ünï": "漢字 ünï",
}


@pytest.mark.parametrize(("text", "shown"), ATTACKS.items())
def test_attacks_are_removed_whole(text: str, shown: str) -> None:
    assert textsafe.clean_line(text) == shown


@given(st.text(st.characters(codec=None)))
def test_no_control_ever_passes(text: str) -> None:
    line = textsafe.clean_line(text)
    assert not textsafe.has_controls(line)
    assert all(character.isprintable() or ord(character) >= 0xA0 for character in line)
    assert textsafe.clean_line(line) == line
    line.encode("utf-8")


@given(st.text())
def test_the_last_line_of_defence_strips_what_it_finds(text: str) -> None:
    assert not textsafe.has_controls(textsafe.strip_controls(text))


def test_lines_are_kept_where_they_are_wanted() -> None:
    assert textsafe.clean("one\r\ntwo\nthree") == "one\ntwo\nthree"
    assert textsafe.clean_line("one\r\n  two\nthree ") == "one two three"
