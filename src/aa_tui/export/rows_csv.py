"""Rows of a listing as CSV: the values that `--json` prints, a row a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.textsafe import shown

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[-+]?[\d.,]+(?:e[-+]?\d+)?\s*%?", re.IGNORECASE)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows under a head of their keys. What is in a value has its key behind a dot; lists have semicolons."""
    flat = [dict(_flat(row)) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in flat)
    return text.getvalue()


def _flat(row: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in row.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{name}.")
        elif isinstance(value, (list, tuple)):
            found.append((f"{before}{name}", ";".join(map(str, value))))
        else:
            found.append((f"{before}{name}", value))
    return found


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula begins with an apostrophe, which makes it text there."""
    if not isinstance(value, str):
        return value
    text = shown(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip()) else text
