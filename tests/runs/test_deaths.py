"""A worker that dies tells what of; a file that crashes llama.cpp is left alone afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support import stand_in
from tests.support.disturbing import ended, until
from tests.support.program import Program

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import life, trials
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.gguf.bundled import bundled_model
from aa_tui.host import cgroup, oom
from aa_tui.host.machine import own_memory_bytes
from aa_tui.library import engine_trial
from aa_tui.runs import engine_check
from aa_tui.runs.death import Death, doing, last_lines, words
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval

SHORT = runs.SpeedOptions(tests=("tg32",), repetitions=1, n_threads=1)
LONG = runs.SpeedOptions(tests=("tg128",), repetitions=1000, n_threads=1)


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Workers started from here load the stand-in for llama.cpp."""
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(stand_in.build(tmp_path / "libraries")))
    return monkeypatch


@pytest.fixture
def bad_file(tmp_path: Path) -> Path:
    """A sound file that the stand-in is told to crash on."""
    path = tmp_path / "bad.gguf"
    shutil.copy(bundled_model(), path)
    with path.open("ab") as file:
        file.write(bytes(64))  # another content: no copy of the bundled one
    return path


def begin(conn: sqlite3.Connection, path: Path, target: str, options: runs.SpeedOptions = SHORT) -> int:
    run_id = runs.prepare(conn, target, options=options)
    runs.start(path, conn, run_id)
    return run_id


