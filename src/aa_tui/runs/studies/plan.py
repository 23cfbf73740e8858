"""From a file and what somebody wants to know of it to a queued study."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from aa_tui.catalog import runs
from aa_tui.catalog.rows import FileRow
from aa_tui.library.registering import Progress, no_check
from aa_tui.runs.engine_check import check_installed, check_may_run
from aa_tui.runs.target import check_memory, check_size, check_tokenizer, find_file


def file_to_study(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    force: bool = False,
    on_progress: Progress | None = None,
) -> FileRow:
    """The file that is meant by a path or a model's name, read whole where it is not known yet.

    Raises:
        RunError: no such file, no file of the model, one without a tokenizer, or too large for the memory; `force`
            leaves out the last.
        GGUFError: the file is no GGUF, or a damaged one.
        UnknownModelError: no model goes by that name.
        EngineError: llama.cpp is not installed.
    """
    check_installed()
    file = find_file(conn, target, model=model, on_progress=on_progress, check=no_check if force else check_size)
    check_tokenizer(file)
    if not force:
        check_may_run(conn, file)
        check_memory(file)
    return file


def queue(
    conn: sqlite3.Connection, study: str, file: FileRow, settings: Mapping[str, Any], *, n_points: int | None = None
) -> int:
    """Queue a study of a file; `n_points` are the pieces it will find. Returns the run's number."""
    return runs.create(conn, kind="study", file=file, settings={"study": study, **settings}, n_items=n_points)
