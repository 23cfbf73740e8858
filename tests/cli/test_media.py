"""The catalog on media that cannot be written, or are full: what looks works, what notes says what to do."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.noted import measure
from tests.support.program import linux_only, under

from aa_tui.catalog import db, runs

LOOKING = (
    "models --limit 1",
    "show nanbeige4.1-3b",
    "compare nanbeige4.1-3b minicpm5-1b",
    "chart latency",
    "export nanbeige4.1-3b --output -",
    "runs",
    "runs show 1",
    "runs follow 1",
    "runs export 1",
    "catalog",
    "gguf list --here",
)
NOTING = ("bench aa-nano", "runs stop 1", "runs start", "catalog vacuum", "import llama-bench x.json")
READ_ONLY = 'mount --bind "$AA_TUI_HOME" "$AA_TUI_HOME" && mount -o remount,bind,ro "$AA_TUI_HOME"'
ALL = "import sys; from aa_tui.cli.main import run; [print('--', line, run(line.split())) for line in sys.argv[1:]]"


@pytest.fixture
def measured(home: Path) -> Path:
    """A catalog with a run."""
    with closing(db.open_catalog(home / "catalog.db")) as conn:
        measure(conn)
    return home


def left_by_a_kill(home: Path, statement: str) -> None:
    """Change it and die, so that the change is in the write-ahead log only."""
    program = (
        "import sqlite3, os, sys; conn = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "conn.execute(sys.argv[2]); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(home / "catalog.db"), statement], check=True)


def on(medium: str, *lines: str) -> subprocess.CompletedProcess[str]:
    """Commands on some medium, in one process; skips the test where that cannot be had."""
    if under(medium, "-c", "", namespace=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    return under(medium, "-c", ALL, *lines, namespace=True)


def works(done: subprocess.CompletedProcess[str], lines: tuple[str, ...]) -> None:
    assert "Traceback" not in done.stderr
    for line in lines:
        assert f"-- {line} 0" in done.stdout, done.stderr


@pytest.mark.long
@linux_only
@pytest.mark.parametrize("left", ["nothing", "a log", "a log without its index"])
@pytest.mark.repeats
def test_what_only_looks_works_on_a_read_only_medium(measured: Path, left: str) -> None:
    if left != "nothing":
        left_by_a_kill(measured, "UPDATE runs SET reason = 'of the log' WHERE id = 1")
    if left == "a log without its index":
        (measured / "catalog.db-shm").unlink()
    before = sorted((one.name, one.stat().st_size) for one in measured.iterdir())
    done = on(READ_ONLY, *LOOKING)
    works(done, LOOKING)
    assert ("of the log" in done.stdout) == (left != "nothing"), "what was kept last is not forgotten"
    assert sorted((one.name, one.stat().st_size) for one in measured.iterdir()) == before


@linux_only
def test_what_notes_says_on_a_read_only_medium_what_to_do(measured: Path) -> None:
    done = on(READ_ONLY, *NOTING)
    told = f"aa-tui: The catalog {measured / 'catalog.db'} cannot be written; set AA_TUI_HOME to a folder that can"
    assert [line.startswith(told) for line in done.stderr.splitlines()] == [True] * len(NOTING)


@linux_only
def test_a_run_whose_worker_is_gone_is_told_on_a_read_only_medium(measured: Path) -> None:
    left_by_a_kill(measured, "UPDATE runs SET state = 'running', pid = 4000000, ended_at = NULL WHERE id = 1")
    done = on(READ_ONLY, "runs", "runs follow 1")
    assert "-- runs 0" in done.stdout
    assert done.stderr.count("nobody works any more on run 1, which cannot be noted") == 2


@pytest.mark.long
@linux_only
@pytest.mark.parametrize("there", ["an older catalog", "no catalog"])
@pytest.mark.repeats
def test_what_is_missing_or_old_is_made_up_for_in_memory(measured: Path, there: str) -> None:
    path = measured / "catalog.db"
    if there == "no catalog":
        for one in measured.iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    else:
        with closing(sqlite3.connect(path)) as older:
            older.execute("UPDATE meta SET value = 'an older table' WHERE key = 'published_facts_crc32'")
            older.commit()
    before = sorted(measured.iterdir())
    lines = ("models --limit 1", "runs", "catalog")
    done = on(READ_ONLY, *lines)
    works(done, lines)
    assert ("finished" in done.stdout) == (there == "an older catalog")
    assert sorted(measured.iterdir()) == before


@pytest.mark.long
@linux_only
def test_doctor_says_that_nothing_can_be_noted(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = on(READ_ONLY, "doctor --json")
    told = json.loads(done.stdout.rpartition("-- doctor")[0])
    assert told["catalog"]["read_only"] is True
    assert any("cannot be written" in hint and "nothing can be measured" in hint for hint in told["hints"])


@pytest.mark.long
@linux_only
def test_a_full_disk_can_be_looked_at_and_is_named_to_who_writes(measured: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(measured, copy)
    full = (
        'mount -t tmpfs -o size=900k none "$AA_TUI_HOME" && '
        f'cp "{copy}/catalog.db" "$AA_TUI_HOME" && '
        '(cat /dev/zero > "$AA_TUI_HOME/much" 2> /dev/null; true)'
    )
    lines = ("models --limit 1", "runs", "runs show 1", "catalog")
    works(on(full, *lines), ("models --limit 1", "catalog"))
    done = on(full, "runs stop 1", "bench aa-nano")
    assert "Traceback" not in done.stderr
    assert str(measured / "catalog.db") in done.stderr or str(measured / "logs") in done.stderr
    assert "MB free" in done.stderr


@pytest.mark.long
@linux_only
def test_the_app_opens_on_a_read_only_medium_and_says_so(measured: Path) -> None:
    program = """
