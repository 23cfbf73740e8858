"""Tables as Parquet: the samples of a run, and what was measured here of all models (extra `parquet`)."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.catalog import measured, runs, samples
from aa_tui.catalog.rows import RunRow
from aa_tui.export.errors import ExportError


def of_run(conn: sqlite3.Connection, run: RunRow) -> bytes:
    """A row for each sample, with its texts; for each repetition of a speed run. Raises ExportError."""
    if run.kind == "speed":
        return table([row._asdict() for row in runs.samples(conn, run.id)])
    from aa_tui.export.exchange import log_of
    from aa_tui.formats.log import LogSample

    names = [*LogSample.__slots__]
    rows = []
    for row, sample in zip(samples.scored(conn, run.id), log_of(conn, run).samples(), strict=True):
        rows.append({"run_id": run.id, "position": row.position, **{name: getattr(sample, name) for name in names}})
    return table(rows)


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
