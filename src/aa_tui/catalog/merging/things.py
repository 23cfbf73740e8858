"""What runs are about, on its way between catalogs: machines, files, models, and what belongs to no run.

Machines are one by their fingerprint, files by their sha256, models by the slug of a page, servers by their address.
What is there already stays as it is here: a path, a name and a page are this catalog's own.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aa_tui.catalog.merging.other import NAME
from aa_tui.catalog.merging.run_rows import columns
from aa_tui.catalog.paths import stored, told
from aa_tui.catalog.rows import FILE_ELSEWHERE, FILE_ITSELF
from aa_tui.textsafe import clean_line, cut

Ids = dict[int, int]

_MOST_CHARACTERS = 100


def machine_name(text: str) -> str:
    """What another catalog calls a machine, or a part of it, at a length that leaves a table readable."""
    return cut(clean_line(text), _MOST_CHARACTERS)


def put(conn: sqlite3.Connection, table: str, values: dict[str, Any]) -> int:
    """Insert a row. Returns its id. The caller holds the transaction."""
    marks = ", ".join("?" * len(values))
    found = conn.execute(f"INSERT INTO main.{table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
    return int(found.lastrowid or 0)


def machines(conn: sqlite3.Connection, wanted: Iterable[int]) -> Ids:
    """Our numbers of the other catalog's machines. The caller holds the transaction."""
    found: Ids = {}
    for number in sorted(set(wanted)):
        row = _row(conn, "machines", number)
        known = conn.execute("SELECT id FROM main.machines WHERE fingerprint = ?", (row["fingerprint"],)).fetchone()
        named = row | {part: machine_name(row[part]) for part in ("name", "cpu", "os", "arch")}
        found[number] = int(known[0]) if known else put(conn, "machines", named)
    return found


def files(conn: sqlite3.Connection, wanted: Iterable[int], *, keeps_paths: bool = True) -> Ids:
    """The same of files. One that does not lie here keeps only its name: its folder is another machine's.

    A page comes with a file that has none here. The caller holds the transaction.
    """
    found: Ids = {}
    for number in sorted(set(wanted)):
        row = _row(conn, "gguf_files", number)
        model_id = None if row["model_id"] is None else _model(conn, row["model_id"])
        known = conn.execute(
            "SELECT id, model_id, path FROM main.gguf_files WHERE sha256 = ?", (row["sha256"],)
        ).fetchone()
        if known is None:
            path, mtime_ns = _as_it_lies_here(row) if keeps_paths else _name_only(row)
            found[number] = put(conn, "gguf_files", {**row, "path": path, "mtime_ns": mtime_ns, "model_id": model_id})
            continue
        found[number] = int(known["id"])
        if keeps_paths and not told(known["path"]).startswith("/") and row["kind"] != "served":
            lies_at = _as_it_lies_here(row)
            conn.execute("UPDATE main.gguf_files SET path = ?, mtime_ns = ? WHERE id = ?", (*lies_at, known["id"]))
        if known["model_id"] is None and model_id is not None:
            conn.execute("UPDATE main.gguf_files SET model_id = ? WHERE id = ?", (model_id, known["id"]))
    return found


def others(conn: sqlite3.Connection) -> int:
    """What belongs to no run: figures of memory, slots and servers, and speeds of other machines.

    Returns how many of the latter are new. The caller holds the transaction.
    """
    for table, key, better in (
        ("memory_bandwidth", ("fingerprint",), ("bytes_per_s", "measured_at", "n_threads")),
        ("slot_probes", ("fingerprint", "sha256", "settings_key"), ("measured_at", "best", "rates")),
    ):
        names = columns(conn, table)
        updates = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
        more, before = (", ".join(f"{where}.{name}" for name in better) for where in ("excluded", table))
        conn.execute(
            f"INSERT INTO main.{table} ({', '.join(names)}) SELECT {', '.join(names)} FROM {NAME}.{table} WHERE true "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates} WHERE ({more}) > ({before})"
        )
    _servers(conn)
    return _speeds_elsewhere(conn)


