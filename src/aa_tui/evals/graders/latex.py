r"""Mathematical answers as models write them, brought to one spelling: LaTeX, plain text (`3*sqrt(5)`) and Unicode.

Nothing that means something is dropped here: units, degrees, per cent and bases stay. What is dropped are wrappings,
sizes, colours, fonts and a mark at the end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from aa_tui.evals.extraction import unwrapped

LONGEST = 2_000

_FUNCTIONS = r"arcsin|arccos|arctan|asin|acos|atan|sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|ln|log|lg|exp|sqrt"
_GREEK = "alpha|beta|gamma|delta|theta|lambda|sigma|omega|phi|mu|rho|tau"
_SPACES = re.compile(r"(?<!\\)\\(?:[,;:! ]|quad(?![a-z])|qquad(?![a-z]))|~|&nbsp;|[\u00a0\u2009\u202f]")
_SIZES = re.compile(
    r"\\(?:left|right)\.|\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|mathstrut|large|Large|huge|small|bf|rm|it|sf|cal"
    r"|middle|bfseries|itshape)(?![a-zA-Z])"
)
_COLOURS = re.compile(r"\\(?:text)?color\s?\{[^{}]{1,30}\}|\\(?:phantom|hspace|vspace|label|tag)\*?\s?\{[^{}]{0,30}\}")
_FONTS = re.compile(
    r"\\(?:mathrm|mathbf|mathit|mathsf|mathtt|textbf|textit|textrm|underline|boldsymbol|bm|mbox|operatorname\*?)(?=\s?\{)"
)
_SHORT_FONT = re.compile(r"\\text\s?\{\s?([A-Za-z]|\d[\d,.]{0,30})\s?\}")


def _scaled(number: re.Match[str]) -> str:
    return number[1] + _SCALES[number[2]]


_SCALES: dict[str, str] = {
    "hundred": "*100",
    "thousand": "*1000",
    "million": "*1000000",
    "billion": "*1000000000",
    "trillion": "*1000000000000",
    "dozen": "*12",
}
_REPLACED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\[dtc]frac(?![a-z])", r"\\frac"),
        (r"\\dbinom|\\tbinom", r"\\binom"),
        (r"^\\text\s?\{[A-Za-z ]{0,40}(?:[:=]| is| are) ?\}", ""),
        (r"(?:\\(?:checkmark|blacksquare|square|qed|Box)(?![a-z])|[✓✔∎□■]) ?$", ""),
        (r"\{([^{}]{1,80})\\over(?![a-z])([^{}]{1,80})\}", r"\\frac{\1}{\2}"),
        (r"^([^{}]{1,80})\\over(?![a-z])([^{}]{1,80})$", r"\\frac{\1}{\2}"),
        (r"\\text\s?\{\s?\(([^(){}]{1,60})\)\s?\}", r" (\1)"),
        (r"√\s?\(", r"\\sqrt("),
        (r"√\s?(\d+|[a-z])", r"\\sqrt{\1}"),
        (r"∛\s?(\d+|[a-z])", r"\\sqrt[3]{\1}"),
        (r"(?:∛|(?<![a-zA-Z\\])cbrt)\s?\(([^()]{1,60})\)", r"\\sqrt[3]{\1}"),
        (r"(?<![a-zA-Z\\])abs\s?\(([^()|]{1,60})\)", r"|\1|"),
        (r"\^\s?\{?\s?\\circ\s?\}?|\\degree(?![a-z])|º", "°"),
        (r"\\%|％", "%"),
        (r"[∶：](?=\s?\d)", ":"),
        (r"(?<![\w.])(?:math|cmath|np|numpy|sympy)\.(?=[a-z])", ""),
        (r"(?<=[\d)}])\s(?:o|ou|oder|oppure|или|lub)\s(?=[-\d\\(a-z])|或者?|または|또는", r" or "),
        (r"(?<=[\d)}])\s(?:y|et|und|en|и)\s(?=[-\d\\(a-z])|(?<=\d)\s?[和と]\s?(?=[-\d])", r" and "),
        (r"\\\$|\\(?:pounds|euro)(?![a-z])", "$"),
        (r"\*\*", "^"),
        (r"\\(?:cdot|times|ast)(?![a-z])|[×·⋅∗]", "*"),
        (r"\\div(?![a-z])|[÷∕⁄]", "/"),
        (r"\\(?:leq|leqslant|le)(?![a-z])|≤|⩽|=<", "<="),
        (r"\\(?:geq|geqslant|ge)(?![a-z])|≥|⩾|=>", ">="),
        (r"\\lt(?![a-z])", "<"),
        (r"\\gt(?![a-z])", ">"),
        (r"\\(?:neq|ne)(?![a-z])|≠", "!="),
        (r"\\(?:approx|simeq)(?![a-z])|≈", "~="),
        (r"\\(?:infinity|infin)(?![a-z])|∞|(?<![a-zA-Z\\])(?:infinity|infty|Infinity|inf|oo)(?![a-zA-Z])", r"\\infty "),
        (r"∪|(?<=[)\]}])\s?U\s?(?=[(\[{])", r"\\cup "),
        (r"∈", r"\\in "),
        (r"±|\+/-|\+-", r"\\pm "),
        (r"π|(?<![a-zA-Z\\])[pP]i(?![a-z])", r"\\pi "),
        (r"ℝ|\\(?:mathbb|mathbf|Bbb)\s?\{?\s?R\s?\}?|\\(?:R|reals)(?![a-zA-Z])", r"\\mathbb{R}"),
        (r"∅|\\varnothing(?![a-z])", r"\\emptyset "),
        (r"[−–—﹣－‐‑]", "-"),
        (r"⟨|\\langle(?![a-z])", "\\\\langle "),
        (r"⟩|\\rangle(?![a-z])", "\\\\rangle "),
        (r"\\(?:lvert|rvert|vert)(?![a-z])", "|"),
        (r"\\(?:lbrace)(?![a-z])", r"\\{"),
        (r"\\(?:rbrace)(?![a-z])", r"\\}"),
        (r"\\(?:lbrack)(?![a-z])", "["),
        (r"\\(?:rbrack)(?![a-z])", "]"),
        (r"\s?,?\s?(?:\\text\s?\{\s?,?\s?or\s?,?\s?\}|(?<=\s)or(?=\s)|\\(?:lor|vee)(?![a-z])|∨)\s?", r" \\lor "),
        (r"\s?,?\s?(?:\\text\s?\{\s?,?\s?and\s?,?\s?\}|(?<=\s)and(?=\s)|\\(?:land|wedge)(?![a-z])|∧)\s?", r" \\land "),
        (rf"(?<![a-zA-Z\\])({_FUNCTIONS})(?=[({{\s\d^_]|\\|$)", r"\\\1"),
        (rf"(?<![a-zA-Z\\])({_GREEK})(?![a-zA-Z])", r"\\\1"),
        (r"(?<![a-zA-Z\\])(max|min|gcd|lcm)\s?\(", r"\\\1("),
        (rf"\\text\s?\{{\s?({_FUNCTIONS})\s?\}}", r"\\\1 "),
        (r"\\log\s?(2|10)\s?\(", r"\\log_{\1}("),
        (r"\\(arc)?(?:arc|a)(sin|cos|tan)(?![a-z])", r"\\arc\2"),
        (r"\\lg(?![a-z])", r"\\log_{10}"),
        (r"(?<![\w.])(\d{1,20}(?:\.\d{1,20})?)[eE]([-+]?\d{1,4})(?![\w.^])", r"(\1*10^{\2})"),
        (r"(\d) (hundred|thousand|million|billion|trillion|dozen)(?![a-z])", _scaled),
    )
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_REPEATING = (
    re.compile(r"(?<![\d.])(\d*)\.(\d{0,40})\\(?:overline|bar|dot)\s?(?:\{(\d{1,40})\}|(\d))"),
    re.compile(r"(?<![\d.])(\d+)\.(\d{0,40})\((\d{1,40})\)()"),
)
_DOTS = re.compile(r"(?<![\d.])(\d+)\.(\d{0,20}?)(\d{1,8}?)\3{1,19}\s?(?:\.\.\.|…|\\(?:dots|ldots|cdots))(?![a-zA-Z])")
_NOT_DIGITS = re.compile(r"\D")
_MIXED = re.compile(
    r"(?<![\d.}/^)a-zA-Z,_])(\d{1,9})\s?\\frac\s?(?:\{(\d{1,9})\}\s?\{(\d{1,9})\}|(\d)(\d))"
    r"|(?<![\d.}/^,_])(\d{1,9}) (\d{1,9})/(\d{1,9})(?![\d/])"
)
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_GROUPED_BY_SPACES = re.compile(r"(-?\$?)(\d{1,3}(?: \d{3})+(?:\.\d+)?)")
_THIN_GROUPS = re.compile(r"(?<=\d)(?:\{,\}|,\s?\\!|\\,)\s?(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d)\{,\}(?=\d)")
_IN_TEXT = re.compile(r"\\text\s?\{([^{}]*)\}")
_WHOLE: dict[str, str] = {
    **dict.fromkeys(
        (
            *(
                "no solution",
                "no solutions",
                "none",
                "no real solution",
                "no real solutions",
                "empty set",
                "\\emptyset",
            ),
            *("the empty set", "there are no solutions", "there is no solution", "\\{\\}", "\\{ \\}"),
        ),
        "\\emptyset",
    ),
    **dict.fromkeys(
        (
            "all real numbers",
            "all reals",
            "real numbers",
            "the real numbers",
            "the set of all real numbers",
            "all real x",
        ),
        "\\mathbb{R}",
    ),
    **dict.fromkeys(("undefined", "does not exist", "dne", "not defined", "the limit does not exist"), "undefined"),
}
"""Answers in words or signs that have one meaning, by their one spelling."""
_REMARK = re.compile(r"(?<=[\d}%°)])\s?\(\s?(?:\\text\s?\{)?([A-Za-z][A-Za-z ,.-]{2,60})\}?\s?\)$")
_OF_ITSELF = re.compile(r"\{\s?((?:[^{}\\]|\\[a-zA-Z]){1,80})\s?\}")


@lru_cache(maxsize=1024)
def spelled(text: str) -> str:
    """An answer in the one spelling that is compared. At most `LONGEST` characters are read."""
    text = unwrapped(text[:LONGEST])
    if text.isascii() and text.isdigit():
        return text
    if "{,}" in text or "\\!" in text or "\\," in text:
        text = _DECIMAL_COMMA.sub(".", _THIN_GROUPS.sub(",", text))
    if "\\" in text:
        text = _COLOURS.sub("", text)
        text = _joined_groups(_SIZES.sub(" ", text))
        text = _SPACES.sub(" ", text)
        text = _SHORT_FONT.sub(r"\1", _FONTS.sub(r"\\text", text))
    if not text.isascii():
        text = _plain_unicode(text)
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    text = unwrapped(text).rstrip(" ,;:\\").lstrip("= ")
    whole = _WHOLE.get(_IN_TEXT.sub(r"\1", text).casefold().strip())
    if whole is not None:
        return whole
    text = _numbers(text)
    return re.sub(r"\s+", " ", text).strip()


def squeezed(text: str) -> str:
    """A spelled text without the spaces that mean nothing; its letters and digits do not run together."""
    return re.sub(r"(?<![0-9A-Za-z]) | (?![0-9A-Za-z])", "", text)


def remark_of(text: str) -> tuple[str, str]:
    """A spelled answer without the words in brackets behind it, and these: "5 (five)"."""
    match = _REMARK.search(text)
    return (text[: match.start()].strip(), match[1].strip()) if match else (text, "")


def _joined_groups(text: str) -> str:
    """Without the braces that {\\bf 12} or \\color{blue}{12} leave around a whole answer."""
    text = text.strip()
    match = _OF_ITSELF.fullmatch(text)
    return match[1] if match and "," not in match[1] else text


def _plain_unicode(text: str) -> str:
    text = _SUPERSCRIPT.sub(lambda digits: "^{" + digits.group().translate(_SUPERSCRIPTS) + "}", text)
    text = _SUBSCRIPT.sub(lambda digits: "_{" + unicodedata.normalize("NFKC", digits.group()) + "}", text)
    return _VULGAR.sub(_written_out, text)


def _written_out(vulgar: re.Match[str]) -> str:
    top, _, bottom = unicodedata.normalize("NFKC", vulgar.group()).partition("\u2044")
    return rf"\frac{{{top}}}{{{bottom}}}"


def _numbers(text: str) -> str:
    """Thousands, mixed numbers and repeating decimals as plain digits and fractions."""
    if "." in text:
        for pattern in _REPEATING:
            text = pattern.sub(lambda m: _repeating(m[1], m[2], m[3] or m[4]), text)
        text = _DOTS.sub(_dotted, text)
    spaced = _GROUPED_BY_SPACES.fullmatch(text)
    if spaced:
        text = spaced[1] + spaced[2].replace(" ", "")
    text = _GROUPED.sub(lambda digits: _ungrouped(text, digits), text)
    return _MIXED.sub(lambda m: rf"({m[1] or m[6]}+\frac{{{m[2] or m[4] or m[7]}}}{{{m[3] or m[5] or m[8]}}})", text)


def _ungrouped(text: str, digits: re.Match[str]) -> str:
    """10,080 as one number; not within brackets, where the comma parts coordinates."""
    before = text[: digits.start()]
    opened = sum(map(before.count, "([")) + before.count("\\{") - sum(map(before.count, ")]")) - before.count("\\}")
    return digits.group() if opened > 0 or text.startswith("{") else digits.group().replace(",", "")


def _dotted(match: re.Match[str]) -> str:
    """The repeating decimal, where what is shown proves one: 0.33..., 0.1666..., 0.1212...; 2.71828... is none."""
    fixed, period = match[2], match[3]
    shown = _NOT_DIGITS.sub("", match.group().split(".", 1)[1])
    if (len(shown) - len(fixed)) // len(period) < (3 if fixed else 2):
        return match.group()
    return _repeating(match[1], fixed, period)


def _repeating(whole: str, fixed: str, period: str) -> str:
    top = int((whole or "0") + fixed + period) - int((whole or "0") + fixed)
    bottom = (10 ** len(period) - 1) * 10 ** len(fixed)
    return rf"(\frac{{{top}}}{{{bottom}}})"
