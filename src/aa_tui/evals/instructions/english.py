"""What small rules can tell of English words: whether a text begins with a verb, and how many syllables a word has."""

from __future__ import annotations

import re

from aa_tui.evals.instructions.reading import tokens
from aa_tui.evals.instructions.word_lists import AUXILIARIES, NEGATED, NOT_VERBS, PAST_FORMS, VERBS

_AFTER_A_NOUN = AUXILIARIES | NEGATED | frozenset(["isn", "remain", "remains", "seem", "seems", "become", "becomes"])
_AFTER_A_VERB = frozenset(
    ["the", "a", "an", "this", "that", "these", "those", "my", "your", "our", "their", "his", "her", "its", "it", "them", "me", "us", "him", "all", "each", "every"]
)
_NO_VERB = re.compile(
    r"\w{2,}(?:ly|ness|tion|sion|ment|ity|ful|ous|less|able|ible|ical|ial|ism|ist|ship|hood|ology|ance|ence|ian|ese|ward|teen)"
)
_MADE_VERB = re.compile(r"\w{3,}(?:i[sz]e|ify)")
_NOUNS_IN_ING = frozenset(
    ["thing", "something", "nothing", "everything", "anything", "king", "ring", "spring", "string", "wing", "sibling", "ceiling", "morning", "evening", "during", "lightning", "pudding", "wedding", "sterling", "darling", "duckling", "viking", "herring"]
)
_VOWELS = re.compile("[aeiouy]+")
_ONE_SOUND = frozenset(["a", "e", "i", "o", "u", "y", "ai", "ay", "au", "aw", "ee", "ea", "ei", "ey", "ie", "oa", "oe", "oi", "oo", "ou", "oy", "ue", "ui"])


def starts_with_verb(text: str) -> bool | None:
    """Whether the first word is a verb; None for one that could as well be a noun (Plans, Runs).

    The word behind it tells nouns ("Love is blind") and commands ("Zip the bag") apart.
    """
    first, second, *_ = [*(word.lower() for word in tokens(text[:400])), "", ""]
    if first in AUXILIARIES or first in NEGATED or first in PAST_FORMS:
        return True
    if not first or first in NOT_VERBS or not first.isalpha() or second in _AFTER_A_NOUN:
        return first.endswith("ing") and _stem_is_verb(first, "ing")
    if first in VERBS or _MADE_VERB.fullmatch(first):
        return True
    if first.endswith("ing"):
        return first not in _NOUNS_IN_ING
    if first.endswith("ed") and _stem_is_verb(first, "ed"):
        return True
    if first.endswith("s") and _stem_is_verb(first, "s"):
        return None
    return second in _AFTER_A_VERB and _NO_VERB.fullmatch(first) is None and not first.endswith("s")


def _stem_is_verb(word: str, ending: str) -> bool:
    """Baking, running, tried and goes are of bake, run, try and go."""
    stem = word.removesuffix(ending)
    stems = {stem, f"{stem}e", f"{stem[:-1]}y" if stem.endswith("i") else stem, stem.removesuffix("e")}
    if stem[-1:] == stem[-2:-1]:
        stems.add(stem[:-1])
    return bool(stems & VERBS)


def syllables(word: str) -> int | None:
    """How many syllables a word in lower case has; None where its spelling does not tell."""
    groups = _VOWELS.findall(word)
    if not word.isascii() or not word.isalpha() or not groups or any(group not in _ONE_SOUND for group in groups):
        return None
    if len(groups) == 1:
        return None if word.endswith(("sm", "thm")) else 1
    if word.endswith(("e", "es", "ed", "eds")) or any("e" in group for group in groups[1:-1]):
        return None
    return None if any(len(group) > 1 for group in groups) else len(groups)
