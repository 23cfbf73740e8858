"""What many tests need: a catalog of their own, and the program run as a user runs it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tests.gguf.hub_server import HubServer

from aa_tui.catalog import db

# A busy machine or a first import is no fault of what is tested: hypothesis' own limit of 200 ms an example is off.
settings.register_profile("aa-tui", deadline=None)
settings.load_profile("aa-tui")

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that this test and the programs that it starts use."""
    folder = tmp_path / "home"
    monkeypatch.setenv("AA_TUI_HOME", str(folder))
    return folder


@pytest.fixture
def catalog_path(home: Path) -> Path:
    """Where the catalog of this test lies."""
    return home / "catalog.db"


@pytest.fixture
def conn(catalog_path: Path) -> Iterator[sqlite3.Connection]:
    """A fresh catalog with the published facts."""
    connection = db.open_catalog(catalog_path)
    yield connection
    connection.close()


@pytest.fixture
def program(home: Path) -> Program:
    """`aa-tui` in a process of its own, with this test's data folder and no terminal."""

    def run(*arguments: str, timeout_s: float = 120, **environ: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "aa_tui", *arguments]
        environment = {**os.environ, "AA_TUI_HOME": str(home), "COLUMNS": "100", **environ}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture
def answer(program: Program) -> Callable[..., Any]:
    """What `aa-tui ... --json` prints, read; the command must succeed."""

    def run(*arguments: str) -> Any:
        done = program(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def hub_server() -> Iterator[HubServer]:
    """A server that speaks the Hub's protocol, on the loopback."""
    server = HubServer()
    yield server
    server.close()
