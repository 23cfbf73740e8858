"""Servers behind ssh, with a program of that name that forwards on this machine."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from tests.support.disturbing import ended, kill, until
from tests.support.evaluating_served import pack_of_sums, planned_served, serving
from tests.support.fake_ssh import put_ssh
from tests.support.served import Fault

from aa_tui import runs
from aa_tui.catalog import samples
from aa_tui.runs.errors import RunError
from aa_tui.runs.serving.tunnel import typed_way


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What our ssh notes."""
    notes = put_ssh(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return notes


def pids(notes: Path) -> list[int]:
    return [json.loads(line)["pid"] for line in notes.read_text().splitlines()]


def all_gone(notes: Path) -> bool:
    """Whether every ssh has ended, within a minute."""
    deadline = time.monotonic() + 60
    while any(map(_lives, pids(notes))):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_run_reaches_a_server_through_ssh_and_ends_it(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path, ssh: Path
) -> None:
    with ExitStack() as stack:
        (server,) = serving(stack)
        url = f"ssh://box/{server.port}"
        run_id = planned_served(conn, [url], pack_of_sums(tmp_path))
        runs.start(catalog_path, conn, run_id)
        run = ended(conn, run_id)
        assert run.state == "finished"
        assert run.setup.servers == (url,)
        assert "box" in run.made_on
        assert {samples.get(conn, row.id).server for row in samples.scored(conn, run_id)} == {url}
    called = json.loads(ssh.read_text().splitlines()[0])["argv"]
    assert called[:2] == ["-N", "-L"]
    assert called[2].endswith(f":localhost:{server.port}")
    assert called[-1] == "box"
    assert all_gone(ssh)


def test_ssh_ends_with_a_worker_that_is_killed(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path, ssh: Path
) -> None:
    with ExitStack() as stack:
        (server,) = serving(stack)
        server.plan = lambda _asked: Fault(hangs_after=1)
        run_id = planned_served(conn, [f"ssh://box/{server.port}"], pack_of_sums(tmp_path))
        runs.start(catalog_path, conn, run_id)
        run = until(conn, run_id, lambda run: bool(server.asked) or not run.is_live)
        assert any(map(_lives, pids(ssh)))
        assert kill(run, signal.SIGKILL)
        assert all_gone(ssh)


def test_why_ssh_does_not_get_there_is_said(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ssh(tmp_path / "bin", refuses="box: Permission denied (publickey).")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(RunError, match=r"ssh does not reach box \(box: Permission denied \(publickey\)"):
        planned_served(conn, ["ssh://box/8080"], pack_of_sums(tmp_path))


def test_an_address_is_no_option_of_ssh() -> None:
    assert typed_way("ssh://me@box.example:2222/8080").url == "ssh://me@box.example:2222/8080"
    for typed in ("ssh://-oProxyCommand=x/8080", "ssh://box", "ssh://box/port", "ssh://box/99999", "ssh://a b/80"):
        with pytest.raises(RunError):
            typed_way(typed)
