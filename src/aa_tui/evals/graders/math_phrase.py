r"""What a phrase states, as mathematics: "The value of $x$ is 12", "x = 9", "7, since $f(7)=0$", "5 or 10/2".

A phrase is a candidate for the final answer: a formula, or a sentence with one in it. Read is what it says is the
answer; of a sentence that says nothing of the kind, nothing is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aa_tui.evals.extraction import last_line
from aa_tui.evals.phrases import is_refusal

LONGEST = 4_000

_FORMULA = re.compile(
    r"\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|\$\$([^$]{1,2000})\$\$|(?<!\\)\$((?:[^$\\]|\\.){1,2000}?)(?<!\\)\$(?!\d)",
    re.DOTALL,
)
_ENVIRONMENT = re.compile(
    r"\\begin ?\{(align|aligned|gather|gathered|split|equation|multline|eqnarray|displaymath)(\*?)\}(.*?)"
    r"\\end ?\{\1\2\}",
    re.DOTALL,
)
_BOX = re.compile(r"\\(?:boxed|fbox) ?(?=\{)")
_BOLD = re.compile(r"(?<![\w)}*])(\*\*|__)(?=[^\s*])([^\n]{1,2000}?)(?<=[^\s*])\1(?![\w({*])")
_LOOSE = re.compile(r"^\s*\*\*(?!\*)|(?<=[\w:.)$}])\*\*\s*$|(?<=:)\*\*(?=\s)|(?<![\\\w])`|`(?!\w)")
_RATIO = re.compile(r"(^|\bratio\b.{0,60}?\s)\$?(\d+)\$? to \$?(\d+)\$?(?=[\s.]*$)")
_EMPTY_BOX = re.compile(r"\\(?:boxed|fbox) ?(?:\{\s*\})?")
_COPULA = re.compile(
    r"(?<![a-z])(?:is|are|equals?|equal to|be|was|were|becomes?|gives?|yields?|get|gets|obtain|have|has|leaves?|costs?"
    r"|paid|pays?|earn(?:ed|s)?|spent|spends?|sold|bought|"
    r"makes?|totals?|remains?|left with|contains?)(?![a-z])(?: (?:equal to|given by|exactly|only|simply|just|therefore"
    r"|thus|then|precisely|at|now|indeed|approximately|about|a total of"
    r"|the (?:number|fraction|value|point|expression|set|interval)))*[ :]*"
    r"|(?<=[a-z*)])(?<!if):\s*",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"\s*[,;]?\s+(?:since|because|so|when|whenever|where|if|which|that|while|but|given|by|from|after|to|in|of|on|at|for"
    r"|as|and we|and so|with|who|there|until|using|is|are|due|hence|thus|therefore)(?![a-z])"
    r"|\s*[,;]\s+(?:and (?:the|this|we|it|so)(?![a-z])|(?!and |or |sin|cos|tan|sqrt|ln |log|pi|exp)[a-z]{2,})"
    r"|(?:(?<!\\)[.?]|(?<=[a-z\ufffc])!)(?=\s|$)"
    r"|\s+\((?=[a-z]{2,} |\s?(?:since|check|because|as|i\.e)|[^()]*[=:])|\s+[-–—]\s+(?=[a-z]{2})|\n",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(
    r"\s*[,;(]?\s*(?<![a-z])or(?![a-z])"
    r"(?:,? (?:equivalently|simply|just|also|in other words|as a decimal|about|approximately))*[ ,:]*"
    r"|\s*[,;(]?\s*(?:equivalently|i\.e\.,?|that is,|which (?:is|equals)(?: (?:equal to|the same as))?"
    r"|in other words,?)\s+",
    re.IGNORECASE,
)
_BETWEEN_BOXES = re.compile(
    r"[\s$,;.*]*(?:and|or|und|et|y|ou|o)?[\s$,;*]*(?:[a-z]_?\{?\d?\}? ?= ?)?[\s$]*", re.IGNORECASE
)
_COMPARED = re.compile(
    r"(?<![a-z])(?:(?:more|less|fewer|greater|other) than|at (?:least|most)|between|not|never|unless|over|under|above"
    r"|below|up to|almost|nearly)(?![a-z])|n't",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\s*(?:not|never|n't)(?![a-z])", re.IGNORECASE)
_PROSE = re.compile(
    r"(?<![a-zA-Z\\])[A-Za-z]{2,}|(?!или|лог)[\u0400-\u04ff]{3,}"
    r"|(?![或者和与及とまたは])[\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
)
"""Words, or letters of scripts in which no formula is written."""

_QUANTITY = re.compile(r"\ufffc+|(?<![\w.])[-+]?[$€£]?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?")
_LEADING = re.compile(
    r"(?:(?:so|thus|hence|therefore|then|the answer is|answer|the final answer is|final answer|exactly|only|about"
    r"|approximately|a total of|equal to)(?![a-z])[ ,:]*)+",
    re.IGNORECASE,
)
_EXPRESSION = re.compile(r"\s*[-+(\[{|]*(?:\ufffc|\\|\d|[$€£.]\d|[a-zA-Z](?![a-zA-Z])(?!\s+[a-z]{2}))")
_SUBJECT = re.compile(r"\s*(?:\ufffc+|[a-zA-Z])\s+(?:is|are|equals)\s+(?:equal to )?")
_WORDS_BEFORE = re.compile(r"\s*(?:[A-Za-z]{1,20}\s+){1,6}[-+(]?")
_NO_WORDS = frozenset(
    ["cbrt", "abs", "or", "and", "sin", "cos", "tan", "sqrt", "pi", "ln", "log", "exp", "cm", "mm", "km", "kg", "mod"]
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a phrase states: one text, or several that it gives as alternatives; `denied` if it says what it is not."""

    text: str
    alternatives: tuple[str, ...] = ()
    denied: bool = False


