"""Grader "exact": the same text, or the same Python value."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from aa_tui.evals import words
from aa_tui.evals.extraction import last_boxed, readable, shown, unwrapped
from aa_tui.evals.final import Candidate, body, candidates
from aa_tui.evals.graders.moments import same_moment
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.evals.phrases import SHORTEST_REFUSAL, bare, before_reason, is_refusal, plain, sentences, without_asides

LONGEST_LITERAL = 10_000
"""Characters of a Python literal that are read; more could exhaust the parser."""

LONGEST_LINE = 100
"""Characters of a last line that may be the answer; more where the key is longer."""

_COMPARISONS = ("text", "ignore_case", "python")
_OPPOSITES = (("yes", "no"), ("true", "false"), ("right", "wrong"), ("correct", "incorrect"), ("valid", "invalid"))
_NEGATING = ("in", "im", "un", "il", "ir", "non", "dis")
_SAYS = re.compile(
    r"^.{0,60}?(?<![^\W_])(?:prints?|printed|outputs?|output|returns?|displays?|results? in|yields?|gives?|string|text)"
    r"(?![^\W_])(?:\s+(?:is|will be|the|a|an|out|list|tuple|dict|dictionary|set|array|string|text|number|integer"
    r"|boolean|value|following)(?![^\W_]))*\s*[:=]?\s*(?=\S)",
    re.IGNORECASE,
)
_ITS = re.compile(
    r"^(?:(?:it|that)['’]s|i(?:['’]d| would)? (?:say|think|believe|guess|go with)(?: that)?(?: it['’]?s| it is)?)\s+",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"^\w{2,20}ly\s+", re.IGNORECASE)
_ARROW = re.compile(r"\s(?:→|⇒|->|=>|⟶)\s")
_NAMED = re.compile(
    r"^(?:[A-Za-z]|[\w ]{1,40}\([^()=]{0,200}\)|[a-z]\w{0,19})\s*(?:={1,3}|→|⇒|->|=>|⟶|returns|evaluates to)\s*(?=\S)"
)
_CALL = re.compile(
    r"^(?:assert\s+)?\w+\(.{0,2000}?\)\s*(?:={1,2}|→|->|=>|returns|gives|is|evaluates to)\s*(?=\S)", re.DOTALL
)
_SEPARATORS = re.compile(r"\s*(?:[,;|\n]|[-=]?>|<|→|⇒|\band\b)\s*|\s+(?:/\s+)?", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+", re.MULTILINE)
_QUOTES = " \"'“”‘’`[](){}"
_ARTICLE = re.compile(r"^(?:a|an|the)\s+(?=\S)", re.IGNORECASE)
_TYPED = str.maketrans(
    {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), "‘": "'", "’": "'", "“": '"', "”": '"'}
)
_COPULA_BEHIND = re.compile(r"(?:です|である|だ|となります|입니다|이다|이에요)$")
_LOWERED = re.compile(r"(?<=[A-Za-z)])_\{?(\d{1,3})\}?|<sub>(\d{1,3})</sub>|([\u2080-\u2089]{1,3})")
_TEXT_COMMAND = re.compile(r"\\(?:text|mathrm|mathbf|textbf|ce)\s?\{([^{}]{1,60})\}")
_SPACED_SIGN = re.compile(r"\s*([=+*/<>^:,;()\[\]{}-])\s*")
_GROUPED = re.compile(r"\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+")
_KIND_OF = re.compile(
    r"^(?:the\s)?(?:city|town|state|country|island|planet|number|word|name|letter|colou?r|value|month|year) of\s",
    re.IGNORECASE,
)
_CODE_SPAN = re.compile(r"``?([^`\n]+)``?")
_QUOTED_AT_END = re.compile(r"(?:^|[\s:])((['\"])[^'\"\n]*\2)[\s`.*]*$")


class Exact:
    """Takes the candidates of `evals.final` in their order; the first that may be an answer decides.

    An item's extra `compare` says how: "text" (the default; same letters in the same case, after NFC, white space,
    and quotes, markdown and punctuation around it), "ignore_case", or "python" (both are literals of equal value, as
    CRUXEval's outputs). An answer that is a list accepts any of its texts, except for "python". "The argument is
    valid" says "valid"; a list of words may have commas or lines between them; "Yes, because ..." says yes; times and
    dates may be written in other ways. Where the key comes first and other words follow that are no reason ("Paris,
    France"), the grader does not decide.
    """

    name = "exact"
    version = 2

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict; no answer where nothing was said. Raises PackError for a key that cannot be compared."""
        label = f"{self.name}/{self.version}"
        compare = item.extra.get("compare", "text")
        if compare not in _COMPARISONS:
            raise PackError(f"Item {item.id}: compare is {compare!r}, not one of {', '.join(_COMPARISONS)}.")
        keys = _keys(item, compare)
        text = body(readable(answer))
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        longest_line = max(LONGEST_LINE, 2 * len(str(item.answer)))
        soft: Verdict | None = None
        for candidate in candidates(text, pack.extraction):
            is_line = not candidate.is_stated and candidate.place != "saying"
            if is_line and len(candidate.text) > longest_line:
                continue  # a long last line is prose, not an answer
            if candidate.place == "first line" and soft is not None and not _is_pleasantry(soft):
                continue
            outcome = _compared(candidate, keys, item, compare)
            if outcome == Outcome.NO_ANSWER:
                continue
            verdict = Verdict(outcome, shown(candidate.text), label, _detail(outcome, keys))
            if outcome != Outcome.WRONG or candidate.is_stated:
                return verdict
            soft = verdict  # what prose says may not have been the answer; a later line may be
        return soft or Verdict(Outcome.NO_ANSWER, None, label, "nothing was found")


def _detail(outcome: Outcome, keys: list[str]) -> str:
    told = {
        Outcome.WRONG: f"expected {shown(str(keys[0]))}",
        Outcome.NO_SINGLE_ANSWER: "names the key and something else",
        Outcome.UNDECIDED: "begins with the key, and goes on with other words",
    }
    return told.get(outcome, "")


def _is_pleasantry(verdict: Verdict) -> bool:
    """Whether a last line that is no answer is a sentence, as "Hope it helps." is, or the beginning of a reason."""
    said = verdict.extracted or ""
    return len(said.split()) >= 3 or words.begins("because", said) > 0


def _keys(item: Item, compare: str) -> list[str]:
    if compare == "python":
        try:
            literal(str(item.answer))
        except ValueError:
            shown_key = shown(str(item.answer))
            raise PackError(f"Item {item.id}: its answer {shown_key!r} is not a Python literal.") from None
    return [str(key) for key in (item.answer if isinstance(item.answer, list | tuple) else [item.answer])]


def _compared(candidate: Candidate, keys: list[str], item: Item, compare: str) -> Outcome:
    """The outcome of one candidate; "no_answer" where it is none."""
    if len(candidate.text) > SHORTEST_REFUSAL and candidate.text not in keys and is_refusal(candidate.text):
        return Outcome.NO_ANSWER
    if compare == "python":
        return _same_value(candidate, keys[0])
    is_strict = candidate.is_stated or candidate.place in ("line", "saying")
    found = [_same_text(candidate, key, compare == "ignore_case") for key in keys]
    for outcome in (Outcome.CORRECT, Outcome.NO_SINGLE_ANSWER, Outcome.UNDECIDED):
        if outcome in found:
            return outcome if outcome == Outcome.CORRECT or is_strict else Outcome.NO_ANSWER
    return Outcome.WRONG if is_strict else Outcome.NO_ANSWER


def _same_text(candidate: Candidate, key: str, ignores_case: bool) -> Outcome:
    def folded(text: str) -> str:
        return text.casefold() if ignores_case else text

    if folded(candidate.text) == folded(key):
        return Outcome.CORRECT
    wanted = folded(_bare(readable(key)))
    said = [folded(text) for text in _readings(candidate)]
    if any(_is_same(wanted, one) for one in said):
        return Outcome.CORRECT
    first = said[0] if said else ""
    if not wanted or not first.startswith(wanted) or first[len(wanted) : len(wanted) + 1].isalnum():
        return Outcome.WRONG
    return _by_what_follows(wanted, first[len(wanted) :])


def _is_same(wanted: str, said: str) -> bool:
    without_article = _ARTICLE.sub("", said) == _ARTICLE.sub("", wanted)
    is_same = said == wanted or without_article or _same_words(wanted, said) or _is_negation(said, wanted)
    is_same = is_same or same_moment(wanted, said) or _same_in_brackets(wanted, said)
    return is_same or _typeset(wanted) == _typeset(said) or _same_digits(wanted, said)


def _typeset(text: str) -> str:
    """A text without what only its setting adds: H₂O, x = 5, typographic quotes and hyphens."""
    text = _TEXT_COMMAND.sub(r"\1", text.translate(_TYPED))
    text = _LOWERED.sub(lambda low: unicodedata.normalize("NFKC", low[1] or low[2] or low[3]), text)
    return _SPACED_SIGN.sub(r"\1", text)


def _same_digits(wanted: str, said: str) -> bool:
    """ "48,219" for 48219."""
    return wanted.isdecimal() and _GROUPED.fullmatch(said) is not None and re.sub(r"\D", "", said) == wanted


def _same_in_brackets(wanted: str, said: str) -> bool:
    """ "(Leo)", "[Leo]" and "= Leo" for a key without such signs."""
    return wanted[:1].isalnum() and wanted[-1:].isalnum() and said.strip(" ()[]{}<>=") == wanted


def _by_what_follows(wanted: str, behind: str) -> Outcome:
    """The outcome where the key comes first and something follows."""
    rest = behind.strip(" ,;:.!*-–—")
    is_apart = not behind[:1].isspace() or behind.lstrip()[:1] in "-–—(" or words.begins("because", rest) > 0
    if words.begins("or", rest):
        return Outcome.NO_SINGLE_ANSWER
    is_yes_or_no = any(wanted.casefold() in pair for pair in _OPPOSITES)
    is_kept = is_apart and not _opposite_in(rest, wanted) and not words.has("correction", rest)
    if not rest or words.begins("because", rest) or (is_yes_or_no and is_kept):
        return Outcome.CORRECT
    return Outcome.UNDECIDED


def _readings(candidate: Candidate) -> list[str]:
    """The ways to take a candidate as a text, without what is put round an answer, the fullest first."""
    if candidate.text.isalnum() and candidate.block == candidate.text:
        return [candidate.text]
    told = [candidate.text, *candidate.boxes[:1]] if len(candidate.boxes) <= 1 else [candidate.text]
    found: list[str] = []
    for text in told:
        inside = last_boxed(text) or text
        found += [_bare(inside), _bare(plain(inside)), _bare(without_asides(plain(inside)))]
        on_a_line = plain(inside)
        for form in (_NAMED, _SAYS, _ITS, _BULLET, _KIND_OF, _COPULA_BEHIND):
            found.append(_bare(form.sub("", on_a_line, count=1)))
        found.append(_bare(_ARROW.split(text)[-1]))
        concluding = words.begins("so", on_a_line)
        if concluding:
            found.append(_bare(on_a_line[concluding:].lstrip(" ,:")))
        if len(on_a_line.split()) == 2:
            found.append(_bare(_ADVERB.sub("", on_a_line)))
        for piece in _after_verb(on_a_line):
            found += [
                _bare(_COPULA_BEHIND.sub("", piece.strip(" 。.:"))),
                _bare(piece.lstrip(" :")),
                _bare(_ADVERB.sub("", piece.strip())),
            ]
        if ": " in on_a_line:
            found.append(_bare(on_a_line.split(": ", 1)[1]))
        n_not = words.begins("not", on_a_line)
        if n_not and not words.has("but", on_a_line[:n_not]):  # "not Bergen but Oslo", never "anything but Oslo"
            found.append(_bare(words.split("but", on_a_line)[-1]))
    if candidate.block and candidate.block != candidate.text:
        found.append(_bare(_BULLET.sub("", candidate.block)))
    return list(dict.fromkeys(text for text in found if text))


def _after_verb(text: str) -> list[str]:
    """What a short sentence says of its subject: "valid" of "The argument is valid"."""
    pieces = sentences(text)
    if len(pieces) != 1 or len(text) > LONGEST_LINE:
        return []
    verb = words.last("is", text)
    if verb is None or words.has("not", text[: verb[0]]):
        return []
    return [before_reason(text[verb[1] :])]


def _bare(text: str) -> str:
    stripped = bare(text)
    return stripped or unwrapped(text)


def _same_words(wanted: str, said: str) -> bool:
    """A list of words with other separators; brackets and signs without any."""
    tokens = wanted.split()
    if len(tokens) < 2:
        return False
    if not any(character.isalnum() for character in wanted):
        return "".join(tokens) == "".join(said.split())
    found = [token.strip(_QUOTES) if "," in said else token for token in _SEPARATORS.split(said) if token]
    return found == tokens and not _SEPARATORS.fullmatch(said)


def _is_negation(said: str, wanted: str) -> bool:
    """ "not valid" for "invalid", "not true" for "false"."""
    n_not = words.begins("not", said)
    if not n_not:
        return False
    rest = said[n_not:].casefold().strip()
    folded = wanted.casefold()
    return any(folded == negating + rest for negating in _NEGATING) or (rest, folded) in (
        *_OPPOSITES,
        *((no, yes) for yes, no in _OPPOSITES),
    )


def _opposite_in(rest: str, wanted: str) -> bool:
    """Whether the opposite of a yes is said too, as in "yes or no"."""
    for yes, no in _OPPOSITES:
        if wanted.casefold() in (yes, no):
            other = no if wanted.casefold() == yes else yes
            return re.search(rf"(?<![^\W_]){other}(?![^\W_])", rest, re.IGNORECASE) is not None
    return False


def _same_value(candidate: Candidate, key: str) -> Outcome:
    key = unicodedata.normalize("NFC", key)  # as the answer is
    if candidate.text == key:
        return Outcome.CORRECT
    wanted = literal(key)
    is_strict = candidate.is_stated or candidate.place in ("line", "saying")
    for text in _literals(candidate):
        try:
            said = literal(text)
        except ValueError:
            continue
        return Outcome.CORRECT if said == wanted else Outcome.WRONG
    return Outcome.WRONG if is_strict else Outcome.NO_ANSWER


def _literals(candidate: Candidate) -> Iterator[str]:
    """The ways to take a candidate as a Python literal, in the order in which they are tried."""
    for text in (candidate.text, *candidate.boxes[-1:], candidate.block):
        code = _without_code_marks(last_boxed(text) or text).strip()
        latex = code.replace("\\{", "{").replace("\\}", "}").replace("\\_", "_").replace("\\", "\\\\")
        for one in (code, latex):
            yield one
            result = _CALL.sub("", one, count=1)
            named = _NAMED.sub("", result, count=1)
            verb = words.first("is", one)
            after_verb = one[verb[1] :] if verb else one
            said = _SAYS.sub("", one, count=1)
            bare_form = unwrapped(one.replace("\\left", "").replace("\\right", ""))
            forms = (one, result, named, named.translate(_TYPED), after_verb, said, bare_form)
            alone = _CODE_SPAN.findall(text)
            at_end = _QUOTED_AT_END.search(text)
            more = (*(alone if len(alone) == 1 else ()), *((at_end[1],) if at_end else ()))
            for form in map(_without_code_marks, (*forms, *more)):
                ended = _without_code_marks(form.rstrip(".!。 "))
                yield from (form, ended, before_reason(form).rstrip(" ,."), without_asides(form).rstrip(" ."))


def literal(text: str) -> Any:
    """The value of a Python literal. Raises ValueError for anything else, or if it is too long or nested too deep."""
    text = text.strip()
    if len(text) > LONGEST_LITERAL:
        raise ValueError(f"more than {LONGEST_LITERAL} characters")
    try:
        return ast.literal_eval(text)
    except (SyntaxError, TypeError, MemoryError, RecursionError, ValueError) as error:
        raise ValueError(str(error)) from None


def _without_code_marks(phrase: str) -> str:
    """Without markdown around it, but with the quotes, which belong to a literal."""
    text = phrase.strip()
    for _ in range(4):
        before = text
        for mark in ("**", "```", "`", "$"):
            text = text.removeprefix(mark).removesuffix(mark).strip()
        text = text.removeprefix("python\n").strip()
        if text == before:
            break
    return text


GRADER = Exact()