@pytest.mark.parametrize(
    ("wish", "name", "phase"),
    [
        ("load 11 bad", "SIGSEGV", "loading"),
        ("decode 4 bad", "SIGILL", "prompt"),
        ("decode 6 bad", "SIGABRT", "prompt"),
    ],
)
@pytest.mark.repeats
def test_a_crash_is_told_by_signal_phase_and_log(  # noqa: PLR0917
    crashing: pytest.MonkeyPatch,
    conn: sqlite3.Connection,
    catalog_path: Path,
    bad_file: Path,
    wish: str,
    name: str,
    phase: str,
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", wish)
    options = runs.SpeedOptions(tests=("pp32",), repetitions=1, n_threads=1)
    run = ended(conn, begin(conn, catalog_path, str(bad_file), options))
    assert run.state == "failed"
    reason = run.reason or ""
    assert f"llama.cpp crashed {doing(phase)}: {name}" in reason
    assert run.crash is not None
    assert (run.crash["signal"], run.crash["phase"]) == (name, phase)
    assert Path(run.crash["log_path"]).is_file()
    said = "\n".join(run.crash["last_lines"])
    assert "GGML_ASSERT" in said, "llama.cpp's own last line"
    assert "Fatal Python error" in said
    assert "llama_model_loader" in Path(run.crash["log_path"]).read_text() or phase == "loading"
    if name == "SIGABRT":
        assert "GGML_ASSERT" in reason, "what gave up says why"


@pytest.mark.long
def test_a_file_that_crashes_is_not_loaded_again_unasked(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path, bad_file: Path, program: Program
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode 11 bad")
    first, second = (runs.prepare(conn, str(bad_file), options=SHORT) for _ in range(2))
    other = runs.prepare(conn, "aa-nano", options=SHORT)
    for run_id in (first, second, other):
        runs.start(catalog_path, conn, run_id)
    assert ended(conn, other).state == "finished", "the queue goes on"
    assert "SIGSEGV" in (ended(conn, first).reason or "")
    waiting = ended(conn, second)
    assert (waiting.state, waiting.crash) == ("failed", None)
    assert f"crashed llama.cpp in run {first}" in (waiting.reason or "")

    done = program("bench", str(bad_file))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"crashed llama.cpp in run {first} (SIGSEGV while generating)" in done.stderr
    assert "--force" in done.stderr
    refused: dict[int, str] = {}
    assert runs.start_waiting(catalog_path, conn, refused.__setitem__) == []
    assert list(refused) == [first]

    listed = json.loads(program("gguf", "list", "--add", str(bad_file.parent), "--here", "--json").stdout)
    marks = {file["name"]: file["crash"] for file in listed}
    assert (marks["bad.gguf"]["run_id"], marks["bad.gguf"]["signal"]) == (first, "SIGSEGV")
    assert [name for name, crash in marks.items() if crash] == ["bad.gguf"]
    assert f"bad.gguf: crashed llama.cpp in run {first}" in program("gguf", "list", "--here").stdout

    crashing.setenv("AA_TUI_STAND_IN", "")  # mended by chance
    runs.resume(catalog_path, conn, second)  # asked for by name
    assert ended(conn, second).state == "finished"
    assert trials.crashes(conn) == {}, "it does not crash any more"
    assert runs.prepare(conn, str(bad_file), options=SHORT)


def test_another_build_may_load_a_file_that_crashed_one(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path, bad_file: Path
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode 11 bad")
    ended(conn, begin(conn, catalog_path, str(bad_file)))
    with pytest.raises(RunError, match="--force"):
        runs.prepare(conn, str(bad_file), options=SHORT)
    crashing.delenv("LLAMA_CPP_LIB_PATH")
    assert ended(conn, begin(conn, catalog_path, str(bad_file))).state == "finished"


def test_a_safer_way_is_used_and_noted_in_the_run(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path, answer: Callable[..., Any]
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode-with-extra 11")
    run = ended(conn, begin(conn, catalog_path, "aa-nano"))
    assert run.state == "finished", run.reason
    assert (run.engine["mode"], run.engine["extra_buffers"]) == ("no-extra-buffers", [])
    assert "SIGSEGV" in run.engine["caution"]
    shown = answer("runs", "show", str(run.id))
    assert (shown["crash"], shown["machine"]["mode"]) == (None, "no-extra-buffers")


@pytest.mark.long
def test_a_run_is_not_continued_in_another_way(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path
) -> None:
    run_id = begin(conn, catalog_path, "aa-nano", LONG)
    run = until(conn, run_id, lambda run: bool(catalog_runs.samples(conn, run.id)))
    actions.stop(conn, run.id)
    ended(conn, run_id)
    crashing.setenv("AA_TUI_STAND_IN", "decode-with-extra 11")
    engine_trial.check(conn, anew=True)
    runs.resume(catalog_path, conn, run_id)
    assert "figures of two machines or builds are never mixed" in (ended(conn, run_id).reason or "")


@pytest.mark.long
def test_where_no_way_works_a_run_says_so_at_once(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path, program: Program
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "decode 4")
    run = ended(conn, begin(conn, catalog_path, "aa-nano"))
    assert (run.state, run.crash) == ("failed", None)
    assert "does not work on this machine" in (run.reason or "")
    assert "SIGILL (an instruction that this processor does not have)" in (run.reason or "")
    assert "llama-cpp-python" in (run.reason or "")
    done = program("doctor", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    test = report["engine"]["self_test"]
    assert (test["ok"], test["mode"], test["tried"][0]["signal"]) == (False, None, "SIGILL")
    assert run.reason in report["problems"]


@pytest.mark.long
def test_killed_from_outside_is_no_crash(
    conn: sqlite3.Connection, catalog_path: Path, answer: Callable[..., Any], program: Program
) -> None:
    run_id = begin(conn, catalog_path, "aa-nano", LONG)
    run = until(conn, run_id, lambda run: bool(catalog_runs.samples(conn, run.id)))
    os.kill(run.pid or 0, signal.SIGKILL)
    run = ended(conn, run_id)
    assert "killed while generating (SIGKILL, killed from outside)" in (run.reason or "")
    crash = answer("runs", "show", str(run_id))["crash"]
    assert (crash["signal"], crash["phase"]) == ("SIGKILL", "generating")
    assert set(crash) == {"signal", "phase", "log_path", "last_lines"}
    assert trials.crashes(conn) == {}
    assert "died of SIGKILL, phase generating" in program("runs", "show", str(run_id)).stdout


def test_a_worker_and_its_watcher_killed_together_are_noticed(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = begin(conn, catalog_path, "aa-nano", LONG)
    run = until(conn, run_id, lambda run: bool(catalog_runs.samples(conn, run.id)))
    both = [psutil.Process(run.pid).parent(), psutil.Process(run.pid)]
    for process in both:
        assert process is not None
        with suppress(psutil.NoSuchProcess):
            process.kill()
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "gone without a word" in (run.reason or "")
    assert f"runs resume {run_id}" in (run.reason or "")
    runs.resume(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.state == "running")
    actions.stop(conn, run_id)
    assert ended(conn, run_id).state == "stopped"


def test_a_worker_killed_while_it_waits_loses_nothing(conn: sqlite3.Connection, catalog_path: Path) -> None:
    first = begin(conn, catalog_path, "aa-nano", LONG)
    until(conn, first, lambda run: bool(catalog_runs.samples(conn, run.id)))
    second = begin(conn, catalog_path, "aa-nano", SHORT)
    waiting = until(conn, second, lambda run: run.pid is not None)
    os.kill(waiting.pid or 0, signal.SIGKILL)
    put_back = until(conn, second, lambda run: run.state == "planned")
    assert "SIGKILL" in (put_back.reason or "")
    actions.stop(conn, first)
    ended(conn, first)
    assert runs.start_waiting(catalog_path, conn) == [second]
    assert ended(conn, second).state == "finished"


def test_a_library_that_ends_the_worker_is_no_end_that_was_noted(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path, bad_file: Path
) -> None:
    crashing.setenv("AA_TUI_STAND_IN", "exit 1 bad")
    run = ended(conn, begin(conn, catalog_path, str(bad_file)))
    assert run.state == "failed"
    assert "The worker failed while loading (exit code 1). Its last words: stand-in: no threads" in (run.reason or "")
    assert (run.crash or {})["signal"] is None
    assert trials.crashes(conn) == {}


def test_a_worker_that_takes_more_memory_than_its_file_explains_is_ended(
    crashing: pytest.MonkeyPatch, conn: sqlite3.Connection, catalog_path: Path, bad_file: Path
) -> None:
    if own_memory_bytes() is None:
        pytest.skip("this system does not tell what memory a process has of its own")
    crashing.setenv("AA_TUI_STAND_IN", "fill 4096 bad")
    run = ended(conn, begin(conn, catalog_path, str(bad_file)))
    assert run.state == "failed"
    told = re.search(r"ended while (\w+).*took ([\d,]+) MB of memory.*explain ([\d,]+) MB", run.reason or "")
    assert told, run.reason
    held, allowed = (int(text.replace(",", "")) for text in told.groups()[1:])
    assert allowed <= held < 1_000, "before it has taken what the machine has"
    assert "Take another file" in (run.reason or "")
    assert trials.crashes(conn) == {}


@pytest.mark.parametrize("n_slots", [1, 8])
def test_an_honest_run_has_the_memory_it_needs(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path, n_slots: int
) -> None:
    options = EvalOptions(limit=2, n_parallel=n_slots, n_threads=1, type_k="f32", type_v="f32", flash_attn="off")
    run_id = prepare_eval(conn, str(bundled_model()), "nano", options=options)
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert run.state == "finished", run.reason


def run_of(conn: sqlite3.Connection) -> RunRow:
    return catalog_runs.get(conn, runs.prepare(conn, "aa-nano", options=SHORT))


@pytest.mark.parametrize(
    ("death", "expected"),
    [
        (("SIGKILL", None, "generating", True), "killed because memory ran out while generating"),
        (("SIGKILL", None, "loading", False), "killed while loading (SIGKILL, killed from outside)"),
        (("SIGBUS", None, "prompt", False), "SIGBUS, a file that it reads was cut short"),
        (("SIGSEGV", None, "grading", False), "The worker crashed while grading: SIGSEGV"),
        ((None, 70, "starting", False), "The worker failed before it began (exit code 70). Its last words: Boom"),
    ],
)
def test_each_death_has_its_words(
    conn: sqlite3.Connection, death: tuple[str | None, int | None, str, bool], expected: str
) -> None:
    told = words(run_of(conn), Death(*death, log_path=None, last_lines=("Boom",)))
    assert expected in told
    assert "may have" not in told


def test_the_end_of_a_log_is_cleaned_and_only_this_workers(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(b"of an earlier worker\n")
    since = log.stat().st_size
    with log.open("ab") as file:
        file.write(
            b"loading\n\x1b[31mred\x1b[0m \xff\n" + b"x\n" * 40 + b"Fatal Python error: Aborted\n\nStack\n  File a\n"
        )
    found = last_lines(str(log), since)
    assert found[-3:] == ("Fatal Python error: Aborted", "Stack", "  File a")
    assert found.count("x") == 12
    assert not any("earlier" in line or "\x1b" in line for line in last_lines(str(log), since))
    assert last_lines(str(tmp_path / "none.log")) == ()


def test_kills_for_memory_are_counted_for_machine_and_group(tmp_path: Path) -> None:
    vmstat = tmp_path / "vmstat"
    vmstat.write_text("nr_free_pages 12\noom_kill 3\n")
    assert oom.kills(vmstat) - oom.kills(tmp_path / "none") == 3
    group = tmp_path / "cg" / "a"
    group.mkdir(parents=True)
    (group / "memory.events").write_text("low 0\noom 5\noom_kill 2\n")
    (tmp_path / "member").write_text("0::/a\n")
    assert cgroup.oom_kills(tmp_path / "cg", tmp_path / "member") == 2


def test_a_mark_made_before_a_run_was_asked_for_holds_nothing_up(conn: sqlite3.Connection) -> None:
    run = run_of(conn)
    other, build = run_of(conn), engine_trial.check(conn).build
    trials.note_crash(conn, run.file.id, build, other.id, signal="SIGSEGV", phase="loading")
    with pytest.raises(RunError, match=f"run {other.id}"):
        engine_check.check_not_crashed(conn, run)
    life.end(conn, run.id, "failed")
    assert life.requeue(conn, run.id)
    engine_check.check_not_crashed(conn, catalog_runs.get(conn, run.id))
