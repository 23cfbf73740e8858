"""What many tests need: a catalog of their own, and the program run as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub.constants  # noqa: F401 - reads the environment once: before a test changes it
import pytest
from hypothesis import settings
from tests.support.hub_server import HubServer
from tests.support.program import Program
from tests.support.starts import used_before
from tests.support.stem import Stem

from aa_tui.catalog import db

# A busy machine or a first import is no fault of what is tested: hypothesis' own limit of 200 ms an example is off.
settings.register_profile("aa-tui", deadline=None)
settings.load_profile("aa-tui")

# A shell that starts the tests in the background has them ignore these two, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# llama.cpp's threads wait for one another by spinning, which takes the processor from the test beside.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_xdist_auto_num_workers() -> int:
    """Twice the processors, and at most eight: much of the time a test waits for another process or a terminal."""
    return min(2 * (os.cpu_count() or 1), 8)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what is made once for their module stay together; all others go to whoever is free.

    Of a test marked `repeats` the cases behind the first become a `repetition`.
    """
    seen: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in seen and item.get_closest_marker("repeats"):
            item.add_marker(pytest.mark.repetition)
        seen.add(test)
        if isinstance(item, pytest.Function):
            used = item._fixtureinfo.name2fixturedefs.values()
            if any(one.scope == "module" for definitions in used for one in definitions):
                item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


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


@pytest.fixture(scope="session")
def made_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh catalog with the published facts, made once: to make it takes longer than most tests."""
    path = tmp_path_factory.mktemp("made") / "catalog.db"
    db.open_catalog(path).close()
    return path


@pytest.fixture
def fresh(catalog_path: Path, made_catalog: Path) -> Path:
    """This test's own copy, where the program looks for it."""
    catalog_path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made_catalog, catalog_path)
    catalog_path.chmod(0o600)
    used_before(catalog_path)
    return catalog_path


@pytest.fixture
def conn(fresh: Path) -> Iterator[sqlite3.Connection]:
    """This test's copy, open."""
    connection = db.open_catalog(fresh)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def stem() -> Iterator[Stem]:
    """What `program` branches off from, one for each process of tests."""
    with Stem() as one:
        yield one


@pytest.fixture
def program(home: Path, fresh: Path, stem: Stem) -> Program:
    """`aa-tui` in a process of its own, with this test's data folder and no terminal."""

    def run(*arguments: str, timeout_s: float = 120, **environ: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AA_TUI_HOME": str(home), "COLUMNS": "100", **environ}
        return stem.run(arguments, environment=environment, timeout_s=timeout_s)

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