def _servers(conn: sqlite3.Connection) -> None:
    """Servers that are not known here, without where their keys are kept: that is another machine's."""
    names = columns(conn, "servers")
    query = (
        f"SELECT {', '.join(names)} FROM {NAME}.servers WHERE url NOT IN (SELECT url FROM main.servers) ORDER BY url"
    )
    for row in conn.execute(query).fetchall():
        name, number = row["name"], 1
        while conn.execute("SELECT 1 FROM main.servers WHERE name = ?", (name,)).fetchone():
            number += 1
            name = f"{row['name']}-{number}"
        put(conn, "servers", {**dict(row), "name": name, "key_env": ""})


def _speeds_elsewhere(conn: sqlite3.Connection) -> int:
    names = columns(conn, "speed_elsewhere")
    query = (
        f"SELECT {', '.join(names)} FROM {NAME}.speed_elsewhere "
        "WHERE digest NOT IN (SELECT digest FROM main.speed_elsewhere) ORDER BY id"
    )
    rows = conn.execute(query).fetchall()
    for row in rows:
        model_id = None if row["model_id"] is None else _model(conn, row["model_id"])
        put(conn, "speed_elsewhere", {**dict(row), "model_id": model_id})
    return len(rows)


def _row(conn: sqlite3.Connection, table: str, number: int) -> dict[str, Any]:
    names = ", ".join(columns(conn, table))
    return dict(conn.execute(f"SELECT {names} FROM {NAME}.{table} WHERE id = ?", (number,)).fetchone())


def _as_it_lies_here(row: dict[str, Any]) -> tuple[str | bytes, int]:
    """Path and mtime of a file that is the very one at its path on this machine; else its name alone."""
    if row["kind"] == "served":
        return row["path"], row["mtime_ns"]
    try:
        found = Path(told(row["path"])).stat()
    except (OSError, ValueError):
        return _name_only(row)
    is_it = (found.st_size, found.st_mtime_ns) == (row["size_bytes"], row["mtime_ns"])
    return (row["path"], row["mtime_ns"]) if is_it else _name_only(row)


def _name_only(row: dict[str, Any]) -> tuple[str | bytes, int]:
    if row["kind"] == "served":
        return row["path"], row["mtime_ns"]
    return stored(os.path.basename(told(row["path"]))), 0  # noqa: PTH119 - of a text


def _model(conn: sqlite3.Connection, number: int) -> int:
    """Our number of a model of the other catalog: of the page with one of its slugs, else of one made for it.

    A model that no table here publishes is a local one here, whatever it is there: its page is what its runs are on.
    """
    slugs = [
        row[0] for row in conn.execute(f"SELECT slug FROM {NAME}.variants WHERE model_id = ? ORDER BY slug", (number,))
    ]
    marks = ", ".join("?" * len(slugs))
    known = conn.execute(f"SELECT model_id FROM main.variants WHERE slug IN ({marks}) ORDER BY slug", slugs).fetchone()
    if known is not None:
        return int(known[0])
    model = _row(conn, "models", number)
    creator = _row(conn, "creators", model["creator_id"])
    conn.execute("INSERT INTO main.creators (name) VALUES (?) ON CONFLICT DO NOTHING", (creator["name"],))
    made = conn.execute(
        "INSERT INTO main.models (creator_id, name, weights_url) SELECT id, ?, ? FROM main.creators WHERE name = ? "
        "ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
        (model["name"], model["weights_url"], creator["name"]),
    ).fetchone()
    names = columns(conn, "variants")
    for row in conn.execute(
        f"SELECT {', '.join(names)} FROM {NAME}.variants WHERE model_id = ? ORDER BY slug", (number,)
    ).fetchall():
        source_id = None if row["source_id"] is None else _source(conn, row["source_id"])
        put(conn, "variants", {**dict(row), "model_id": made[0], "is_local": 1, "source_id": source_id})
    return int(made[0])


def _source(conn: sqlite3.Connection, number: int) -> int:
    row = _row(conn, "sources", number)
    if row["name"] == FILE_ITSELF:
        row |= {"name": FILE_ELSEWHERE, "url": os.path.basename(row["url"])}  # noqa: PTH119 - of a text
    where = " AND ".join(f"{name} IS ?" for name in row)
    known = conn.execute(f"SELECT id FROM main.sources WHERE {where}", tuple(row.values())).fetchone()
    return int(known[0]) if known else put(conn, "sources", row)