import asyncio, sys
from pathlib import Path
from aa_tui.tui.app import AATuiApp
async def look():
    app = AATuiApp(Path(sys.argv[1]))
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        for _ in range(100):
            await pilot.pause(0.1)
            strips = app.screen._compositor.render_strips()
            text = chr(10).join("".join(part.text for part in strip) for strip in strips)
            if "Leaderboard" in text and "Nothing can be noted here" in text:
                break
        print(text)
asyncio.run(look())
"""
    if under(READ_ONLY, "-c", "", namespace=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    done = under(READ_ONLY, "-c", program, str(measured / "catalog.db"), namespace=True)
    assert done.returncode == 0, done.stderr
    assert "read-only catalog" in done.stdout
    assert "Nothing can be noted here" in done.stdout
    assert "/ search" in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_this_user_may_not_write_can_be_looked_at(measured: Path) -> None:
    measured.chmod(0o500)
    try:
        with closing(db.open_readonly(measured / "catalog.db")) as conn:
            assert len(runs.list_runs(conn)) == 1
        with pytest.raises(db.CatalogError, match="cannot be written"):
            db.open_catalog(measured / "catalog.db")
    finally:
        measured.chmod(0o700)


def test_files_are_for_their_owner_alone(home: Path) -> None:
    path = home / "catalog.db"
    old_umask = os.umask(0o022)
    try:
        with closing(db.open_catalog(path)) as conn:
            measure(conn)
            assert home.stat().st_mode & 0o777 == 0o700
            files = [one for one in home.rglob("*") if one.is_file()]
            assert {one.stat().st_mode & 0o777 for one in files} == {0o600}, files
    finally:
        os.umask(old_umask)


def test_what_an_earlier_version_left_open_is_closed_at_home_only(home: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared.db"
    log = home / "logs" / "run-1.log"
    log.parent.mkdir(parents=True)
    log.write_text("said\n")
    for path in (home / "catalog.db", shared):
        db.open_catalog(path).close()
        path.chmod(0o640)
    log.chmod(0o644)
    home.chmod(0o755)
    for path in (home / "catalog.db", shared):
        db.open_catalog(path).close()
    assert (home / "catalog.db").stat().st_mode & 0o777 == 0o600
    assert log.stat().st_mode & 0o777 == 0o600
    assert shared.stat().st_mode & 0o777 == 0o640, "who names a file decides who reads it"
    assert home.stat().st_mode & 0o777 == 0o755, "a folder is not ours to close: it may be /tmp"
