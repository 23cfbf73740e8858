"""Which option a phrase names: letters as models write them, and what is said about them.

A sentence is taken apart into clauses. A clause that consists of nothing but option letters (or options' texts) and of
words by which answers are told ("so", "I choose", "is correct") asserts them; one that also says "not" or "wrong" takes
them back; a clause with anything else in it says something about the world, and asserts nothing.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from aa_tui.evals import words
from aa_tui.evals.extraction import last_boxed, unwrapped
from aa_tui.evals.phrases import bare, before_reason, plain, sentences, without_html

_LOOK_ALIKES = str.maketrans(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422",
    "ABEZHIKMNOPTABCEHKMOPT",
)
_SET_APART_COMMAND = re.compile(r"\\(?:text|textbf|textrm|mathrm|mathbf|mathsf|boxed|fbox)\s?\{([^{}]{0,400})\}")
_LETTER = re.compile(
    r"(?<![^\W\u2e80-\uffdc_])([A-Z])(?![^\W\u2e80-\uffdc_]|\+\+|#|['’](?![dt][iıuü]r(?![^\W_]))[^\W\d_])"
)
_ARTICLE = re.compile(r"\s[a-z\u0430-\u044f]")
_WORD = re.compile(r"[^\W_]+")
_SHARE = re.compile(r"\d{1,3}\s?%")
_CLAUSE_END = re.compile(r"[,;/&|、，；()\[\]{}]|\s[-–—]+\s")
_BRACKETED = re.compile(r"[(\[]\s?([A-Z])\s?[)\]]")
_INSERTED = re.compile(
    r",\s*(?:on the other hand|however|in contrast|by contrast|though|of course|meanwhile|in fact|instead)\s*,",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\b(?:rather than|instead of|over|as opposed to|versus|vs)\b", re.IGNORECASE)
_VERDICT_LINE = re.compile(r"[\s|>*_-]{0,8}\(?([A-Z])(?:\)|[*_.):|]|\s[-–—|])(.*)")
_NOT_AVAILABLE = re.compile(r"\W*n\s?/\s?a\W*", re.IGNORECASE)
_BEGINS_OPTION = re.compile(r"[\s|>*_(\[-]{0,9}[A-Z](?![a-z])")
_BARE_LINE = re.compile(r"[>*_ \t-]{0,6}\(?([A-Z])\)?[*_ \t]{0,4}")
_ALONE_SMALL = re.compile(r"[\s(\[*\"'`]{0,6}([a-z])[)\]*\"'`.\s]{0,6}")
_TICKS = str.maketrans(dict.fromkeys("✅✔✓☑", " correct ") | dict.fromkeys("❌✗✘✖❎", " wrong "))
_CIRCLED = str.maketrans(
    {chr(first + n): letter for first in (0x24B6, 0x24D0, 0x1F150) for n, letter in enumerate(string.ascii_uppercase)}
)
_STYLED = re.compile("[\U0001d400-\U0001d6a3]+")
_HEAD = re.compile(r"[\s(\[<{*\"'“‘]{0,4}([A-Za-z])(?:[)\]>}*\"'”’]{1,4}|[.:：,;。，!?]|\s[-–—=(←]|\s*$)")
_NAMED = re.compile(r"^[ \t]*(?:[A-Za-z]|\w{1,12})[ \t]*[=＝]{1,2}[ \t]*(?=\S)")
_OPTION_LINE = re.compile(r"[>*_ \t-]{0,6}(?:\(([A-Z])\)|\[([A-Z])\]|([A-Z])[*_]{0,3}[.):])[*_]{0,3}(?:\s+(\S.*)|$)")
_APART = re.compile(r"[(\[（]\s?([A-Z])\s?[)\]）]")
_ALL_BUT = re.compile(r"\b(?:all|anything|everything|none|nothing) but\b", re.IGNORECASE)
_ALONE = re.compile(r"[\s(\[*\"'`]{0,6}(?:[Oo]ption )?([A-Z])[)\]*\"'`.\s]{0,6}")
_FILLERS = ("filler", "answer", "option", "is", "so", "choose", "right", "or")
_MOST_SENTENCES = 60
_SHORT = 30
"""Characters of a phrase that is a letter with its option's text, and no sentence."""

