"""Rows as Parquet: of a run its samples, and what was measured here of all models (extra `parquet`)."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.catalog import measured
from aa_tui.export.errors import ExportError


def of_measured(conn: sqlite3.Connection) -> bytes:
    """A row for each figure that was measured here: nothing that others published is in it. Raises ExportError."""
    return table([row._asdict() for row in measured.here(conn)])


def table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a file. Raises ExportError without rows, and where the package is not installed."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise ExportError(
            "Parquet needs the Python package pyarrow (`uv sync --extra parquet`); CSV and JSON need nothing."
        ) from error
    if not rows:
        raise ExportError("There is nothing measured yet that could be written.")
    names = list(rows[0])
    columns = {name: [_value(row[name]) for row in rows] for name in names}
    text = io.BytesIO()
    parquet.write_table(arrow.table(columns), text, compression="zstd")
    return text.getvalue()


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
