"""`aa-tui sync` as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.program import Program
from tests.support.source_server import Reply, SourceServer, reply

OFFER = {"id": "qwen/qwen3.5-4b", "name": "Qwen3.5 4B", "cost": {"input": 0.1, "output": 0.2}}
OTHER = {"id": "nobodys-1b", "name": "Nobody's 1B", "cost": {"input": 0.1, "output": 0.2}}


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    """models.dev, with one provider."""
    found = SourceServer()
    found.replies["/api.json"] = reply({"box": {"id": "box", "name": "Box", "models": {"a": OFFER, "b": OTHER}}})
    monkeypatch.setenv("AA_TUI_SOURCE_MODELS_DEV", found.url)
    monkeypatch.delenv("AA_API_KEY", raising=False)
    monkeypatch.delenv("ARTIFICIAL_ANALYSIS_API_KEY", raising=False)
    yield found
    found.close()


def test_a_sync_is_shown_listed_and_taken_back(program: Program, source: SourceServer) -> None:
    dry = program("sync", "models.dev", "--dry-run", "--unmatched")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "would bring 2 new offers" in dry.stdout
    assert "Box · nobodys-1b · Nobody's 1B: The catalog knows no model of this name." in dry.stdout
    assert "Nothing was synced yet" in program("sync", "--list").stdout
    done = program("sync", "models.dev")
    assert "qwen3-5-4b at Box: $0.1 in, $0.2 out" in done.stdout
    assert "`aa-tui sync --undo` takes it back (sync 1)" in done.stdout
    assert "nothing new" in program("sync", "models.dev").stdout
    listed = json.loads(program("sync", "--list", "--json").stdout)
    assert [one["id"] for one in listed["syncs"]] == [1]
    assert {one["name"]: one["requests_today"] for one in listed["sources"]}["models.dev"] == 6
    assert "taken back" in program("sync", "--undo").stdout
    assert program("sync", "--undo").returncode == 1


@pytest.mark.long
def test_what_fails_is_one_sentence_and_the_exit_code_says_so(program: Program, source: SourceServer) -> None:
    source.replies["/api.json"] = Reply(b"<html>log in</html>")
    done = program("sync", "models.dev")
    assert done.returncode == 1
    assert done.stderr.startswith("! models.dev answers with a web page")
    assert done.stderr.count("\n") == 1
    failed = json.loads(program("sync", "models.dev", "--json").stdout)
    assert failed[0]["error"].startswith("models.dev answers with a web page")
    wants = program("sync", "artificial-analysis")
    assert (wants.returncode, "export AA_API_KEY" in wants.stderr) == (1, True)
    assert len(source.asked) == 2


@pytest.mark.long
def test_ctrl_c_while_a_source_is_silent_leaves_the_catalog_as_it_was(
    program: Program, source: SourceServer, home: Path, fresh: Path
) -> None:
    hold = threading.Event()
    source.replies["/api.json"] = Reply(b"{}", hold=hold)
    command = [sys.executable, "-m", "aa_tui", "sync", "models.dev"]
    environment = {**os.environ, "AA_TUI_HOME": str(home)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as child:
        deadline = time.monotonic() + 60
        while not source.asked and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    hold.set()
    assert (child.returncode, "Traceback" in said) == (130, False)
    assert json.loads(program("sync", "--list", "--json").stdout)["syncs"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("openruter",), "did you mean openrouter?"),
        (("--list", "--undo"), "--list goes with nothing else"),
        (("--undo", "--dry-run"), "exclude each other"),
        (("--undo", "models.dev", "openrouter"), "name one source"),
        (("--index-version", "newest"), "a version such as v4.1"),
        (("models.dev", "openrouter", "--url", "http://127.0.0.1:9"), "for one source"),
        (("models.dev", "--model", "phi-4-mini"), "--model names what the Hub is asked for"),
    ],
)
@pytest.mark.repeats
def test_what_cannot_be_meant_is_refused(
    program: Program, source: SourceServer, arguments: tuple[str, ...], words: str
) -> None:
    done = program("sync", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert source.asked == []