_LONGEST_ALONE = 1_000
"""Characters of a line that may be one option and nothing else."""
_SHORTEST_TEXT = 3
"""Characters of an option's text from which it is looked for inside phrases."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options as they were shown, A first; without texts any letter may be meant."""

    texts: tuple[str, ...] = ()

    @property
    def letters(self) -> str:
        """Those that name an option."""
        return string.ascii_uppercase[: len(self.texts)] if self.texts else string.ascii_uppercase


def letters_in(phrase: str, options: Options, *, is_stated: bool) -> frozenset[str]:
    """The options that a phrase names: one is an answer, several are no single answer, none is none.

    `is_stated`: the phrase stands behind a mark such as "Answer:", so that its first letter counts whatever follows,
    also a small one.
    """
    phrase = without_html(phrase)
    if _NOT_AVAILABLE.fullmatch(phrase):
        return frozenset()
    alone = _ALONE.fullmatch(phrase)
    alone = alone or _ALONE_SMALL.fullmatch(phrase)
    if alone is not None and alone[1].upper() in options.letters:
        return frozenset(alone[1].upper())
    whole = by_text(phrase, options)
    if whole is not None:
        return frozenset(whole)
    text = _readable(_named(last_boxed(phrase) or phrase, options))
    told, taken_back = _told(before_reason(text, is_letter=True), options)
    head = _head(text, options, small=is_stated)
    if head and head not in taken_back:
        told |= {head, *_text_behind(text, options)}
    if not told:
        told = {letter for letter in _APART.findall(text) if letter in options.letters} - taken_back
        told = told if len(told) == 1 and not _denied(text) else set()
    return frozenset(told - taken_back)


def _named(text: str, options: Options) -> str:
    """Without "X = " before a letter, unless that is an option itself."""
    named = _NAMED.match(text)
    if named is None or (named[0].strip(" \t=＝").upper() in options.letters and options.texts):
        return text
    return text[named.end() :]


def _text_behind(text: str, options: Options) -> set[str]:
    """The letter of the option whose text stands alone behind a letter: D in "B. Mars" where Mars is D."""
    match = _HEAD.match(_without_noun(text))
    rest = _folded(_without_noun(text)[match.end() :]) if match else ""
    same = [letter for letter, option in zip(options.letters, options.texts, strict=False) if _folded(option) == rest]
    return set(same[:1]) if rest and len(same) == 1 else set()


def letters_said(text: str, options: Options) -> frozenset[str]:
    """The options that the last sentence says which says any; lists of the options as they were asked are passed
    over."""
    all_lines = [line for line in text.split("\n") if line.strip()]
    judged = _judged(all_lines, options)
    if judged:
        return frozenset(judged)
    lines = _without_lists(all_lines)
    if not lines:
        return frozenset()
    for line in (lines[-1], lines[0]):
        alone = _option_alone(line, lines, options)
        if alone:
            return frozenset(alone)
    said = [sentence for line in lines[-_MOST_SENTENCES:] for sentence in sentences(line)]
    for sentence in reversed(said[-_MOST_SENTENCES:]):
        if sentence.endswith("?") or (sentence.isascii() and not options.texts and not _LETTER.search(sentence)):
            continue
        told, taken_back = _told(before_reason(_readable(sentence), is_letter=True), options)
        if told - taken_back:
            return frozenset(told - taken_back)
    return frozenset()


def by_text(phrase: str, options: Options) -> str | None:
    """The letter of the option whose whole text this is, with or without the letter before it."""
    said = _folded(last_boxed(phrase) or phrase)
    if len(said) == 1 and said.upper() in options.letters:
        return None  # a letter names the option shown at it, even where options are letters themselves
    found = []
    for letter, text in zip(options.letters, options.texts, strict=False):
        option = _folded(text)
        if said == option or re.fullmatch(rf"[(\[]?{letter.lower()}[.):\]]{{0,2}}\s{{0,3}}{re.escape(option)}", said):
            found.append(letter)
    return found[0] if len(found) == 1 else None


def mentions_one_text(phrase: str, options: Options) -> bool:
    """Whether exactly one option's text stands somewhere in a phrase."""
    return len(set(_masked(_readable(phrase), options)[1])) == 1


