"""Listings as CSV: the values of --json, harmless to spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from tests.support.program import Answer, Program

from aa_tui.export.rows_csv import as_csv


def test_what_is_nested_is_flat_and_formulas_are_text() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "=1+1", "file": {"quant": "Q4_0", "tags": ["a", "b"]}},
        {"name": "-0.5", "more": None},
    ]
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert read == [
        {"name": "'=1+1", "file.quant": "Q4_0", "file.tags": "a;b", "more": ""},
        {"name": "-0.5", "file.quant": "", "file.tags": "", "more": ""},
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    "command", [("models", "nanbeige"), ("gguf", "list", "--here"), ("packs", "list", "--here"), ("runs",)], ids=str
)
def test_every_listing_has_as_many_rows_as_json(program: Program, answer: Answer, command: tuple[str, ...]) -> None:
    rows = answer(*command)
    done = program(*command, "--csv")
    assert done.returncode == 0
    read = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(read) == len(rows)
    for row, line in zip(rows, read, strict=True):
        assert {name for name, value in row.items() if not isinstance(value, dict)} <= set(line)
    assert program(*command, "--csv", "--json").returncode == 2
