"""Which language a text is in, by py3langid's model of byte n-grams, among the languages that people ask for.

A text of a few words may be in several of them: then nothing is decided, and the caller says so.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from aa_tui.evals.instructions.word_lists import STOP_WORDS, VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from py3langid.langid import LanguageIdentifier

LANGUAGES = [
    "af",
    "ar",
    "be",
    "bg",
    "bn",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fr",
    "ga",
    "gl",
    "gu",
    "he",
    "hi",
    "hr",
    "hu",
    "hy",
    "id",
    "is",
    "it",
    "ja",
    "ka",
    "kk",
    "kn",
    "ko",
    "lt",
    "lv",
    "mk",
    "ml",
    "mr",
    "ms",
    "ne",
    "nl",
    "no",
    "or",
    "pa",
    "pl",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "sq",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "tl",
    "tr",
    "uk",
    "ur",
    "vi",
    "zh",
]
"""ISO 639-1 codes. The more there are, the more often a short text looks like a rare one."""

_LIKELY = 0.3
"""A text is in its likeliest language from this share on. One word is in several."""
_BEHIND = 20
"""It is not in a language where another, with a share that says something, is so many times as likely."""
_SOMETHING = 0.15
_LONGEST = 20_000
"""Characters that are looked at: more of them decide no better."""

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = (
    STOP_WORDS
    | VERBS
    | frozenset(
        ["yes", "okay", "ok", "hello", "hi", "sorry", "sure", "thanks", "thank", "please", "never", "nothing", "maybe"]
    )
)


def is_in(text: str, language: str) -> bool | None:
    """Whether a text is in the language of an ISO 639-1 code; None where that cannot be told."""
    shares = _shares(text)
    if not shares:
        return None
    best = max(shares, key=shares.__getitem__)
    asked = shares.get(language, 0.0)
    if best == language and asked >= _LIKELY:
        return True
    return False if shares[best] >= _SOMETHING and shares[best] > _BEHIND * asked else None


def is_english(text: str) -> bool | None:
    """As `is_in`, but common English words decide where the model cannot, since "YES" alone is a possible answer."""
    found = is_in(text, "en")
    if found is not None:
        return found
    shares = _shares(text)
    words = _WORD.findall(text.lower())
    if shares and (max(shares, key=shares.__getitem__) == "en" or any(word in _ENGLISH for word in words)):
        return True
    return None


def _shares(text: str) -> Mapping[str, float]:
    """How likely a text is in each of the languages; empty for one without letters."""
    text = text[:_LONGEST]
    if _WORD.search(text) is None:
        return {}
    return dict(_model().rank(text))


@cache
def _model() -> LanguageIdentifier:
    """Read once in each process that needs it, in half a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in LANGUAGES if code in model.labels])
    return model