def stated(phrase: str) -> Statement | None:
    """What a phrase says is the answer; None where it says nothing of the kind."""
    phrase = _without_marks(_rows_joined(phrase[-LONGEST:]))
    boxed = _boxes(phrase)
    if boxed:
        if len(boxed) == 1:
            return stated(boxed[0]) or Statement(boxed[0])
        return Statement(", ".join(boxed), boxed)
    phrase = _RATIO.sub(r"\1\2:\3", _EMPTY_BOX.sub("", phrase).strip())
    if not phrase:
        return None
    masked = _masked(phrase)
    if not _is_prose(masked):
        return _with_alternatives(_bare(phrase))
    return _of_sentence(phrase, masked)


def bare_formula(phrase: str) -> str:
    """A phrase without the marks of formulas in it."""
    return _bare(_without_marks(_rows_joined(phrase[-LONGEST:])))


def quantities(phrase: str) -> tuple[str, ...]:
    """All formulas and numbers of a phrase."""
    masked = _masked(phrase)
    return tuple(_bare(phrase[m.start() : m.end()]) for m in _QUANTITY.finditer(masked))


def closing(text: str) -> str | None:
    """The phrase that ends a text without a marked answer: its last display formula, or its last line."""
    end = text.rstrip()[-LONGEST:]
    for pattern in (_FORMULA, _ENVIRONMENT):
        found = list(pattern.finditer(end))
        displayed = found and ("\n" in found[-1].group() or pattern is _ENVIRONMENT)
        if displayed and not end[found[-1].end() :].strip(" .*\n$"):
            return found[-1].group()
    line = last_line(text)
    return line if line and line not in ("\\]", "\\)") else None


def _rows_joined(phrase: str) -> str:
    """Aligned equations as the last one of them, or as a list where each row names something else."""

    def last(environment: re.Match[str]) -> str:
        rows = [row.replace("&", " ").strip(" ,.\n") for row in re.split(r"\\\\(?:\[[^\]]*\])?", environment[3])]
        rows = [re.sub(r"\\(?:nonumber|notag|label\{[^}]*\})", "", row).strip() for row in rows]
        rows = [row for row in rows if row]
        if not rows:
            return ""
        heads = [row.partition("=")[0].strip() for row in rows]
        if len(rows) > 1 and all(re.fullmatch(r"[a-zA-Z]", head) for head in heads) and len(set(heads)) == len(heads):
            return "$" + ", ".join(rows) + "$"
        return "$" + rows[-1].removeprefix("=").replace("\\implies", "").replace("\\Rightarrow", "").strip() + "$"

    return _ENVIRONMENT.sub(last, phrase)


def _without_marks(phrase: str) -> str:
    phrase = _LOOSE.sub(" ", _BOLD.sub(r" \2 ", phrase))
    return re.sub(r"^[\s>#]*(?:[*•-]\s+(?=[A-Za-z$]|\\(?:text|boxed|\(|\[)))?", "", phrase).strip().strip(" ,;")


