"""The words by which answers are told (`answer_words.toml`); read when an answer is first graded.

They are looked for with `str.find`, not with one large pattern: of some hundred words a text holds a few, and grading
must cost less than a tenth of a millisecond.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_JOINED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that write no spaces between words, or none before particles."""

_MOST_PLACES = 64
"""Places of one word that are looked at, from a text's end."""

_TAIL = 300
"""Characters of a text's end in which marks are looked for first."""

_SIGNS = (":", "：", "**", "#", "__")
_SIGNS_OF_A_LINE = ("-", "=", "|", "–", "—", "→", "⇒", "＝")
"""What a mark has in it, behind its word or before; the latter also in other places, so that only a text's end is
searched for them."""

_APART = r"(?:[ \t]{1,3}\([^()\n]{1,40}\)|[ \t]{1,3}(?:to|for|of|in)(?:[ \t]{1,3}[^\s.,:;!?()=*_]{1,20}){1,4}?)?"
# The other end of an emphasis, not the beginning of the answer's own.
_CLOSED = r"[ \t]{0,6}(?:(?:\*{1,3}|_{1,2})(?=\s|$))?[ \t]{0,6}"
_DASHED = re.compile(r"[ \t*_]{0,6}(?:[=＝–—|→⇒-]|[-=]>)[ \t*_]{1,6}(?=\S)")
_HEADED = re.compile(r"[ \t*_]{0,6}(?=\n|$)")
_HEADING = re.compile(r"(?:[ \t]{0,3}#{1,6}[ \t]|[ \t]{0,3}\*\*|[ \t]{0,3}__)[ \t*_]{0,4}(?:[^\s*_#:]{1,20}[ \t]){0,3}")
_LONGEST_HEAD = 48
_LINE_MARKS = " \t>#*_|"


@dataclass(frozen=True, slots=True)
class Word:
    """A word in small letters, and whether it has bounds on its left and right."""

    text: str
    bounded_before: bool
    bounded_after: bool

    def is_at(self, text: str, start: int) -> bool:
        """Whether it stands at `start` as a word of its own."""
        end = start + len(self.text)
        if self.bounded_before and start and (text[start - 1].isalnum()):
            return False
        return not (self.bounded_after and end < len(text) and text[end].isalnum())


def lowered(text: str) -> str:
    """A text in small letters, each at its old place."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one if len(one.lower()) != 1 else one.lower() for one in text)


def places(kind: str, text: str) -> Iterator[tuple[int, int]]:
    """Where words of a kind stand in a text, word after word."""
    small = lowered(text)
    for word in [word for word in _words(kind, text.isascii()) if word.text in small]:
        start = small.find(word.text)
        while start >= 0:
            if word.is_at(small, start):
                yield start, start + len(word.text)
            start = small.find(word.text, start + 1)


def has(kind: str, text: str) -> bool:
    """Whether a text has a word of a kind."""
    return next(places(kind, text), None) is not None


def first(kind: str, text: str) -> tuple[int, int] | None:
    """The first word of a kind; of several that start there the longest."""
    return min(places(kind, text), key=lambda place: (place[0], -place[1]), default=None)


def last(kind: str, text: str) -> tuple[int, int] | None:
    """The last word of a kind."""
    return max(places(kind, text), key=lambda place: (place[1], -place[0]), default=None)


def begins(kind: str, text: str) -> int:
    """The length of the longest word of a kind that a text begins with; 0 for none."""
    small = lowered(text)
    return max(
        (len(w.text) for w in _words(kind, text.isascii()) if small.startswith(w.text) and w.is_at(small, 0)), default=0
    )


def split(kind: str, text: str) -> list[str]:
    """A text's pieces between words of a kind."""
    found = sorted(places(kind, text))
    if not found:
        return [text]
    pieces, at = [], 0
    for start, end in found:
        if start >= at:
            pieces.append(text[at:start])
            at = end
    return [*pieces, text[at:]]


def without(kinds: tuple[str, ...], text: str) -> str:
    """A text with spaces for all words of some kinds, the longest first."""
    small = lowered(text)
    for word in [word for word in _merged(kinds, text.isascii()) if word.text in small]:
        start = small.find(word.text)
        while start >= 0:
            if word.is_at(small, start):
                end = start + len(word.text)
                blank = " " * len(word.text)
                small, text = small[:start] + blank + small[end:], text[:start] + blank + text[end:]
            start = small.find(word.text, start + 1)
    return text


