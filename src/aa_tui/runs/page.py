"""The page of a file that is of no model in the catalog: made with its first figure, so that no failed run has one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aa_tui.catalog import files, models, runs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import FILE_ITSELF, SERVER_ITSELF, Figure, FileRow, RunRow
from aa_tui.library.naming import known_model
from aa_tui.textsafe import clean_line

SELLS_ACCESS = ("openrouter", "other")
"""Kinds of servers that may serve models whose weights nobody can have; the others are given weights."""


def put_figures(conn: sqlite3.Connection, run: RunRow, figures: Sequence[Figure]) -> None:
    """Note figures of a run. With its first ones a file that is of no model in the catalog gets a page."""
    file = files.get(conn, run.file.id)
    if figures and file.model_id is None:
        files.link(conn, file.id, known_model(conn, file) or _page_of(conn, file))
        file = files.get(conn, file.id)
    runs.put_figures(conn, run._replace(file=file), figures)


def _page_of(conn: sqlite3.Connection, file: FileRow) -> int:
    """A page made from a file."""
    from aa_tui.gguf.naming import model_name
    from aa_tui.gguf.reasoning import formats

    metadata = files.metadata_of(conn, file.id)
    own_name = model_name(file.name, file.shown_name if file.is_served else clean_line(Path(file.shown_name).stem))
    taken = models.by_slug(conn, models.normalise(own_name))
    return files.add_local_model(
        conn,
        name=f"{own_name} (file)" if taken is not None and not taken.is_local else own_name,
        creator=clean_line(str(metadata.get("general.organization") or "unknown creator")),
        total_params_b=file.n_params / 1e9 if file.n_params else None,
        context_tokens=file.context_tokens,
        license_name=clean_line(str(metadata.get("general.license") or "")) or None,
        reasoning=formats().thinks(_template(file, metadata)),
        source_url=file.shown_path.partition("#")[0] if file.is_served else file.shown_name,
        source_name=SERVER_ITSELF if file.is_served else FILE_ITSELF,
        open_weights=metadata.get("kind") not in SELLS_ACCESS,
        as_of=utc_now()[:10],
    )


def _template(file: FileRow, metadata: Mapping[str, Any]) -> str:
    """The chat template of a file, empty where it has none or is gone; of a served model as its server told it."""
    from aa_tui.gguf.errors import GGUFError
    from aa_tui.gguf.header import read_header

    if file.is_served:
        return str(metadata.get("template") or "")
    try:
        return read_header(Path(file.path)).chat_template or ""
    except GGUFError:
        return ""
