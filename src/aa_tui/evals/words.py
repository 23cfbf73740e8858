"""The words by which answers are told (`answer_words.toml`), as patterns; read when an answer is first graded."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

_JOINED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that write no spaces between words, or none before particles."""


def any_word(kind: str) -> str:
    """A pattern (without groups) for any word of a kind, of all languages; the longest first."""
    return _alternatives({word for words in _languages().values() for word in words.get(kind, ())})


def pattern(kind: str) -> re.Pattern[str]:
    """`any_word` alone, whatever its case."""
    return _pattern(kind)


@cache
def saying() -> re.Pattern[str]:
    """ "The answer is" in any language: up to six words may stand between the noun and the verb."""
    told = []
    for words in _languages().values():
        if words["is"]:
            nouns, verbs = _alternatives({*words["answer"], *words["option"]}), _alternatives(set(words["is"]))
            told.append(rf"{nouns}(?:[ \t]+[^\s.,:;!?()=]{{1,20}}){{0,6}}?[ \t*_]*{verbs}")
    return re.compile(rf"(?:{'|'.join(told)})[ \t:：*_]*", re.IGNORECASE)


@cache
def marker() -> re.Pattern[str]:
    """ "Answer:" in any language, with what may stand between the word and the colon; or such a word alone on a line
    that is a heading or bold; or before a dash at the start of a line."""
    answers, options = any_word("answer"), any_word("option")
    nouns = rf"(?:{answers}|{options})"
    joined = rf"(?:[ \t]{{0,3}}{any_word('is')}|[ \t]{{1,3}}{options})?"
    apart = r"(?:[ \t]{1,3}\([^()\n]{1,40}\)|[ \t]{1,3}(?:to|for|of|in)(?:[ \t]{1,3}[^\s.,:;!?()=*_]{1,20}){1,4}?)?"
    # The other end of an emphasis, not the beginning of the answer's own.
    closed = r"[ \t]{0,6}(?:(?:\*{1,3}|_{1,2})(?=\s|$))?[ \t]{0,6}"
    return re.compile(
        rf"(?:{answers}{apart}|{options}){joined}[ \t*_]{{0,6}}[:：]{closed}"
        rf"|^[ \t>#*_]{{0,8}}{nouns}{joined}[ \t*_]{{0,6}}[=＝–—-][ \t*_]{{1,6}}(?=\S)"
        rf"|^(?:[ \t]{{0,3}}#{{1,6}}[ \t]|[ \t]{{0,3}}\*\*|[ \t]{{0,3}}__)[ \t*_]{{0,4}}(?:[^\s*_#:]{{1,20}}[ \t]){{0,3}}"
        rf"{answers}[ \t*_]{{0,6}}$"
        # "A: 18" below "Q: ...", but not where it begins a list of options.
        r"|^[ \t>*_]{0,8}A[ \t*_]{0,4}[:：](?![\s\S]{0,2000}^[ \t>*_-]{0,8}B[ \t*_]{0,4}[:：])[ \t*_]{0,6}(?=\S)",
        re.IGNORECASE | re.MULTILINE,
    )


@cache
def question() -> re.Pattern[str]:
    """The start of a line that asks a further question, or hands the turn back."""
    return re.compile(
        rf"^[ \t>*_#]{{0,8}}{any_word('question')}(?:[ \t]{{0,3}}[#]?\d{{1,4}})?[ \t*_]{{0,4}}[:：.]", re.I | re.M
    )


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(any_word(kind), re.IGNORECASE)


def _alternatives(words: set[str]) -> str:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(_bounded, ordered))})" if ordered else "(?!)"


def _bounded(word: str) -> str:
    """A word as a pattern: with bounds where its script has spaces, white space of any length inside."""
    escaped = r"[ \t]{1,3}".join(map(re.escape, word.split(" ")))
    before = "" if _JOINED.match(word) or not word[0].isalnum() else r"(?<![^\W_])"
    after = "" if _JOINED.match(word[-1]) or not word[-1].isalnum() else r"(?![^\W_])"
    return f"{before}{escaped}{after}"


@cache
def _languages() -> dict[str, dict[str, list[str]]]:
    text = resources.files("aa_tui.evals").joinpath("answer_words.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return {code: words for code, words in data.items() if isinstance(words, dict)}
