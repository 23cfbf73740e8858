"""Servers and what they serve in the catalog: told apart from files, and their speeds from this machine's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.noted import measure

from aa_tui.catalog import files, leaderboard, life, models, runs, servers
from aa_tui.catalog.mending import mend_paths
from aa_tui.catalog.rows import FileRow
from aa_tui.errors import UsageError
from aa_tui.library.scan import scan

SLUG = "nanbeige4-1-3b"


def served(conn: sqlite3.Connection, url: str = "http://box:8080", digest: str = "served:" + "a" * 64) -> FileRow:
    """A model that a server serves."""
    return files.put_served(
        conn,
        url=url,
        model="/models/nanbeige-Q8_0.gguf",
        digest=digest,
        size_bytes=None,
        quant="Q8_0",
        n_params=None,
        context_tokens=4_096,
        name="nanbeige",
        facts={},
    )


def test_two_that_serve_the_same_are_one_and_none_is_a_file(conn: sqlite3.Connection, home: Path) -> None:
    first, second = served(conn), served(conn, "http://other:8080")
    assert first.id == second.id
    assert second.path == "http://box:8080#/models/nanbeige-Q8_0.gguf"
    assert (second.is_served, second.shown_name) == (True, "/models/nanbeige-Q8_0.gguf")
    assert served(conn, digest="served:" + "b" * 64).id != first.id
    assert mend_paths(conn) == 0
    assert not [file for file in scan(conn).files if "box:8080" in file.path]


def test_a_servers_speed_is_none_of_this_machine(conn: sqlite3.Connection) -> None:
    measure(conn, SLUG, tg=18.5)
    file = served(conn)
    model = models.resolve(conn, SLUG)
    files.link(conn, file.id, model.model_id)
    run_id = runs.create(conn, kind="speed", file=files.get(conn, file.id), settings={"servers": ["http://box:8080"]})
    assert life.claim(conn, run_id, 1, 1.0)
    runs.put_measurement(conn, runs.get(conn, run_id), "tg128", 900.0, "tokens/s")
    leaderboard.refresh_model(conn, model.model_id)
    assert models.resolve(conn, SLUG).here_tg_tps == 18.5
    assert runs.get(conn, run_id).made_on == "through a server at box:8080"


def test_a_server_has_one_address_and_one_name(conn: sqlite3.Connection) -> None:
    row = servers.add(conn, url="http://box:8080", name="box", key_env="KEY_OF_BOX")
    assert servers.find(conn, "box") == servers.find(conn, "http://box:8080") == row
    with pytest.raises(UsageError, match="called “box” already"):
        servers.add(conn, url="http://other:8080", name="box")
    again = servers.add(conn, url="http://box:8080", name="big box")
    assert (again.id, again.name) == (row.id, "big box")
    servers.note_probe(
        conn,
        row.url,
        kind="vllm",
        version="0.11",
        price_in_usd_per_m=None,
        price_out_usd_per_m=None,
        facts={"model": "tiny"},
    )
    assert servers.get(conn, "big box").facts == {"model": "tiny"}
    servers.remove(conn, row.id)
    assert servers.list_servers(conn) == []
    with pytest.raises(servers.UnknownServerError):
        servers.get(conn, "box")