def _told(text: str, options: Options) -> tuple[set[str], set[str]]:
    """The letters that a sentence asserts, and those that it takes back."""
    told: set[str] = set()
    told_by_text: set[str] = set()
    taken_back: set[str] = set()
    for clause in _clauses(text):
        whole = _is_text(clause, options)
        if whole:
            told_by_text.add(whole)
            continue
        if not _LETTER.search(clause) and not options.texts:
            continue
        rest, letters = _masked(clause, options)
        rest, named = _without_letters(rest, options)
        of_texts = told_by_text if letters and not named else told
        letters |= named
        if not letters:
            continue
        if _denied(rest):
            taken_back |= letters
        elif not _WORD.search(_SHARE.sub(" ", words.without(_FILLERS, rest))):
            of_texts |= letters
    # In a sentence that gives a letter the texts are what it speaks of; beside a letter one more is a second answer.
    both = told | told_by_text if len(text) <= _SHORT else told or told_by_text
    return both, taken_back


def _clauses(text: str) -> Iterator[str]:
    text = _INSERTED.sub(" ", _ALL_BUT.sub("not", text))
    if len(_BRACKETED.findall(text)) > 1:
        text = _BRACKETED.sub(r" \1 ", text)
    for sentence in sentences(text):
        joined = _letter_list().sub(_as_one, sentence)
        for piece in _CLAUSE_END.split(joined):
            for part in words.split("but", piece):
                yield _COMPARED.split(part)[0]


def _as_one(match: re.Match[str]) -> str:
    """A row of letters as one thing; two with a comma only are two."""
    found = _LETTER.findall(match.group())
    if len(found) < 3 and not words.has("or", match.group()):
        return match.group()
    opened = match.group()[0] if match.group()[0] in "([" and match.group()[-1] not in ")]" else ""
    return opened + " ".join(found)


def _is_text(clause: str, options: Options) -> str:
    """The letter of the option whose text a clause is; "" for none."""
    if not options.texts:
        return ""
    said = _folded(clause)
    found = [letter for letter, text in zip(options.letters, options.texts, strict=False) if _folded(text) == said]
    return found[0] if len(found) == 1 and len(said) > 1 else ""


def _judged(lines: list[str], options: Options) -> set[str]:
    """The option that a list or table calls right, where each line judges one."""
    right: set[str] = set()
    n_judged = 0
    for line in lines:
        match = _VERDICT_LINE.fullmatch(_readable(line)) if _BEGINS_OPTION.match(line) else None
        if match is None or match[1] not in options.letters:
            continue
        denied, is_right = _denied(match[2]), words.has("right", match[2])
        n_judged += denied or is_right
        if is_right and not denied:
            right.add(match[1])
    return right if n_judged > 1 else set()


@cache
def _letter_list() -> re.Pattern[str]:
    """Letters in a row, which are one thing of which something is said: "A, (B) and C"."""
    letter = rf"[(\[]?{_LETTER.pattern.replace('([A-Z])', '[A-Z]')}[)\]]?"
    return re.compile(rf"{letter}(?:\s{{0,3}}(?:[,;/&+、，]\s{{0,3}}|{words.pattern('or')}\s{{0,3}}){{1,3}}{letter})+")


def _denied(text: str) -> bool:
    return words.has("not", text) or words.has("wrong", text)


def _masked(text: str, options: Options) -> tuple[str, set[str]]:
    """A text without the options' texts in it, and their letters; the longest first."""
    found: set[str] = set()
    small = text.casefold()
    for letter, wanted, pattern in _masks(options):
        if wanted not in small:
            continue
        without = pattern.sub(" ", text)
        if without != text:
            found.add(letter)
            text, small = without, without.casefold()
    return text, found


