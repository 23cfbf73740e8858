"""What a study found, in lines."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from itertools import takewhile, zip_longest

from aa_tui.pages.page import Studied
from aa_tui.pages.studies.report import StudyReport, StudyTable

TITLE = "Studied here"
NOTHING_YET = "Nothing is found yet."
_GAP, _INDENT = "  ", "  "
_LEAST_CELLS = 12
"""To which a column of words is narrowed."""


def lines(report: StudyReport, width: int) -> list[str]:
    """The findings, then the tables, `width` cells wide at most but for tables, whose columns stay together."""
    told = report.sentences or (NOTHING_YET,)
    found = [part for words in told for part in textwrap.wrap(words, max(20, width), break_on_hyphens=False)]
    for table in report.tables:
        found += ["", *table_lines(table, width)]
    return found


def table_lines(table: StudyTable, width: int) -> list[str]:
    """A table with its title above and its note below."""
    found = [table.title] if table.title else []
    for rows in table_parts(table, width):
        found += [line for row in rows for line in row]
    return found + (textwrap.wrap(table.note, max(20, width)) if table.note else [])


def table_parts(table: StudyTable, width: int) -> list[list[list[str]]]:
    """The head and each row as lines, in one or more parts below each other.

    Where all is too wide, the words of the widest column go on below; where it still is, columns do, beside the words
    that come first.
    """
    rows = (table.head, *table.rows)
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    words = [number for number in range(len(widths)) if number not in table.right]
    too_much = _width(widths) - width
    if too_much > 0 and words:
        widest = max(words, key=lambda number: widths[number])
        widths[widest] = max(_LEAST_CELLS, widths[widest] - too_much)
    first = list(takewhile(lambda number: number not in table.right, range(len(widths)))) or [0]
    if _width([widths[number] for number in first]) > width / 2:
        first = [0]
    parts = [[*first]]
    for number in range(len(first), len(widths)):
        if len(parts[-1]) > len(first) and _width([widths[one] for one in (*parts[-1], number)]) > width:
            parts.append([*first])
        parts[-1].append(number)
    return [
        [
            _row_lines(
                [row[number] for number in part],
                [widths[number] for number in part],
                frozenset(place for place, number in enumerate(part) if number in table.right),
            )
            for row in rows
        ]
        for part in parts
    ]


def _wrapped(text: str, cells: int) -> list[str]:
    return [text] if _cells(text) <= cells else textwrap.wrap(text, cells, break_on_hyphens=False)


def _width(widths: Sequence[int]) -> int:
    return len(_INDENT) + sum(widths) + len(_GAP) * (len(widths) - 1)


def _row_lines(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> list[str]:
    columns = [_wrapped(text, cells) for text, cells in zip(row, widths, strict=True)]
    lines = []
    for parts in zip_longest(*columns, fillvalue=""):
        told = [
            _padded(text, cells, to_right=number in right)
            for number, (text, cells) in enumerate(zip(parts, widths, strict=True))
        ]
        lines.append(f"{_INDENT}{_GAP.join(told)}".rstrip())
    return lines


def studied_lines(studied: Sequence[Studied]) -> list[str]:
    """On a model's page: a line for each study, the newest first."""
    found = []
    for one in studied:
        run = one.run
        state = "" if run.state == "finished" else f", {run.state}"
        head = f"run {run.id}, {(run.ended_at or run.created_at)[:10]}{state} · {run.file.shown_name}"
        found.append(f"{head}: {one.report.title}, {one.report.few_words or 'nothing found yet'}")
    return found


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _padded(text: str, cells: int, *, to_right: bool) -> str:
    room = " " * (cells - _cells(text))
    return room + text if to_right else text + room
