"""A document's text as a value of JSON, read strictly: what its format forbids is an error, never mended.

CSV and tables become a list of objects of texts, one for each row, under the names in the first line.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from aa_tui.evals.documents.forms import MAX_CHARACTERS, BrokenError, Form, check_depth
from aa_tui.strictjson import BadJSONError, value_of

MAX_CELLS = 20_000

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_RULE = re.compile(r"\s*:?-+:?\s*")


def read(text: str, form: Form) -> Any:
    """The value of a document. Raises BrokenError."""
    if len(text) > MAX_CHARACTERS:
        raise BrokenError(f"it is longer than {MAX_CHARACTERS:,} characters")
    if form.format == "json":
        value = _json(text)
    elif form.format == "yaml":
        from aa_tui.evals.documents.yaml_core import read_yaml

        value = read_yaml(text)
    else:
        value = _rows(_csv_records(text, form.delimiter) if form.format == "csv" else table_records(text))
    check_depth(value)
    return value


def header_of(text: str, form: Form) -> list[str]:
    """The names in the first line of a CSV or a table that `read` has read."""
    records = _csv_records(text, form.delimiter) if form.format == "csv" else table_records(text)
    return records[0]


def _json(text: str) -> Any:
    try:
        return value_of(text.encode("utf-8", "replace"))
    except BadJSONError as error:
        line = "" if error.line <= 1 else f", line {error.line}"
        raise BrokenError(f"{str(error).removesuffix('.')}{line}") from None


def _csv_records(text: str, delimiter: str) -> list[list[str]]:
    _check_quotes(text, delimiter)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BrokenError(f"it is not CSV ({error})") from None
    # An empty line is no record, but within the fields in quotes, where it stays.
    return [[cell.strip() for cell in record] for record in records if record]


def _check_quotes(text: str, delimiter: str) -> None:
    """The csv module takes quotation marks within a field that is in none; RFC 4180 does not."""
    field = re.compile(rf'(?:"(?:[^"]|"")*+"|[^"\n{re.escape(delimiter)}]*+)(?:{re.escape(delimiter)}|\n|\Z)')
    at = 0
    while at < len(text):
        match = field.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise BrokenError(f"it is not CSV (quotation marks, line {line})")
        at = match.end()


def table_records(text: str) -> list[list[str]]:
    """Header and rows of a Markdown table, its rule left out. Raises BrokenError."""
    lines = [line.strip() for line in text.strip().split("\n")]
    if len(lines) < 2 or any("|" not in line for line in lines):
        raise BrokenError("it is no Markdown table")
    records = [_cells(line) for line in lines]
    if not is_rule(lines[1]) or len(records[1]) != len(records[0]):
        raise BrokenError("the second line of the table is no rule of as many columns as the first")
    return [records[0], *records[2:]]


def is_rule(line: str) -> bool:
    """Whether a line of a table is the one below its header."""
    return "-" in line and all(_RULE.fullmatch(cell) for cell in _cells(line.strip()))


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    cells = re.split(r"(?<!\\)\|", inner)
    return [_ESCAPED.sub(r"\1", cell).strip() for cell in cells]


def _rows(records: list[list[str]]) -> list[dict[str, str]]:
    if not records:
        raise BrokenError("it has no lines")
    header = records[0]
    if len(set(header)) != len(header):
        raise BrokenError("two columns have the same name")
    if len(header) * len(records) > MAX_CELLS:
        raise BrokenError(f"it has more than {MAX_CELLS:,} cells")
    for number, record in enumerate(records[1:], 1):
        if len(record) != len(header):
            raise BrokenError(f"row {number} has {len(record)} fields, the first line {len(header)}")
    return [dict(zip(header, record, strict=True)) for record in records[1:]]
