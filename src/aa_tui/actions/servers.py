"""Servers that the user has saved: add, ask what they serve, remove. A key is never among what is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.catalog import servers as saved
from aa_tui.catalog.servers import ServerRow
from aa_tui.errors import AATuiError, UsageError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.served.values import Served
    from aa_tui.runs.serving.servers import Server

_AT_ONCE = 8
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """A server as it was found just now; `is_there` None: not asked. `why_not` is a sentence where it is not there."""

    row: ServerRow
    is_there: bool | None = None
    why_not: str = ""


def listed(conn: sqlite3.Connection) -> list[Seen]:
    """The saved servers, with what they said when they were last asked."""
    return [Seen(row) for row in saved.list_servers(conn)]


def add(
    conn: sqlite3.Connection,
    typed: str,
    *,
    name: str = "",
    model: str = "",
    key_env: str = "",
    price_in_usd_per_m: float | None = None,
    price_out_usd_per_m: float | None = None,
) -> ServerRow:
    """Save a server once it has said what it serves. Without a name it keeps its own, or is called by its address.

    Raises EngineError and `RunError` where it cannot be asked, UsageError for a name that is none or taken.
    """
    from aa_tui.runs.serving import servers

    url = servers.address(typed)
    name = clean_line(name).strip() or _name_of(conn, url) or servers.usual_name(url)
    if len(name) > _LONGEST_NAME or "/" in name or name.startswith("-"):
        raise UsageError(f"“{name[:_LONGEST_NAME]}” is no name for a server: take a short one without slashes.")
    server = servers.Server(url, name, model, key_env, price_in_usd_per_m, price_out_usd_per_m)
    served = _asked(server)
    saved.add(
        conn,
        url=url,
        name=name,
        key_env=key_env,
        model=model,
        price_in_usd_per_m=price_in_usd_per_m,
        price_out_usd_per_m=price_out_usd_per_m,
    )
    _note(conn, server, served)
    return saved.get(conn, url)


def look(conn: sqlite3.Connection, rows: Sequence[ServerRow]) -> list[Seen]:
    """Ask servers what they serve now, several at once, and note it. May take seconds: call it in a thread."""
    from aa_tui.runs.serving.servers import named

    asked = [named(conn, [row.url])[0] for row in rows]
    with ThreadPoolExecutor(min(_AT_ONCE, len(asked) or 1)) as pool:
        found = list(pool.map(_tried, asked))
    seen = []
    for row, server, told in zip(rows, asked, found, strict=True):
        if isinstance(told, AATuiError):
            seen.append(Seen(row, is_there=False, why_not=str(told)))
        else:
            _note(conn, server, told)
            seen.append(Seen(saved.get(conn, row.url), is_there=True))
    return seen


def probe(conn: sqlite3.Connection, typed: str) -> Seen:
    """The same of one saved server. Raises UnknownServerError."""
    return look(conn, [saved.get(conn, typed)])[0]


def remove(conn: sqlite3.Connection, typed: str) -> ServerRow:
    """Forget a saved server; what was measured through it stays. Raises UnknownServerError."""
    row = saved.get(conn, typed)
    saved.remove(conn, row.id)
    return row


def _name_of(conn: sqlite3.Connection, url: str) -> str:
    known = saved.find(conn, url)
    return known.name if known is not None else ""


def _tried(server: Server) -> Served | AATuiError:
    try:
        return _asked(server)
    except AATuiError as error:
        return error


def _asked(server: Server) -> Served:
    from aa_tui.runs.serving.reaching import Reached

    with Reached([server]) as reached:
        return reached.first


def _note(conn: sqlite3.Connection, server: Server, served: Served) -> None:
    from aa_tui.runs.serving.reaching import note_server

    note_server(conn, server, served)