@lru_cache(maxsize=64)
def _masks(options: Options) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Letter, text and pattern of the options that are looked for inside phrases, the longest first."""
    folded = [(letter, _folded(text)) for letter, text in zip(options.letters, options.texts, strict=False)]
    return tuple(
        (letter, wanted, re.compile(rf"(?<![\w./−-]){re.escape(wanted)}(?![\w%]|[./-]\w)", re.IGNORECASE))
        for letter, wanted in sorted(folded, key=lambda one: -len(one[1]))
        if len(wanted) >= _SHORTEST_TEXT or wanted.isdecimal()
    )


def _without_letters(text: str, options: Options) -> tuple[str, set[str]]:
    """A text without the letters that name options in it, and these."""
    found: set[str] = set()

    def taken(match: re.Match[str]) -> str:
        letter = match[1]
        is_word = letter in "AI" and _ARTICLE.match(text, match.end()) and not _goes_on(text[match.end() :])
        if letter not in options.letters or is_word:
            return match.group()
        found.add(letter)
        return " "

    return _LETTER.sub(taken, text), found


def _goes_on(rest: str) -> bool:
    """Whether what follows an A speaks of an option: "A is correct", "A or B"; not "A cat", "I am"."""
    first = _WORD.search(rest)
    n_right = words.begins("right", rest.lstrip())
    if n_right and words.begins("answer", rest.lstrip()[n_right:].lstrip()):
        return False  # "A correct answer is B", and the article of other languages
    return first is not None and first.group().lower() not in ("i", "a") and _after_letter().match(rest) is not None


@cache
def _after_letter() -> re.Pattern[str]:
    kinds = ("is", "or", "right", "wrong", "not", "but")
    return re.compile(rf"\s*(?:{'|'.join(map(words.pattern, kinds))}|it\b|fits\b)", re.IGNORECASE)


def _head(text: str, options: Options, *, small: bool) -> str | None:
    """The letter at the beginning, set apart from what follows."""
    match = _HEAD.match(_without_noun(text))
    if match is None or not (small or match[1].isupper()):
        return None
    letter = match[1].upper()
    return letter if letter in options.letters else None


def _without_noun(text: str) -> str:
    """Without "option" and its like before the letter."""
    text = text.lstrip()
    return text[words.begins("option", text) :].lstrip(" \t:：")


def _option_alone(line: str, lines: list[str], options: Options) -> str | None:
    """The letter of a line that is a letter alone, an option's text, or an option with its letter, unless the lines
    discuss several options so."""
    if len(line) > _LONGEST_ALONE:
        return None
    text = _readable(line)
    short = _without_noun(bare(text)).strip("()[]<>→ ")
    if len(short) == 1 and short.upper() in options.letters and (short.isupper() or len(text) > 1 or len(lines) == 1):
        return short.upper()
    whole = by_text(line, options)
    if whole is not None and not any(ord(mark) in _TICKS for mark in line):
        return whole
    match = _OPTION_LINE.match(text)
    if match is None or _denied(text) or sum(bool(_option_line(one)) for one in lines) > 1:
        return None
    letter = str(match[1] or match[2] or match[3])
    return letter if letter in options.letters and not _is_anothers_text(match[4] or "", letter, options) else None


def _is_anothers_text(text: str, letter: str, options: Options) -> bool:
    """Whether a text is that of another option, and nothing else."""
    if not text:
        return False
    rest, found = _masked(bare(text), options)
    others = found - {letter}
    return by_text(text, options) not in (None, letter) or len(others) > 1 or bool(others and not _WORD.search(rest))


def _without_lists(lines: list[str]) -> list[str]:
    """Lines without runs of options one after the other, where nothing is said about them."""
    kept: list[str] = []
    run: list[tuple[str, str]] = []
    for line in [*lines, ""]:
        match = _option_line(line)
        letter = "" if match is None else str(match[1] or match[2] or match[3])
        is_verdict = match is not None and _has_verdict(match[4] or "")
        if letter and not is_verdict and (not run or ord(letter) == ord(run[-1][1]) + 1):
            run.append((line, letter))
            continue
        if len(run) == 1:
            kept.append(run[0][0])
        run = []
        if letter and not is_verdict:
            run.append((line, letter))
        elif line:
            kept.append(line)
    return kept


def _option_line(line: str) -> re.Match[str] | None:
    if _BARE_LINE.fullmatch(line):
        line = f"({line.strip(' >*_()-')})"
    return _OPTION_LINE.match(line if line.isascii() and "\\" not in line else _readable(line))


def _has_verdict(text: str) -> bool:
    return words.has("right", text) or words.has("wrong", text)


def _readable(text: str) -> str:
    """On one line, without marks and commands of emphasis, look-alikes as Latin letters, ticks as words."""
    if not text.isascii():
        text = text.translate(_TICKS).translate(_CIRCLED)
        text = _STYLED.sub(lambda letters: unicodedata.normalize("NFKC", letters.group()), text)
    for _ in range(4 if "\\" in text else 0):
        text, n_changed = _SET_APART_COMMAND.subn(r" \1 ", text)
        if not n_changed:
            break
    text = plain(text.replace("$", " ").replace("\\(", " ").replace("\\)", " ").replace("\\", " "))
    if text.isascii():
        return text
    text = "".join(chr(ord(one) - 0xFEE0) if "Ａ" <= one <= "Ｚ" else one for one in text)
    return re.sub(r"(?<!\w)[\u0391-\u03a4\u0410-\u0422](?!\w)", lambda m: m.group().translate(_LOOK_ALIKES), text)


def _folded(text: str) -> str:
    return " ".join(unwrapped(bare(text)).split()).casefold()
