r"""One place decides what the final answer of a text is; graders read its candidates, best first.

The order (docs/final-answer.md tells it with examples):

1. what the pack's own patterns take, the last match of the first pattern that matches;
2. the last of the explicit marks: "Answer: ..." in any language of `answer_words.toml`, a box, an answer tag or JSON
   key, "#### ...". A mark inside another is part of it; boxes that follow each other in one sentence are one candidate;
3. the last "the answer is ..."; before 2 where it takes back what stands there ("wait, ...");
4. the last lines, and the first line where it is an answer alone.

A text that runs on into a further question ends where that begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from aa_tui.evals import words
from aa_tui.evals.extraction import LONGEST_SHOWN, boxes_in, last_line, matched_pattern
from aa_tui.evals.items import Extraction

Place = Literal["pattern", "marker", "box", "tag", "json", "hashes", "saying", "line", "first line", "head"]

_HASHES = re.compile(r"(?m)^[ \t>*]{0,8}####[ \t]{0,8}(?=\S)")
_TAG = re.compile(
    r"<(answer|final_answer|final-answer|final|solution|result|response)>(.{1,2000}?)(?:</\1>|\Z)"
    r"|\[ANSWER\](.{1,2000}?)(?:\[/ANSWER\]|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(
    r"[\"'](?:final[_ -]?)?(?:answer|result|choice|option)[\"']\s{0,9}:\s{0,9}"
    r"(\"(?:[^\"\\\n]|\\.){0,1000}\"|'(?:[^'\\\n]|\\.){0,1000}'|\[[^\]\n]{0,1000}\]|[^\s,}\]]{1,200})",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"<\|(?:im_end|eot_id|end|endoftext|end_of_text|eom_id|return|user|im_start|start_header_id|assistant|observation)\|>"
    r"|</s>|<eos>|<end_of_turn>|<turn\|>|\[INST\]|\[/INST\]|<｜[^｜\n]{1,40}｜>"
)
_STRUCK = re.compile(r"~~(?=\S)[^~\n]{1,200}~~")
_CLOSING_TAGS = re.compile(r"^(?:</\w{1,10}>\s*)+")
_FENCE = re.compile(r"\s*`{3,}\w{0,20}\s*")
_EMPTY = ("", "\\[", "\\(", "$$", "\\begin{align*}", "\\begin{equation*}")
_MARKUP = " \t*_`~#>-=|$"
_BOLD_END = re.compile(r"(?<=\S)\*\*(?=[\s.,]|$)")
_BETWEEN_BOXES = re.compile(
    r"[\s$,;.*]{0,9}(?:and|or|und|oder|et|ou|y|o|或|和)?[\s$,;*]{0,9}(?:[a-z]_?\{?\d?\}? ?= ?)?[\s$]{0,9}",
    re.IGNORECASE,
)
_MOST_MARKERS = 4
_MOST_MARKS = 64
"""Marks that are looked at, from the end: an answer of nothing but marks is no answer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase that may be the answer, as it stands in the readable text at `start` to `end`.

    A "head" is the last line before a further question, where no mark stands before that: an answer if it is one alone.
    `block` goes on to the next empty line, for answers of several lines. `boxes` are the contents of its boxes.
    """

    text: str
    place: Place
    start: int
    end: int
    block: str = ""
    boxes: tuple[str, ...] = ()

    @property
    def is_stated(self) -> bool:
        """Whether it stands where nothing but an answer stands: it is one even if it makes no sense."""
        return self.place not in ("saying", "line", "first line", "head")


def body(text: str) -> str:
    """A readable text without end-of-turn tokens written out and what comes after them, and without what is struck
    out."""
    text = _STRUCK.sub(" ", text) if "~~" in text else text
    start = len(text) - len(text.lstrip())
    if "<" not in text and "[" not in text:
        return text
    end = _ENDS.search(text, start)
    while end is not None and not text[: end.start()].strip():
        start = end.end()
        end = _ENDS.search(text, start)
    return text[start if end or start else 0 : end.start() if end else len(text)]


def candidates(text: str, extraction: Extraction | None = None) -> Iterator[Candidate]:
    """The candidates of a readable text (`extraction.readable`), best first. Raises PackError for a broken pattern."""
    head = _before_further_question(text)
    ranked = _ranked(head, extraction or Extraction())
    if len(head) == len(text):
        yield from ranked
        return
    found = list(ranked)
    if any(one.is_stated or one.place == "saying" for one in found):
        yield from found
        return
    # What stands before the question may be an answer, or the question's own introduction.
    yield from (replace(one, place="head") for one in found if one.place == "line")
    yield from _ranked(text, extraction or Extraction())


def _ranked(text: str, extraction: Extraction) -> Iterator[Candidate]:
    match = matched_pattern(extraction, text)
    if match is not None:
        start, end = match
        yield Candidate(text[start:end].strip(), "pattern", start, end, _block(text, start), boxes_of(text[start:end]))
        return
    marks = _outermost(sorted(_explicit(text), key=lambda one: one.start))
    if not marks and _ends_with_mark(text):
        return  # "Answer:", and the text ends: what stands before it is no answer
    said = None
    if marks and words.has("correction", text[marks[-1].end :]):
        said = _last_saying(text)
        if said is not None and said.start >= marks[-1].end:
            yield said
            said = None
    seen: set[str] = set()
    for mark in reversed(marks):
        if mark.place not in seen:
            yield mark
        seen.add(mark.place)
    said = _last_saying(text)
    if said is not None and not any(mark.start <= said.start < mark.end for mark in marks):
        yield said
    yield from _lines(text, marks[-1].end if marks else 0)


def _ends_with_mark(text: str) -> bool:
    end = len(text.rstrip())
    if text[end - 1 : end] not in ":：*_=-–—#→":
        return False
    return any(last >= end for _, last in words.markers(text[:end]))


def boxes_of(text: str) -> tuple[str, ...]:
    r"""What the \boxed{...} of a phrase hold."""
    return tuple(inside for _, _, inside in boxes_in(text))


def _before_further_question(text: str) -> str:
    """The text before a line that asks a further question, if anything stands before it."""
    for start in words.question_at(text):
        if text[:start].strip(_MARKUP + "\n"):
            return text[:start]
    return text


def _explicit(text: str) -> Iterator[Candidate]:
    below = words.answer_below(text)
    for start, end in (*words.markers(text)[-_MOST_MARKERS:], *((below,) if below else ())):
        yield from _rest("marker", text, start, end)
    if "####" in text:
        for match in _last(_HASHES.finditer(text)):
            yield from _rest("hashes", text, *match.span())
    if "<" in text or "[ANSWER]" in text:
        for match in _last(_TAG.finditer(text)):
            inside = (match[2] or match[3]).strip()
            if inside:
                yield Candidate(_one_line(inside), "tag", match.start(), match.end(), inside, boxes_of(inside))
    if '":' in text or "':" in text or '" :' in text:
        for match in _last(_JSON.finditer(text)):
            inside = _json_text(match[1])
            if inside:
                yield Candidate(inside, "json", match.start(), match.end(), inside)
    if "boxed" in text or "fbox" in text:
        yield from _boxes(text)


def _last(matches: Iterator[re.Match[str]]) -> list[re.Match[str]]:
    return list(matches)[-_MOST_MARKS:]


def _rest(place: Place, text: str, start: int, at: int) -> Iterator[Candidate]:
    """The rest of the line behind a mark; the next line with anything on it where that is empty."""
    for line in text[at : at + 2 * LONGEST_SHOWN].split("\n"):
        bare = _CLOSING_TAGS.sub("", line.strip())
        if "|" in text[start:at]:  # a cell of a table
            bare = bare.rstrip("| ")
        if not _FENCE.fullmatch(line) and bare.strip(_MARKUP) not in _EMPTY and bare not in _EMPTY:
            rest = _closed(bare)
            yield Candidate(rest, place, start, at + len(line), _block(text, at), boxes_of(rest))
            return
        at += len(line) + 1


def _closed(line: str) -> str:
    """Without the end of an emphasis that began before the mark: "**Answer: 18** (16 + 2)" says 18, with an aside."""
    if line.count("**") % 2 == 0:
        return line
    return _BOLD_END.sub(" ", line, count=1).strip()


def _block(text: str, start: int) -> str:
    return text[start : start + 10 * LONGEST_SHOWN].lstrip().split("\n\n", 1)[0].strip()


def _boxes(text: str) -> Iterator[Candidate]:
    """The boxes; those that follow each other in one sentence as one."""
    run: list[tuple[int, int, str]] = []
    for box in boxes_in(text):
        if run and not _BETWEEN_BOXES.fullmatch(text, run[-1][1], box[0]):
            yield _box(text, run)
            run = []
        run.append(box)
    if run:
        yield _box(text, run)


def _box(text: str, run: list[tuple[int, int, str]]) -> Candidate:
    start, end = run[0][0], run[-1][1]
    words_of = run[0][2] if len(run) == 1 else text[start:end]
    return Candidate(words_of, "box", start, end, words_of, tuple(inside for _, _, inside in run))


def _outermost(marks: list[Candidate]) -> list[Candidate]:
    """Those that lie in no earlier one."""
    kept: list[Candidate] = []
    for mark in marks:
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return kept


def _last_saying(text: str) -> Candidate | None:
    found = words.sayings(text)
    return next(_rest("saying", text, *found[-1]), None) if found else None


def _lines(text: str, at: int) -> Iterator[Candidate]:
    """The last line, unless it has a mark in it that ends behind `at`, and the first line."""
    line = last_line(text)
    if line is None:
        return
    start = text.rfind(line)
    if start + len(line) > at:
        yield Candidate(line, "line", start, start + len(line), _last_block(text), boxes_of(line))
    stripped = text.lstrip(_MARKUP + "\n")
    first = stripped.split("\n", 1)[0].strip()
    if first and first != line:
        start = text.find(first)
        yield Candidate(first, "first line", start, start + len(first), first)


def _last_block(text: str) -> str:
    return text.rstrip()[-10 * LONGEST_SHOWN :].rsplit("\n\n", 1)[-1].strip()


def _json_text(literal: str) -> str:
    try:
        value = json.loads(literal)
    except ValueError:
        return literal.strip("\"'").strip()
    return value.strip() if isinstance(value, str) else literal.strip()


def _one_line(text: str) -> str:
    return text if "\n" not in text else " ".join(text.split())
