"""Grader "exact": the same text, or the same Python value."""

from __future__ import annotations

import ast
from typing import Any

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

LONGEST_LITERAL = 10_000
"""Characters of a Python literal that are read; more could exhaust the parser."""

LONGEST_LINE = 100
"""Characters of a last line that may be the answer; more where the key is longer."""

_COMPARISONS = ("text", "ignore_case", "python")


class Exact:
    """Takes the pack's patterns; else "Answer:", \\boxed{}, "the answer is", or the last line.

    An item's extra `compare` says how: "text" (the default; same letters in the same case, after NFC, white space,
    and quotes, markdown and full stop around it), "ignore_case", or "python" (both are literals of equal value, as
    CRUXEval's outputs). An answer that is a list accepts any of its texts, except for "python".
    """

    name = "exact"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong; no answer where nothing was said. Raises PackError for a key that cannot be compared."""
        label = f"{self.name}/{self.version}"
        compare = item.extra.get("compare", "text")
        if compare not in _COMPARISONS:
            raise PackError(f"Item {item.id}: compare is {compare!r}, not one of {', '.join(_COMPARISONS)}.")
        text = readable(answer)
        phrase = _extracted(pack, text, 2 * len(str(item.answer)))
        if phrase is None:
            return Verdict("no_answer", None, label, "nothing was found" if text.strip() else "the answer is empty")
        detail = _same_value(item, phrase) if compare == "python" else _same_text(item, phrase, compare)
        return Verdict("wrong" if detail else "correct", shown(phrase), label, detail)


def _extracted(pack: Pack, text: str, longest_line: int) -> str | None:
    found = by_patterns(pack.extraction, text)
    if found is not None:
        return found
    for find in (after_marker, last_boxed, after_saying):
        found = find(text)
        if found is not None:
            return found
    line = last_line(text)
    # A long last line is prose, not an answer.
    return line if line is not None and len(line) <= max(LONGEST_LINE, longest_line) else None


def _same_text(item: Item, phrase: str, compare: str) -> str:
    """Why the texts differ; empty if they do not."""
    keys = item.answer if isinstance(item.answer, list | tuple) else [item.answer]
    accepted = [unwrapped(readable(str(key))) for key in keys]
    said = unwrapped(last_boxed(phrase) or phrase)
    if compare == "ignore_case":
        said, accepted = said.casefold(), [key.casefold() for key in accepted]
    return "" if said in accepted else f"not {shown(str(keys[0]))}"


def _same_value(item: Item, phrase: str) -> str:
    try:
        key = literal(str(item.answer))
    except ValueError:
        raise PackError(f"Item {item.id}: its answer {shown(str(item.answer))!r} is not a Python literal.") from None
    try:
        said = literal(_without_code_marks(phrase))
    except ValueError:
        return "not a Python literal"
    return "" if said == key else f"not {shown(str(item.answer))}"


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
        for mark in ("**", "```", "`"):
            text = text.removeprefix(mark).removesuffix(mark).strip()
        text = text.removeprefix("python\n").strip()
        if text == before:
            break
    return text


GRADER = Exact()