def _masked(phrase: str) -> str:
    """The phrase with its formulas as object signs, of the same length."""
    return _FORMULA.sub(lambda formula: "\ufffc" * len(formula.group()), phrase)


def _bare(text: str) -> str:
    text = _FORMULA.sub(lambda m: f" {next(group for group in m.groups() if group)} ", text)
    text = re.sub(r"^\s*(?:\\\[|\\\(|\$\$)|(?:\\\]|\\\)|\$\$)\s*$", "", text).strip()
    text = text.removesuffix("**") if text.count("**") == 1 else text
    return text if text.endswith("..") else text.removesuffix(".").strip()


def _is_prose(masked: str) -> bool:
    bare = re.sub(r"\\[a-zA-Z]+\*?(?:\s?\{[^{}]*\})?", " ", masked)
    return any(word.casefold() not in _NO_WORDS for word in _PROSE.findall(bare))


def _of_sentence(phrase: str, masked: str) -> Statement | None:
    if is_refusal(masked):
        return None
    start = 0 if _NEGATED.match(masked) else _beginning(masked)
    if start is None or _COMPARED.search(_clause_before(masked, start)):
        return _only_quantity(phrase, masked)
    rest = masked[start:]
    if _NEGATED.match(rest):
        return Statement(_bare(phrase[start:]), denied=True)
    clause = rest[: _end_of_clause(rest)]
    quantity = _QUANTITY.search(clause)
    if quantity is None and "=" in phrase[:start]:
        return _only_quantity(phrase[:start], masked[:start])  # n = 12 is the smallest
    if quantity is not None and _WORDS_BEFORE.fullmatch(clause[: quantity.start()]):
        if _COMPARED.search(clause[: quantity.start()]):
            return None
        start += quantity.start()
        clause = masked[start : start + _end_of_clause(masked[start:])]
    return _with_alternatives(_bare(phrase[start : start + len(clause)]))


def _beginning(masked: str) -> int | None:
    """Where the thing begins that a sentence states; None where it has no verb that states something."""
    lead = _LEADING.match(masked)
    start = lead.end() if lead else 0
    if _EXPRESSION.match(masked, start):
        subject = _SUBJECT.match(masked, start)
        return subject.end() if subject else start
    copulas = [match.end() for match in _COPULA.finditer(_first_clause(masked)) if masked[match.end() :].strip(" .*")]
    return copulas[-1] if copulas else None


def _clause_before(masked: str, end: int) -> str:
    return re.split("[,;.]", masked[:end])[-1]


def _first_clause(masked: str) -> str:
    """The sentence as far as reasons begin: in "x is 7, since f(7) is 0" the second "is" says something else."""
    reason = re.search(r"[,;]?\s+(?:since|because|where|when|which|if|as)\s", masked)
    return masked[: reason.start()] if reason and reason.start() > 0 else masked


def _end_of_clause(rest: str) -> int:
    at_break = _BREAK.search(rest, 1)
    return at_break.start() if at_break else len(rest)


def _only_quantity(phrase: str, masked: str) -> Statement | None:
    """The quantity of a sentence that has but one, or its one equation."""
    if _COMPARED.search(masked):
        return None
    found = list(_QUANTITY.finditer(masked))
    equations = [match for match in found if "=" in phrase[match.start() : match.end()]]
    one = found if len(found) == 1 else equations
    if len(one) != 1:
        return None
    return _with_alternatives(_bare(phrase[one[0].start() : one[0].end()]))


def _with_alternatives(text: str) -> Statement:
    pieces = tuple(piece.strip(" ,;()") for piece in _ALTERNATIVE.split(text) if piece and piece.strip(" ,;()"))
    return Statement(text, pieces if len(pieces) > 1 else ())


def _boxes(phrase: str) -> tuple[str, ...]:
    return tuple(phrase[start:end].partition("{")[2][:-1].strip() for start, end in _box_spans(phrase))


def _box_spans(text: str) -> list[tuple[int, int]]:
    """Where boxes begin and end, of those that close and have something in them; the last twenty."""
    spans: list[tuple[int, int]] = []
    for match in list(_BOX.finditer(text))[-20:]:
        if spans and match.start() < spans[-1][1]:
            continue
        depth = 0
        for brace in re.finditer(r"\\.|[{}]", text[match.end() :]):
            depth += {"{": 1, "}": -1}.get(brace.group(), 0)
            if depth == 0:
                end = match.end() + brace.end()
                if text[match.end() + 1 : end - 1].strip():
                    spans.append((match.start(), end))
                break
    return spans
