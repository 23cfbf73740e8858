"""GGUF files seen on this machine, and the models that they are files of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from aa_tui.catalog import leaderboard
from aa_tui.catalog.models import normalise
from aa_tui.catalog.paths import stored, told
from aa_tui.catalog.rows import FILE_ITSELF, FileRow

_COLUMNS = FileRow._fields
COLUMNS_SQL = ", ".join(f"f.{name} AS f_{name}" for name in _COLUMNS)


def file_of(row: sqlite3.Row) -> FileRow:
    """The file part of a row that was selected with `COLUMNS_SQL`."""
    values = {name: row[f"f_{name}"] for name in _COLUMNS}
    return FileRow(**{**values, "path": told(values["path"])})


def by_stat(conn: sqlite3.Connection, path: str, size_bytes: int, mtime_ns: int) -> FileRow | None:
    """The file at this path if it is unchanged since its content was hashed."""
    query = f"SELECT {COLUMNS_SQL} FROM gguf_files f WHERE path = ? AND size_bytes = ? AND mtime_ns = ?"
    row = conn.execute(query, (stored(path), size_bytes, mtime_ns)).fetchone()
    return file_of(row) if row else None


def list_files(conn: sqlite3.Connection) -> list[FileRow]:
    """All files known, by name, and models that servers serve."""
    query = f"SELECT {COLUMNS_SQL} FROM gguf_files f WHERE f.kind != 'log' ORDER BY f.name, f.size_bytes"
    return [file_of(row) for row in conn.execute(query)]


def files_of_model(conn: sqlite3.Connection, model_id: int) -> list[FileRow]:
    """The files of a model that lie or lay on this machine, or are served, smallest first.

    One that only another machine's runs are of has a name and no folder (`merging.things`).
    """
    query = (
        f"SELECT {COLUMNS_SQL} FROM gguf_files f WHERE model_id = ? AND kind != 'log' "
        "AND (kind = 'served' OR substr(CAST(path AS BLOB), 1, 1) = x'2f') ORDER BY size_bytes"
    )
    return [file_of(row) for row in conn.execute(query, (model_id,))]


def put(
    conn: sqlite3.Connection,
    *,
    path: str,
    sha256: str,
    size_bytes: int,
    mtime_ns: int,
    quant: str | None,
    architecture: str | None,
    n_params: int | None,
    context_tokens: int | None,
    name: str | None,
    metadata: Mapping[str, Any],
) -> FileRow:
    """Note a file. One with the same content is the same file, wherever it lies now."""
    row = conn.execute(
        """INSERT INTO gguf_files
             (path, sha256, size_bytes, mtime_ns, quant, architecture, n_params, context_tokens, name, metadata)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (sha256) DO UPDATE SET path = excluded.path, size_bytes = excluded.size_bytes,
             mtime_ns = excluded.mtime_ns, quant = excluded.quant, architecture = excluded.architecture,
             n_params = excluded.n_params, context_tokens = excluded.context_tokens, name = excluded.name,
             metadata = excluded.metadata
           RETURNING id""",
        (
            stored(path),
            sha256,
            size_bytes,
            mtime_ns,
            quant,
            architecture,
            n_params,
            context_tokens,
            name,
            json.dumps(dict(metadata)),
        ),
    ).fetchone()
    return get(conn, int(row[0]))


def put_served(
    conn: sqlite3.Connection,
    *,
    url: str,
    model: str,
    digest: str,
    size_bytes: int | None,
    quant: str | None,
    n_params: int | None,
    context_tokens: int | None,
    name: str,
    facts: Mapping[str, Any],
) -> FileRow:
    """Note a model that a server serves; two servers that serve the same, by `digest`, are one.

    The first one's address stays. `facts` stand where a file has its header's metadata.
    """
    row = conn.execute(
        """INSERT INTO gguf_files
             (path, sha256, size_bytes, mtime_ns, quant, n_params, context_tokens, name, metadata, kind)
           VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, 'served')
           ON CONFLICT (sha256) DO UPDATE SET context_tokens = excluded.context_tokens, name = excluded.name,
             metadata = excluded.metadata
           RETURNING id""",
        (
            stored(f"{url}#{model}"),
            digest,
            size_bytes or 0,
            quant,
            n_params,
            context_tokens,
            name,
            json.dumps(dict(facts)),
        ),
    ).fetchone()
    return get(conn, int(row[0]))


def widen_first_part(conn: sqlite3.Connection, path: str, first_bytes: int, sha256: str) -> int | None:
    """A model in parts that an earlier version of the program noted as its first part alone gets the hash of all.

    Its runs stay its runs; a page that was made from a part of the weights is no longer its. Returns that page's model.
    """
    row = conn.execute(
        "SELECT id, model_id FROM gguf_files WHERE path = ? AND size_bytes = ? "
        "AND NOT EXISTS (SELECT 1 FROM gguf_files WHERE sha256 = ?) ORDER BY id DESC",
        (stored(path), first_bytes, sha256),
    ).fetchone()
    if row is None:
        return None
    local = "SELECT model_id FROM variants WHERE is_local"
    with conn:
        conn.execute(
            f"UPDATE gguf_files SET sha256 = ?, model_id = CASE WHEN model_id IN ({local}) THEN NULL ELSE model_id END "
            "WHERE id = ?",
            (sha256, row[0]),
        )
    return None if row[1] is None else int(row[1])


def metadata_of(conn: sqlite3.Connection, file_id: int) -> dict[str, Any]:
    """The header's own metadata of a file."""
    row = conn.execute("SELECT metadata FROM gguf_files WHERE id = ?", (file_id,)).fetchone()
    found: dict[str, Any] = json.loads(row[0])
    return found


