r"""Answers taken apart: tuples, intervals, sets, lists and matrices, and their parts as texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aa_tui.evals.graders.expressions import is_readable
from aa_tui.evals.graders.regions import split

_MATRIX = re.compile(r"(.*?)\\begin ?\{([pbB]?matrix|array)\}(?: ?\{[clr|]{0,20}\})?(.*)\\end ?\{\2\}", re.DOTALL)
_IN_BRACKETS = re.compile(r"[(\[] ?\\begin ?\{array\}.*\\end ?\{array\} ?[)\]]", re.DOTALL)
_LISTS = re.compile(r"\[ ?\[.*\] ?\]", re.DOTALL)
_CONTINENTAL = re.compile(r"\][^\[\],;]+[,;][^\[\],;]+[\[\])]|[\[(][^\[\],;]+[,;][^\[\],;]+\[")
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Shape:
    """An answer taken apart: `kind` is "one", "many" (in any order), "row" (in order), "column", "matrix", "other"."""

    kind: str
    parts: tuple[str, ...]
    brackets: str = ""


def shape_of(text: str) -> Shape:
    """The shape of a spelled text, its outermost brackets taken off."""
    text = text.strip()
    if _IN_BRACKETS.fullmatch(text):
        text = text[1:-1].strip()
    matrix = _MATRIX.fullmatch(text)
    if matrix:
        return _matrix(matrix[1].strip(), re.split(r"\\\\", matrix[3]), "&")
    if _LISTS.fullmatch(text):
        rows = split(text[1:-1].strip(), ",")
        return _matrix("", [row.strip()[1:-1] for row in rows], ",")
    if "\\begin" in text:
        return Shape("other", (text,))
    return _bracketed(text) or listed(text)


def _matrix(scale: str, rows: list[str], between: str) -> Shape:
    cells = [row.split(between) for row in rows if row.strip()]
    if scale:
        cells = [[f"({scale})*({cell})" for cell in row] for row in cells]
    if len({len(row) for row in cells}) > 1 or (scale and not is_readable(scale)):
        return Shape("other", ("",))
    flat = tuple(cell.strip() for row in cells for cell in row)
    if len(cells) == len(flat):
        return Shape("column", flat)
    return Shape("matrix", flat, f"{len(cells)} rows")


def _bracketed(text: str) -> Shape | None:
    """A set, tuple or interval, if brackets go around all of the text."""
    if text.startswith("\\langle") and text.endswith("\\rangle"):
        return Shape("row", split(text[7:-7], ","), "()")
    if _CONTINENTAL.fullmatch(text):
        text = text[0].replace("]", "(") + text[1:-1] + text[-1].replace("[", ")")
    bare = text.replace("\\{", "{").replace("\\}", "}")
    if len(bare) < 2 or bare[0] not in _OPENING or bare[-1] not in _CLOSING or not _wraps(bare):
        return None
    inner = listed(bare[1:-1])
    if bare[0] == "{" and (len(inner.parts) > 1 or text.startswith("\\{")):
        return Shape("many", inner.parts, "{}")
    return Shape("row", inner.parts, bare[0] + bare[-1]) if len(inner.parts) > 1 else None


def listed(text: str) -> Shape:
    """The parts of a list, those with \\pm written out twice."""
    parts = tuple(
        part.strip()
        for by_or in split(text, "\\lor")
        for by_and in split(by_or, "\\land")
        for by_semicolon in split(by_and, ";")
        for part in split(by_semicolon, ",")
        if part.strip()
    )
    parts = tuple(part.replace("\\pm", sign) for part in parts for sign in ("+-" if part.count("\\pm") == 1 else "+"))
    return Shape("many", parts) if len(parts) > 1 else Shape("one", parts or (text,))


def _wraps(text: str) -> bool:
    """Whether the first bracket closes with the last character; ( and ] may go together, as in intervals."""
    depth = 0
    for nth, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0:
            return nth == len(text) - 1
    return False