def pattern(kind: str) -> str:
    """A pattern (without groups) for any word of a kind, for short texts."""
    return _alternatives(_words(kind, False))


def markers(text: str) -> list[tuple[int, int]]:
    """Where "Answer:" and its like stand, in any language: start, and end of the mark. With what may stand between the
    word and the colon; also before a dash at the start of a line, and alone on a line that is a heading or bold. Those
    in a text's last lines, if there are any there."""
    tail = _tail(text)
    return _markers_from(text, tail, (*_SIGNS, *_SIGNS_OF_A_LINE)) or (_markers_from(text, 0, _SIGNS) if tail else [])


def sayings(text: str) -> list[tuple[int, int]]:
    """Where "the answer is" stands, in any language: up to six words may stand between the noun and the verb. Those in
    a text's last lines, if there are any there."""
    tail = _tail(text)
    return _sayings_from(text, tail) or (_sayings_from(text, 0) if tail else [])


def noun_places(text: str) -> Iterator[int]:
    """Where nouns for answers and options begin in a text, in any language, one noun after the other."""
    small = lowered(text)
    for kind in ("answer", "option"):
        for word in _shortest(kind, small.isascii()):
            start = small.find(word.text)
            while start >= 0:
                if word.is_at(small, start):
                    yield start
                start = small.find(word.text, start + 1)


def _tail(text: str) -> int:
    """Where the words begin that are a text's last `_TAIL` characters."""
    return text.find(" ", len(text) - _TAIL) + 1 if len(text) > _TAIL else 0


