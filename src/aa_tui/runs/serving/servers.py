"""Which servers are meant by what was typed, by an address or by the name that one was saved under."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aa_tui.catalog import servers as saved
from aa_tui.catalog.run_notes import ServerNote, text, texts
from aa_tui.errors import UsageError
from aa_tui.runs.serving.tunnel import Way, is_through_ssh, typed_way
from aa_tui.textsafe import clean_line

_NO_NAME = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Server:
    """A server to ask: its address as it is shown and noted (without `/v1`, or `ssh://HOST/PORT`).

    `key_env` names what holds its key, empty for what is usual; prices are the user's own, where the server says none.
    """

    url: str
    name: str
    model: str = ""
    key_env: str = field(default="", repr=False)
    price_in_usd_per_m: float | None = None
    price_out_usd_per_m: float | None = None

    @property
    def shown(self) -> str:
        """What sentences call it: its name, where the user gave it one, else where it is."""
        return clean_line(ServerNote(self.url).host if self.name == usual_name(self.url) else self.name)

    @property
    def way(self) -> Way | None:
        """How ssh reaches it; None where it is reached directly."""
        return typed_way(self.url) if is_through_ssh(self.url) else None


def is_server(conn: sqlite3.Connection, typed: str) -> bool:
    """Whether a server is meant, not a file: an address with its scheme, or a saved name."""
    from aa_tui.engine.served.addresses import is_address

    return is_address(typed) or saved.find(conn, typed) is not None


def named(conn: sqlite3.Connection, typed: Sequence[str], *, model: str = "", key_env: str = "") -> list[Server]:
    """The servers that are meant, each once. Raises EngineError for what is no address, UsageError for a file."""
    found = {}
    for one in typed:
        if not is_server(conn, one):
            raise UsageError(f"“{one}” is no server: evaluate files and servers in runs of their own.")
        server = _server(conn, one, model, key_env)
        found[server.url] = server
    return list(found.values())


def of_settings(conn: sqlite3.Connection, settings: Mapping[str, Any]) -> list[Server]:
    """The servers of a run, by its settings."""
    model, key_env = (text(settings.get(name)) or "" for name in ("server_model", "key_env"))
    return [_server(conn, url, model, key_env) for url in texts(settings.get("servers"))]


def address(typed: str) -> str:
    """An address as it is noted. Raises EngineError for what is none."""
    from aa_tui.engine.served.addresses import typed_target

    return typed_way(typed).url if is_through_ssh(typed) else typed_target(typed).url


def usual_name(url: str) -> str:
    """What a server is called that nobody named: `box-8080`."""
    return _NO_NAME.sub("-", url.partition("://")[2]).strip("-").lower() or "server"


def _server(conn: sqlite3.Connection, typed: str, model: str, key_env: str) -> Server:
    row = saved.find(conn, typed)
    if row is None:
        url = address(typed)
        row = saved.find(conn, url)
        if row is None:
            return Server(url, usual_name(url), model, key_env)
    return Server(
        row.url,
        row.name,
        model or row.model,
        key_env or row.key_env,
        row.price_in_usd_per_m,
        row.price_out_usd_per_m,
    )
