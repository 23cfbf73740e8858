"""The view of servers by its keys: added, asked, evaluated, forgotten; and a run through one as it is shown."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, told
from tests.support.evaluating_served import N_ITEMS, here_and_now, pack_of_sums, planned_served, serving
from tests.support.served import ModelServer
from tests.support.serving_speed import speedy

from aa_tui.actions import servers as actions
from aa_tui.catalog import runs, servers
from aa_tui.catalog.db import path_of
from aa_tui.tui.core.places import Place


@pytest.mark.long
def test_a_server_is_added_evaluated_and_forgotten_by_keys(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path
) -> None:
    packs = path_of(filled).parent / "packs"
    pack_of_sums(packs)
    with ExitStack() as stack:
        (server,) = serving(stack)

        async def walk(app: Driven) -> None:
            await app.app.go(Place("servers"))
            await app.shows("No server is saved")
            await app.press("A")
            await app.shows("Add a server", "Key in", "never the key")
            await app.press("enter")
            await app.shows("Type the server's address")
            await app.press(*"http://127.0.0.1:1", "enter")
            await app.shows("127.0.0.1:1")
            await app.until(lambda: "Asking" not in app.text, "an answer")
            assert servers.list_servers(filled) == []

            await app.press(*["backspace"] * len("http://127.0.0.1:1"), *server.url, "down", *"box", "enter")
            await app.shows("● there", "tiny", "llama-server b9999-abcdef")
            assert servers.get(filled, "box").url == server.url

            await app.press("E")
            await app.shows("Evaluate through box: tiny", "Cost")
            assert "GPU" not in app.text
            dialog = app.app.screen
            dialog.query_one("#pack").choose("sums")  # type: ignore[attr-defined]
            dialog.query_one("#when").choose("now")  # type: ignore[attr-defined]
            await app.press("enter")
            await app.until(lambda: app.app.views.current == "run", "the run")
            await app.until(lambda: runs.get(filled, 1).state == "finished", "its end")
            await app.shows(f"{N_ITEMS} / {N_ITEMS}", "through llama-server at 127.0.0.1")
            assert runs.get(filled, 1).n_done == N_ITEMS

            await app.app.go(Place("servers"))
            await app.shows("● there")
            server.stop()
            await app.press("r")
            await app.shows("○ not there")
            await app.press("d")
            await app.shows("Forget the server box?")
            await app.press("y")
            await told(app, "box is forgotten")
            await app.shows("No server is saved")
            assert servers.list_servers(filled) == []

        drive(walk, (110, 34))


def test_a_small_terminal_shows_the_file_and_why_a_server_is_not_there(
    drive: Drive, filled: sqlite3.Connection
) -> None:
    name = "a/folder/with/a/long/path/tiny-Q8_0.gguf"
    with ModelServer("llama-server", models=[name]) as server:
        actions.add(filled, server.url, name="box")

        async def walk(app: Driven) -> None:
            await app.app.go(Place("servers"))
            await app.shows("● there", " tiny-Q8_0.gguf", f"Model       {name}")
            server.stop()
            await app.press("r")
            await app.shows("○ not there", "Connection refused", "check the address.")

        drive(walk, (80, 24))


@pytest.mark.long
@pytest.mark.parametrize("size", [(80, 24)])
def test_a_sample_and_its_page_name_the_server(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, size: tuple[int, int]
) -> None:
    with ExitStack() as stack:
        (server,) = serving(stack)
        run_id = planned_served(filled, [server], pack_of_sums(tmp_path))
        assert here_and_now(filled, run_id).state == "finished"

        async def walk(app: Driven) -> None:
            await app.app.go(Place("samples", run_id=run_id))
            await app.shows("item-0")
            await app.press("tab", "end")
            await app.shows(f"answered by {server.url}")
            await app.app.go(Place("page", "tiny"))
            await app.shows("tiny", "on a server")
            await app.press("w")
            await app.shows("On servers", f"first asked through {server.url}")
            await app.lacks("not there any more")

        drive(walk, size)


@pytest.mark.long
def test_a_servers_speed_is_measured_by_keys(drive: Drive, filled: sqlite3.Connection) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(speedy("llama-server", n_slots=1))
        actions.add(filled, server.url, name="box")

        async def walk(app: Driven) -> None:
            await app.app.go(Place("servers"))
            await app.shows("● there")
            await app.press("b")
            await app.shows("Measure through box: tiny", "At once", "1,2")
            await app.press("down", "down", *"much", "enter")
            await app.shows("Rates:", "is no number of 0 or more")
            await app.press(*["backspace"] * 4, "up", "up", "backspace", *"99k", "enter")
            await app.shows("takes a prompt of 101,888 tokens")
            assert runs.list_runs(filled) == []
            await app.press(*["backspace"] * 3, "down", "backspace", "backspace", "enter")
            await told(app, "Run 1 has started")
            await app.until(lambda: runs.get(filled, 1).state == "finished", "its end")
            await app.app.go(Place("runs"))
            await app.shows("tok/s with 1 at once", "At once       1 request", "never from a cache")

        drive(walk, (120, 40))
    assert runs.get(filled, 1).setup.tests == ("served.c1",)
