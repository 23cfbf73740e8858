"""`aa-tui servers` and evaluations through them, as a user types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.evaluating_served import N_ITEMS, pack_of_sums, serving
from tests.support.program import Answer, Program
from tests.support.served import ModelServer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """One that answers the pack of sums."""
    with ExitStack() as stack:
        yield serving(stack)[0]


@pytest.mark.long
def test_a_server_is_saved_probed_evaluated_by_its_name_and_forgotten(
    home: Path, program: Program, answer: Answer, server: ModelServer, tmp_path: Path
) -> None:
    assert answer("servers") == []
    added = program("servers", "add", f"{server.url}/v1/", "--name", "box")
    assert added.returncode == 0, added.stderr
    assert "llama-server b9999-abcdef serves tiny" in added.stdout
    (row,) = answer("servers", "list")
    assert (row["name"], row["url"], row["model"], row["n_slots"]) == ("box", server.url, "tiny", 4)
    assert row["reachable"] is None
    assert answer("servers", "probe")[0]["reachable"] is True
    assert "box is saved" in program("servers", "add", server.url).stdout

    pack = str(pack_of_sums(tmp_path))
    done = program("eval", "box", "--pack", pack, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["n_done"], told["score_strict"]) == (N_ITEMS, 1.0)
    assert told["file"]["kind"] == "served"
    assert told["servers"][0]["url"] == server.url
    assert told["machine"] is None

    shown = program("runs", "show", "1").stdout
    assert f"through      llama-server at 127.0.0.1:{server.port}" in shown
    sample = program("samples", "1", "item-000").stdout
    assert f"answered by {server.url}, tokens as the server counted them" in sample
    assert f"through llama-server at 127.0.0.1:{server.port}" in " ".join(program("show", "tiny").stdout.split())
    assert answer("gguf", "list") is not None
    assert server.url not in program("gguf", "list").stdout

    asked = program("ask", server.url, "What is 3 + 3?")
    assert asked.returncode == 0, asked.stderr
    assert "Answer: 6" in asked.stdout
    assert "Let me add" not in asked.stdout
    on = program("ask", "run:2", "What is 4 + 4?")
    assert "Answer: 8" in on.stdout, on.stderr
    assert [len(one.body["messages"]) for one in server.asked[-2:]] == [1, 3]

    server.stop()
    gone = program("servers", "probe", "box")
    assert gone.returncode == 1
    assert "box:" in gone.stderr
    assert program("servers", "remove", "box").returncode == 0
    assert answer("servers") == []
    assert program("servers", "remove", "box").returncode == 2
    assert answer("runs")[0]["servers"] == [server.url]


@pytest.mark.long
def test_what_is_no_server_is_said_in_one_sentence(home: Path, program: Program, tmp_path: Path) -> None:
    pack = str(pack_of_sums(tmp_path))
    for arguments in (
        ("servers", "add", "http://127.0.0.1:1"),
        ("servers", "add", "ftp://box"),
        ("eval", "http://127.0.0.1:1", "--pack", pack),
        ("eval", "ssh://-oProxyCommand=x/80", "--pack", pack),
    ):
        told = program(*arguments)
        assert told.returncode in (1, 2), arguments
        assert told.stderr.startswith("aa-tui: ")
        assert told.stderr.count("\n") == 1, told.stderr
        assert "Traceback" not in told.stderr
