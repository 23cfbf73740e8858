"""Note a file in the catalog, with its content's hash."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import files, local_pages
from aa_tui.catalog.rows import FileRow

if TYPE_CHECKING:
    from aa_tui.gguf.files import FileState
    from aa_tui.gguf.header import Header

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


Check = Callable[[str, int], object]
"""Called with a file's path and size in bytes; raises where it is not wanted."""


def no_check(_path: str, _size_bytes: int) -> None:
    """Any file will do."""


def register(
    conn: sqlite3.Connection, path: Path, on_progress: Progress | None = None, check: Check = no_check
) -> tuple[FileRow, Header | None]:
    """Note a model's file, or its first part for all of them, with its content's sha256.

    One unchanged since it was hashed is not read again. Raises GGUFError for what is no model that writes text; of such
    nothing is noted.
    """
    from aa_tui.gguf.files import sha256_of_all, state_of
    from aa_tui.gguf.kinds import check_writes_text
    from aa_tui.gguf.parts import read_parts

    path = path.absolute()  # links stay: in the Hub's cache the link has the name, the content a hash
    header, parts = read_parts(path)
    check_writes_text(header, path.name)
    state, whole = state_of(parts), str(parts[0])
    known = files.by_stat(conn, whole, state.size_bytes, state.mtime_ns)
    if known is not None:
        return known, header
    check(whole, state.size_bytes)
    sha256 = sha256_of_all(parts, on_progress)
    if len(parts) > 1:
        page = files.widen_first_part(conn, whole, state_of(parts[:1]).size_bytes, sha256)
        local_pages.remove_if_empty(conn, page)
    return put(conn, whole, state, sha256, header), header


def put(conn: sqlite3.Connection, path: str, state: FileState, sha256: str, header: Header) -> FileRow:
    """Note a file whose content is known, with what its header says of it."""
    return files.put(
        conn,
        path=path,
        sha256=sha256,
        size_bytes=state.size_bytes,
        mtime_ns=state.mtime_ns,
        quant=header.quant,
        architecture=header.architecture,
        n_params=header.n_params,
        context_tokens=header.context_tokens,
        name=header.name,
        metadata=header.metadata,
    )
