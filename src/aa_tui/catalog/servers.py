"""Servers that models are asked through, as the user has named them. No key is ever here: only where one is kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.texts import storable
from aa_tui.errors import UsageError
from aa_tui.textsafe import clean_line


class ServerRow(NamedTuple):
    """A server, with what it said of itself when it was last asked (`probed_at`, UTC, None for never).

    `key_env` names the environment variable or the keyring's entry that holds its key, empty for none. `model` is the
    one that is meant there, empty for the only one. Prices are USD per million tokens.
    """

    id: int
    url: str
    name: str
    kind: str
    version: str
    key_env: str
    model: str
    price_in_usd_per_m: float | None
    price_out_usd_per_m: float | None
    facts: dict[str, Any]
    added_at: str
    probed_at: str | None


class UnknownServerError(UsageError):
    """No server goes by this name or address."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no server “{clean_line(name)}”; `aa-tui servers` lists them, `servers add` adds one."
        )


_COLUMNS = ", ".join(ServerRow._fields)


def list_servers(conn: sqlite3.Connection) -> list[ServerRow]:
    """All servers, by name."""
    return [_row(row) for row in conn.execute(f"SELECT {_COLUMNS} FROM servers ORDER BY name")]


def find(conn: sqlite3.Connection, typed: str) -> ServerRow | None:
    """The server of this name or address."""
    wanted = storable(typed)  # a path of a file may hold what no text does
    row = conn.execute(f"SELECT {_COLUMNS} FROM servers WHERE name = ? OR url = ?", (wanted, wanted)).fetchone()
    return None if row is None else _row(row)


def get(conn: sqlite3.Connection, typed: str) -> ServerRow:
    """The same. Raises `UnknownServerError`."""
    found = find(conn, typed)
    if found is None:
        raise UnknownServerError(typed)
    return found


def add(
    conn: sqlite3.Connection,
    *,
    url: str,
    name: str,
    key_env: str = "",
    model: str = "",
    price_in_usd_per_m: float | None = None,
    price_out_usd_per_m: float | None = None,
) -> ServerRow:
    """Note a server, or give the one at this address another name, key or model. Raises UsageError for a taken name."""
    taken = find(conn, name)
    if taken is not None and taken.url != url:
        raise UsageError(f"The server {taken.url} is called “{name}” already: choose another name with --name.")
    conn.execute(
        "INSERT INTO servers (url, name, key_env, model, price_in_usd_per_m, price_out_usd_per_m, added_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO UPDATE SET name = excluded.name, "
        "key_env = excluded.key_env, model = excluded.model, price_in_usd_per_m = excluded.price_in_usd_per_m, "
        "price_out_usd_per_m = excluded.price_out_usd_per_m",
        (url, name, key_env, model, price_in_usd_per_m, price_out_usd_per_m, utc_now()),
    )
    return get(conn, url)


def note_probe(
    conn: sqlite3.Connection,
    url: str,
    *,
    kind: str,
    version: str,
    price_in_usd_per_m: float | None,
    price_out_usd_per_m: float | None,
    facts: Mapping[str, Any],
) -> None:
    """Note what a server said of itself just now; nothing where it is none of the saved ones."""
    conn.execute(
        "UPDATE servers SET kind = ?, version = ?, price_in_usd_per_m = coalesce(?, price_in_usd_per_m), "
        "price_out_usd_per_m = coalesce(?, price_out_usd_per_m), facts = ?, probed_at = ? WHERE url = ?",
        (kind, version, price_in_usd_per_m, price_out_usd_per_m, json.dumps(dict(facts)), utc_now(), url),
    )


def remove(conn: sqlite3.Connection, server_id: int) -> None:
    """Forget a server; what was measured through it stays."""
    conn.execute("DELETE FROM servers WHERE id = ?", (server_id,))


def _row(row: sqlite3.Row) -> ServerRow:
    values = {name: row[name] for name in ServerRow._fields}
    texts = {name: clean_line(values[name]) for name in ("name", "kind", "version", "model")}
    return ServerRow(**{**values, **texts, "facts": json.loads(values["facts"])})
