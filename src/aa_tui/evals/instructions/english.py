"""What small rules can tell of English words: whether a text begins with a verb, and how many syllables a word has."""

from __future__ import annotations

import re

from aa_tui.evals.instructions.reading import tokens
from aa_tui.evals.instructions.word_lists import (
    AUXILIARIES,
    DETERMINERS,
    NEGATED,
    NOT_VERBS,
    NOUNS_IN_ING,
    PAST_FORMS,
    SINGLE_SOUNDS,
    VERBS,
)

_NO_VERB = re.compile(
    r"\w{2,}(?:ly|ness|tion|sion|ment|ity|ful|ous|less|able|ible|ical|ial|ism|ist|ship|hood|ology|ance|ence|ian|ese)"
)
_MADE_VERB = re.compile(r"\w{3,}(?:i[sz]e|ify)")
_VOWELS = re.compile("[aeiouy]+")


def starts_with_verb(text: str) -> bool | None:  # noqa: PLR0911 - one rule a line
    """Whether the first word is a verb, a participle too; None for one that could as well be a noun (Plans, Runs).

    The word behind it tells nouns ("Love is blind") and commands ("Zip the bag") apart.
    """
    first, second, *_ = [*(word.lower() for word in tokens(text[:400])), "", ""]
    if first in AUXILIARIES | NEGATED | PAST_FORMS:
        return True
    if first in NOT_VERBS or not first.isalpha():
        return False
    if first.endswith("ing"):
        return first not in NOUNS_IN_ING
    if second in AUXILIARIES | NEGATED:  # what is behind a noun
        return False
    if first in VERBS or _MADE_VERB.fullmatch(first) or (first.endswith("ed") and _stem_is_verb(first, "ed")):
        return True
    if first.endswith("s"):
        return None if _stem_is_verb(first, "s") else False
    return second in DETERMINERS and _NO_VERB.fullmatch(first) is None


def _stem_is_verb(word: str, ending: str) -> bool:
    """Baked, stopped, tried and goes are of bake, stop, try and go."""
    stem = word.removesuffix(ending)
    stems = {stem, f"{stem}e", f"{stem[:-1]}y" if stem.endswith("i") else stem, stem.removesuffix("e")}
    if stem[-1:] == stem[-2:-1]:
        stems.add(stem[:-1])
    return bool(stems & VERBS)


def syllables(word: str) -> int | None:
    """How many syllables a word in lower case has; None where its spelling does not tell."""
    groups = _VOWELS.findall(word)
    if not word.isascii() or not word.isalpha() or not groups or any(group not in SINGLE_SOUNDS for group in groups):
        return None
    if len(groups) == 1:
        return None if word.endswith(("sm", "thm")) else 1
    if word.endswith(("e", "es", "ed", "eds")) or any("e" in group for group in groups[1:-1]):
        return None
    return None if any(len(group) > 1 for group in groups) else len(groups)
