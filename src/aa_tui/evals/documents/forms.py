"""What the readers of documents share: the formats, what they are told of a document, and how they say no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["json", "csv", "yaml", "table"]
FORMATS: tuple[Format, ...] = ("json", "csv", "yaml", "table")

MAX_CHARACTERS = 100_000
"""Of a document; PyYAML takes some seconds for as much, and the longest key of a pack has a tenth of that."""

MAX_DEPTH = 50
"""Lists and objects within each other: what checks a schema calls itself several times for each."""


class BrokenError(ValueError):
    """The document is not of its format; says where and why, without a full stop."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a document is written. `columns` are the names in the first line of CSV or of a table, in their order;
    `delimiter` stands between the fields of CSV."""

    format: Format
    columns: tuple[str, ...] = ()
    delimiter: str = ","


def check_depth(value: Any) -> None:
    """Raises BrokenError where lists and objects are nested more than `MAX_DEPTH` deep."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise BrokenError(f"it is nested more than {MAX_DEPTH} deep")
