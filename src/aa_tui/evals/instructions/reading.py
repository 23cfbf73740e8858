"""Words, sentences, lines and paragraphs of an answer, as the instruction checks count them.

The public checkers count with NLTK's trained models; these are small rules, so counts can differ by one where a text is
odd: unknown abbreviations, lists without full stops. Everything here is linear in the text's length.
"""

from __future__ import annotations

import re
import string


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PUNCTUATION = string.punctuation

_NO_PUNCTUATION = str.maketrans("", "", PUNCTUATION)
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[^\W_]+(?:[-.&][^\W_]+)*")
_STOP = re.compile(r"[.!?…。！？]+[\"'”’»)\]*_]*")
_BEFORE_STOP = re.compile(r"[^\s\"'“‘«(\[*_]{1,24}$")
_ABBREVIATIONS = _set(
    "mr mrs ms mx dr prof sr jr st mt ave vs etc eg ie cf approx ca inc ltd co corp dept est al gen col capt sgt lt "
    "rev hon gov sen jan feb mar apr jun jul aug sep sept oct nov dec ph.d"
)
_ENDS_A_SENTENCE_TOO = _set("etc inc ltd co corp jr sr st ave ph.d al est")
_BEFORE_A_NUMBER = _set("no nos vol vols fig figs p pp ch chap sec eq art op nr")
_LETTERS = re.compile(r"(?:[a-z]\.)+[a-z]")
_OPENERS = _set(
    "the a an it he she we they i you this that these those there here in on at for from with to of by as if when "
    "while after before but and or so then now not no yes its his her our their my your what who why how where however "
    "also although because since many some most all both each every let do does did is are was were can will"
)
"""Words with which a sentence begins more often than a name does."""
_PARAGRAPH_BREAK = re.compile(r"\n\n")


def count_words(text: str) -> int:
    """Runs of letters, digits and underscores."""
    return sum(1 for _ in _WORD.finditer(text))


def tokens(text: str) -> list[str]:
    """Words without punctuation around them; hyphens and inner points stay, apostrophes part."""
    return _TOKEN.findall(text)


def bare_words(text: str) -> list[str]:
    """Words between white space, in lower case, all ASCII punctuation deleted."""
    return text.lower().translate(_NO_PUNCTUATION).split()


def without_punctuation(text: str) -> str:
    """The text with all ASCII punctuation deleted."""
    return text.translate(_NO_PUNCTUATION)


def trimmed(word: str) -> str:
    """A word without the ASCII punctuation and spaces around it."""
    return word.strip(PUNCTUATION + " ")


def sentences(text: str) -> list[str]:
    """The sentences of a text with their stops; line breaks are spaces, a last piece without a stop is one too."""
    text = " ".join(text.split())
    found, start = [], 0
    for stop in _STOP.finditer(text):
        if _ends_sentence(text, start, stop):
            found.append(text[start : stop.end()].strip())
            start = stop.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:  # noqa: PLR0911 - one rule a line
    after = text[stop.end() : stop.end() + 25]
    if after and not after[0].isspace() and stop.group()[0] not in "。！？":
        return False
    after = after.lstrip(" \"'“‘«([*_")
    if stop.group().startswith(("...", "…")):
        return not after[:1].islower()
    if not stop.group().startswith(".") or stop.group().startswith(".."):
        return True
    before = _BEFORE_STOP.search(text, max(start, stop.start() - 25), stop.start())
    word = before.group().lower() if before else ""
    opens = not after or (after[0].isupper() and (_first_word(after) in _OPENERS))
    if word in _BEFORE_A_NUMBER:
        return not after[:1].isdigit()
    if word in ("a.m", "p.m") or word in _ENDS_A_SENTENCE_TOO - {"st", "al", "est"}:
        return not after or after[0].isupper()
    if _LETTERS.fullmatch(word) or word in _ENDS_A_SENTENCE_TOO:
        return opens
    if word in _ABBREVIATIONS:
        return not after
    if len(word) == 1 and word.isalpha() and word != "i" and after[:1].isupper():
        return opens  # an initial: J. Smith
    # "1." opens an item of a list; the number alone is no sentence.
    return not (word.isdigit() and text[start : stop.start()].strip("*_#( ").isdigit() and after)


def _first_word(text: str) -> str:
    match = _WORD.match(text)
    return match.group().lower() if match else ""


def paragraphs(text: str) -> list[str]:
    """The pieces between blank lines, empty ones included."""
    return _PARAGRAPH_BREAK.split(text)


def lines(text: str) -> list[str]:
    """The lines that are not blank, as they are."""
    return [line for line in text.split("\n") if line.strip()]
