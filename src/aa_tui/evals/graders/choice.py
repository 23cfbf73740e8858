"""Grader "choice": one letter, or the chosen option's full text."""

from __future__ import annotations

import re
import string

from aa_tui.evals.extraction import (
    after_marker,
    after_saying,
    by_patterns,
    last_boxed,
    last_line,
    readable,
    shown,
    unwrapped,
)
from aa_tui.evals.items import Item, Pack, PackError, Verdict

# A letter alone: at the end, or before what sets it apart from its option's text. "A cat" holds no letter.
_LETTER = re.compile(
    r"(?:(?:option|choice|answer|letter|选项)\s{0,3}[:：]?\s{0,3})?"
    r"[\[({*_`\"']{0,4}\s?([A-Za-zＡ-Ｚ])\s?(?:[\])}*_`\"']{1,4}|[.:：,;。，]|\s[-–—(]|$)",
    re.IGNORECASE,
)
_SET_APART = re.compile(r"\\(?:text|textbf|textrm|mathrm|mathbf)\s?\{\s?[(\[]?([A-Za-z])[)\].:]?\s?\}")
_SECOND = re.compile(r"\s{0,3}(?:,|/|&|\band\b|\bor\b|\+)\s{0,3}\(?[A-Z]\)?(?![A-Za-z])")
# "B is correct" and "I choose B", in the few words around it that leave no doubt that B is no word.
_CHOSEN = re.compile(
    r"(?:^|(?<![A-Za-z])(?i:option|choice|answer|so|thus|therefore|hence|that))[ \t,:*(]{0,4}([A-Z])[)*]{0,3}"
    r"[ \t]{1,3}(?i:is[ \t]{1,3}(?:the[ \t]{1,3})?(?:correct|right|best))(?![a-z])"
    r"|(?<![A-Za-z])(?i:choose|pick|select|go with)[ \t]{1,3}(?:option[ \t]{1,3})?[(*\[]{0,3}([A-Z])[)*\]]{0,3}"
    r"(?=[ \t]{0,3}(?:[.,;:!\n]|$|because|since))",
    re.MULTILINE,
)
_OPTION_LINE = re.compile(r"[>*_ \t-]{0,6}(?:\(([A-Z])\)|([A-Z])[.)])[*_]{0,3}\s+\S")
_WHITE = re.compile(r"\s+")


class Choice:
    """Takes the pack's patterns; else "Answer: X", \\boxed{X}, "the answer is (X)", a last line that is a letter or one
    option, or "X is correct" and "I choose X".

    Letters are those of the options in the order shown (`prompts.shuffled`); items without options have their letter
    as answer. An option's full text counts as its letter.
    """

    name = "choice"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong; no answer where none was given. Raises PackError for a key that is no option."""
        label = f"{self.name}/{self.version}"
        choices, key = _options(pack, item)
        text = readable(answer)
        phrase, letter = _chosen(pack, text, choices)
        if phrase is None:
            return Verdict("no_answer", None, label, "no option was named" if text.strip() else "the answer is empty")
        if letter is None:
            return Verdict("wrong", shown(phrase), label, "neither one letter nor one option's text")
        right = letter == key
        return Verdict("correct" if right else "wrong", letter, label, "" if right else f"not {key}")


def _options(pack: Pack, item: Item) -> tuple[tuple[str, ...], str]:
    if item.choices:
        from aa_tui.evals.prompts import shuffled

        choices, letter = shuffled(pack, item)
        return tuple(choices), letter
    key = letter_of(str(item.answer))
    if key is None:
        raise PackError(f"Item {item.id}: it has no choices, so its answer must be a letter, not {item.answer!r}.")
    return (), key


def _chosen(pack: Pack, text: str, choices: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The phrase taken as the answer, and the letter that it means, if it means one."""
    phrase = by_patterns(pack.extraction, text)
    if phrase is not None:
        return phrase, _meant(phrase, choices)
    stated = None
    for find in (after_marker, last_boxed, after_saying):
        phrase = find(text)
        letter = _meant(phrase, choices) if phrase else None
        if letter is not None:
            return phrase, letter
        # What stands behind "Answer:" or in a box is an answer even if it is none of the options.
        if find is not after_saying:
            stated = stated or phrase
    line = last_line(text)
    letter = _alone(line, choices) or _last_option(text) if line else None
    if letter is not None:
        return line, letter
    letters = [match.group(1) or match.group(2) for match in _CHOSEN.finditer(text)]
    return (letters[-1], letters[-1]) if letters and not stated else (stated, None)


def letter_of(phrase: str) -> str | None:
    """The one letter that a short phrase states, in upper case: "(B)", "**B.** Paris", "B) Paris"; none in "A cat"."""
    bare = unwrapped(last_boxed(phrase) or phrase)
    match = _SET_APART.match(bare) or _LETTER.match(bare)
    if match is None or _SECOND.match(bare, match.end(1)):
        return None
    letter = match.group(1).upper()
    return letter if letter in string.ascii_uppercase else chr(ord(letter) - ord("Ａ") + ord("A"))


def _meant(phrase: str, choices: tuple[str, ...]) -> str | None:
    by_text = _by_text(phrase, choices)
    return by_text if by_text is not None else letter_of(phrase)


def _alone(line: str, choices: tuple[str, ...]) -> str | None:
    """The letter of a line that is a letter alone, or an option's text with or without its letter."""
    bare = unwrapped(line).strip("()[] ")
    if len(bare) == 1 and bare in string.ascii_uppercase:
        return bare
    return _by_text(line, choices)


def _last_option(text: str) -> str | None:
    """The letter of a last line such as "(B) 12/25/1937", unless it ends a list of options."""
    lines = [line for line in text[-4_000:].split("\n") if line.strip()]
    last, *before = reversed(lines)
    match = _OPTION_LINE.match(last)
    if match is None or (before and _OPTION_LINE.match(before[0])):
        return None
    return match.group(1) or match.group(2)


def _by_text(phrase: str, choices: tuple[str, ...]) -> str | None:
    """The letter of the option whose whole text this is, with or without the letter before it."""
    said = _plain(last_boxed(phrase) or phrase)
    letters = []
    for letter, choice in zip(string.ascii_uppercase, choices, strict=False):
        option = _plain(choice)
        if said == option or re.fullmatch(rf"[(\[]?{letter.lower()}[.):\]]{{0,2}}\s{{0,3}}{re.escape(option)}", said):
            letters.append(letter)
    return letters[0] if len(letters) == 1 else None


def _plain(text: str) -> str:
    return _WHITE.sub(" ", unwrapped(text)).strip().casefold()


GRADER = Choice()