def _markers_from(text: str, at: int, signs: tuple[str, ...]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    small = lowered(text[at:])
    if not any(sign in small for sign in signs):
        return found
    for kind in ("answer", "option"):
        for start, end in _last_places(_shortest(kind, small.isascii()), small):
            behind = _mark_end(kind, text, at + start, at + end)
            if behind:
                found.append((at + start, behind))
    return sorted(found)


def _mark_end(kind: str, text: str, start: int, end: int) -> int:
    """The end of the mark that a noun at a place makes; 0 where it makes none."""
    match = _before_colon(kind).match(text, end)
    if match is None and _begins_line(text, start):
        match = _DASHED.match(text, end)
    if match is None and kind == "answer":
        line = text.rfind("\n", 0, start) + 1
        match = _HEADED.match(text, end) if _HEADING.fullmatch(text, line, start) else None
    return match.end() if match else 0


def _sayings_from(text: str, at: int) -> list[tuple[int, int]]:
    small, found = lowered(text[at:]), []
    for code, wanted in _nouns(small.isascii()):
        if wanted.text in small:
            for start, end in _last_places((wanted,), small):
                match = _before_verb(code).match(text, at + end)
                if match is not None:
                    found.append((at + start, match.end()))
    return sorted(found)


def question_at(text: str) -> Iterator[int]:
    """Where lines begin that ask a further question, or hand the turn back: "Question 2: ...", "User: ..."."""
    if ":" not in text and "：" not in text:
        return
    at = 0
    for line in text.split("\n"):
        colon = _colon_in(line)
        if colon > 0:
            word = line[:colon].strip(_LINE_MARKS).rstrip("0123456789").rstrip(" #\t").lower()
            if word in _questions():
                yield at
        at += len(line) + 1


def answer_below(text: str) -> tuple[int, int] | None:
    """The "A:" of a line, as below "Q: ...", unless it begins a list of options."""
    if "A" not in text or not any(sign in text for sign in ("A:", "A*", "A：", "A :")):
        return None
    found = list(_A_LINE.finditer(text))
    return found[-1].span() if found and not _B_LINE.search(text) else None


_A_LINE = re.compile(r"^[ \t>*_]{0,8}A[ \t*_]{0,4}[:：][ \t*_]{0,6}(?=\S)", re.MULTILINE)
_B_LINE = re.compile(r"^[ \t>*_-]{0,8}B[ \t*_]{0,4}[:：]", re.MULTILINE)


def _colon_in(line: str) -> int:
    """The place of the first colon near a line's beginning, -1 for none."""
    head = line[:_LONGEST_HEAD]
    place = head.find(":")
    return place if place >= 0 else head.find("：")


def _begins_line(text: str, start: int) -> bool:
    line = text.rfind("\n", 0, start) + 1
    before = text[line:start].strip(_LINE_MARKS)
    return len(before) <= 24 and len(before.split()) <= 2 and not before.endswith((".", ",", ":"))


def _last_places(wanted: tuple[Word, ...], small: str) -> Iterator[tuple[int, int]]:
    for word in [word for word in wanted if word.text in small]:
        start, n_seen = small.rfind(word.text), 0
        while start >= 0 and n_seen < _MOST_PLACES:
            if word.is_at(small, start):
                yield start, start + len(word.text)
            n_seen += 1
            start = small.rfind(word.text, 0, start)


@cache
def _before_colon(kind: str) -> re.Pattern[str]:
    """From the end of a noun to behind the colon."""
    joined = rf"(?:[ \t]{{0,3}}{pattern('is')}|[ \t]{{1,3}}{pattern('option')})?"
    return re.compile(
        rf"{_APART if kind == 'answer' else ''}{joined}[ \t*_]{{0,6}}[:：]{{1,2}}\}}?{_CLOSED}", re.IGNORECASE
    )


@cache
def _before_verb(code: str) -> re.Pattern[str]:
    """From the end of a noun to behind the verb."""
    between = r"(?:[ \t]+[^\s.,:;!?()=]{1,20}){0,6}?[ \t*_]*"
    verbs = tuple(map(_word, _languages()[code]["is"]))
    return re.compile(rf"{between}{_alternatives(verbs)}[ \t:：*_]*", re.IGNORECASE)


@cache
def _nouns(is_ascii: bool) -> tuple[tuple[str, Word], ...]:
    """The nouns of the languages that have a verb for "is", with their languages."""
    found = []
    for code, language in _languages().items():
        nouns = [_word(text) for text in (*language["answer"], *language["option"])] if language["is"] else []
        found += [(code, word) for word in _without_longer(nouns, is_ascii)]
    return tuple(found)


@cache
def _shortest(kind: str, is_ascii: bool) -> tuple[Word, ...]:
    return _without_longer(list(_words(kind, is_ascii)), is_ascii)


def _without_longer(found: list[Word], is_ascii: bool) -> tuple[Word, ...]:
    """Without words that end in another one: "final answer" is found by "answer"."""
    kept = [word for word in found if word.text.isascii() or not is_ascii]
    return tuple(one for one in kept if not any(one != other and _ends_in(one, other) for other in kept))


def _ends_in(one: Word, other: Word) -> bool:
    """Whether wherever one word stands, the other does too."""
    start = len(one.text) - len(other.text)
    return one.text.endswith(other.text) and other.is_at(one.text, start)


@cache
def _questions() -> frozenset[str]:
    return frozenset(word.text for word in _words("question", False))


@cache
def _words(kind: str, is_ascii: bool) -> tuple[Word, ...]:
    """The words of a kind, of all languages, the longest first; those that a text in ASCII may have."""
    texts = {text for language in _languages().values() for text in language.get(kind, ())}
    found = [_word(text) for text in texts if text.isascii() or not is_ascii]
    return tuple(sorted(found, key=lambda word: (-len(word.text), word.text)))


@cache
def _merged(kinds: tuple[str, ...], is_ascii: bool) -> tuple[Word, ...]:
    found = {word for kind in kinds for word in _words(kind, is_ascii)}
    return tuple(sorted(found, key=lambda word: (-len(word.text), word.text)))


def _word(text: str) -> Word:
    text = text.lower()
    return Word(text, _is_bounded(text[0]), _is_bounded(text[-1]))


def _is_bounded(character: str) -> bool:
    return character.isalnum() and not _JOINED.match(character)


def _alternatives(found: tuple[Word, ...]) -> str:
    return f"(?:{'|'.join(map(_escaped, found))})" if found else "(?!)"


def _escaped(word: Word) -> str:
    before = r"(?<![^\W_])" if word.bounded_before else ""
    after = r"(?![^\W_])" if word.bounded_after else ""
    return f"{before}{re.escape(word.text)}{after}"


@cache
def _languages() -> dict[str, dict[str, list[str]]]:
    text = resources.files("aa_tui.evals").joinpath("answer_words.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return {code: found for code, found in data.items() if isinstance(found, dict)}