def get(conn: sqlite3.Connection, file_id: int) -> FileRow:
    """The file with this id."""
    query = f"SELECT {COLUMNS_SQL} FROM gguf_files f WHERE id = ?"
    return file_of(conn.execute(query, (file_id,)).fetchone())


def link(conn: sqlite3.Connection, file_id: int, model_id: int) -> None:
    """Say which model a file is of; its figures move to that model's page."""
    with conn:
        conn.execute("BEGIN IMMEDIATE")
        before = conn.execute("SELECT model_id FROM gguf_files WHERE id = ?", (file_id,)).fetchone()[0]
        conn.execute("UPDATE gguf_files SET model_id = ? WHERE id = ?", (model_id, file_id))
        for changed in {before, model_id} - {None}:
            leaderboard.refresh_model(conn, changed)


def note_stat(conn: sqlite3.Connection, file_id: int, size_bytes: int, mtime_ns: int) -> None:
    """The content at its path was hashed again and is still the same."""
    conn.execute("UPDATE gguf_files SET size_bytes = ?, mtime_ns = ? WHERE id = ?", (size_bytes, mtime_ns, file_id))


def add_local_model(
    conn: sqlite3.Connection,
    *,
    name: str,
    creator: str,
    total_params_b: float | None,
    context_tokens: int | None,
    license_name: str | None,
    reasoning: bool,
    source_url: str,
    as_of: str,
    slug: str | None = None,
    source_name: str = FILE_ITSELF,
    open_weights: bool = True,
) -> int:
    """Make a page for a model that no published table knows, from what its file says. Returns the model's id."""
    slug = slug or normalise(name) or "unnamed"
    with conn:
        conn.execute("BEGIN IMMEDIATE")
        known = conn.execute("SELECT model_id FROM variants WHERE slug = ?", (slug,)).fetchone()
        if known:
            return int(known[0])
        conn.execute("INSERT INTO creators (name) VALUES (?) ON CONFLICT DO NOTHING", (creator,))
        model_id = conn.execute(
            "INSERT INTO models (creator_id, name, weights_url) "
            "SELECT id, ?, '' FROM creators WHERE name = ? RETURNING id",
            (name, creator),
        ).fetchone()[0]
        conn.execute(
            "INSERT INTO sources (name, url, as_of) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (source_name, source_url, as_of),
        )
        conn.execute(
            """INSERT INTO variants (model_id, slug, name, reasoning, open_weights, total_params_b, active_params_b,
                 context_tokens, input_modalities, output_modalities, license, is_local, source_id)
               SELECT ?, ?, ?, ?, ?, ?, ?, ?, 'text', 'text', ?, 1, id FROM sources
               WHERE name = ? AND url = ? AND as_of = ?""",
            (
                model_id,
                slug,
                name,
                reasoning,
                open_weights,
                total_params_b,
                total_params_b,
                context_tokens,
                license_name,
                source_name,
                source_url,
                as_of,
            ),
        )
        leaderboard.refresh_model(conn, model_id)
    return int(model_id)
