"""Nothing that a terminal would obey passes `textsafe`."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui import jsontext, markdowntext, textsafe

ANY_TEXT = st.text(st.characters(codec=None))
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)

ATTACKS = {
    "\x1b]0;owned\x07name": "name",
    "\x1b]52;c;ZWNobyBoaQ==\x1b\\name": "name",
    "\x1b[2J\x1b[55;66Hname": "name",
    "\x9b31mname": "name",
    "\x9d0;owned\x9cname": "name",
    "\x1bP1$r0m\x1b\\name": "name",
    "na\u202eme\u2069": "name",
    "na\x00m\x7fe\x08": "name",
    "na\U000e0041\u2028\ufff9m\u206ae\ud800": "name",
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


@given(ANY_TEXT)
def test_what_is_shown_holds_nothing_to_obey_and_keeps_lines(text: str) -> None:
    shown = textsafe.shown(text)
    assert not textsafe.has_controls(shown.replace("\n", ""))
    assert textsafe.shown(shown) == shown
    assert not textsafe.has_controls(textsafe.shown_line(text))
    shown.encode()


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=40))
def test_what_can_be_seen_is_shown_as_it_is(text: str) -> None:
    assert textsafe.shown(text) == text


@given(ANY_JSON, st.booleans(), st.sampled_from([None, 2]))
def test_json_can_be_shown_and_reads_back_the_same(value: object, ascii_only: bool, indent: int | None) -> None:
    text = jsontext.dumps(value, indent=indent, ascii_only=ascii_only)
    assert textsafe.shown(text) == text
    text.encode()
    assert json.loads(text) == json.loads(json.dumps(value)), "two halves of a character are one in all JSON"
    assert text.isascii() or not ascii_only


def test_json_has_no_numbers_that_json_has_not() -> None:
    assert jsontext.dumps({"a": [math.nan, math.inf, 1.5], "b": -math.inf}) == '{"a": [null, null, 1.5], "b": null}'


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("1. one\n- two\n+ three", "1\\. one\n\\- two\n\\+ three"),
        ("title\n===\nother\n---", "title\n\\===\nother\n\\---"),
        ("    code", "code"),
        (
            "[a](b) ![c](d) <e> &lt; `f` # *g* _h_ ~i~ a|b",
            r"\[a\](b) !\[c\](d) \<e\> \&lt; \`f\` \# \*g\* \_h\_ \~i\~ a\|b",
        ),
        ("-5 is 3.5 GB & more", "-5 is 3.5 GB & more"),
    ],
)
def test_text_of_others_is_no_markdown(text: str, markdown: str) -> None:
    assert markdowntext.as_markdown(text) == markdown
