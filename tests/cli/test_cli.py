"""The program as a user runs it: exit codes, sentences, JSON."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.program import Answer, Program

BUNDLED = Path(__file__).parents[2] / "gguf_models" / "aa-nano-Q8_0.gguf"


def one_sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a failed command said, which must be one line, no traceback, and nothing on standard output."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("aa-tui: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "nanbeige4.1-3"), 2, "did you mean nanbeige4-1-3b"),
        (("bench", "no-such-model"), 2, "no model"),
        (("bench", "no/such/file.gguf"), 1, "no file no/such/file.gguf"),
        (("cache", "no/such/file.gguf"), 1, "no file no/such/file.gguf"),
        (("cache", "aa-nano", "--types", "q9_0"), 2, "“q9_0” is no type of a KV cache: f32, f16"),
        (("cache", "aa-nano", "--depths", "much"), 2, "numbers of tokens such as 0,4096,16384"),
        (("cache", "aa-nano", "--depths", "64k"), 1, "at none of these depths: 65,536 tokens"),
        (("bench", "/"), 1, "is a folder"),
        (("bench", __file__), 1, "not a GGUF"),
        (("bench", "nanbeige4.1-3b"), 1, "aa-tui bench PATH --model nanbeige4-1-3b"),
        (("bench", str(BUNDLED), "--tests", "pp0x"), 2, "pp512"),
        (("bench", str(BUNDLED), "--tests", "pp99999"), 2, "99,999"),
        (("bench", str(BUNDLED), "--model", "nanbeige4.1-3b"), 1, "no file of that model"),
        (("bench", "aa-nano", "--model", "nanbeige4.1-3b"), 1, "no file of that model"),
        (("bench", "aa-nano", "--model", "no-such"), 2, "no model"),
        (("bench", str(BUNDLED), "-r", "0"), 2, "whole number above 0"),
        (("models", "--sort", "beauty"), 2, "intelligence_index"),
        (("models", "--class", "huge"), 2, "tiny, small, medium, large"),
        (("models", "--open", "--proprietary"), 2, "exclude"),
        (("runs", "show", "7"), 2, "no run 7"),
        (("runs", "show", "9" * 20), 2, "no whole number"),
        (("runs", "stop"), 2, "RUN; see `aa-tui runs stop --help`"),
        (("dance",), 2, "dance"),
        (("gguf", "inspect", ""), 2, "an argument is empty"),
        (("bench", str(BUNDLED), ""), 2, "an argument is empty"),
        (("models", "--catalog", __file__), 1, "not an aa-tui catalog"),
        (("models", "--catalog", "/proc/nowhere/x.db"), 1, "cannot be made"),
        ((), 1, "aa-tui models"),
    ],
)
@pytest.mark.repeats
def test_bad_input_gets_one_sentence(program: Program, arguments: tuple[str, ...], code: int, says: str) -> None:
    assert says in one_sentence(program(*arguments), code)


def test_a_file_whose_name_looks_like_an_option(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-x.gguf").symlink_to(BUNDLED)
    assert "write ./-x.gguf" in one_sentence(program("gguf", "inspect", "-x.gguf"), 2)
    assert "aa-nano" in program("gguf", "inspect", "./-x.gguf").stdout


def test_no_window_is_too_wide(program: Program) -> None:
    done = program("chart", "speed", COLUMNS="100000000", LINES="100000000")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 1000


def test_names_from_the_command_line_are_shown_without_their_controls(program: Program) -> None:
    said = one_sentence(program("bench", "\x1b]0;owned\x07x.gguf"), 1)
    assert "\x1b" not in said
    said = one_sentence(program("show", "\x1b[2Jx"), 2)
    assert "\x1b" not in said


def test_a_truncated_file_says_so(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(BUNDLED.read_bytes()[:-1000])
    assert "truncated" in one_sentence(program("bench", str(path)), 1)


def test_the_first_command_makes_the_catalog(home: Path, answer: Answer, catalog_path: Path) -> None:
    shutil.rmtree(home)
    assert len(answer("models")) == 157
    assert catalog_path.is_file()


def test_models_lists_all_with_stable_keys(answer: Answer) -> None:
    rows = answer("models")
    assert len(rows) == 157
    assert {frozenset(row) for row in rows} == {frozenset(rows[0])}
    assert all(not isinstance(value, list | dict) for row in rows for value in row.values())
    by_price = answer("models", "--class", "tiny", "--sort", "total_params_b", "--limit", "3")
    sizes = [row["total_params_b"] for row in by_price]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size <= 4.5 for size in sizes)
    assert [row["slug"] for row in answer("models", "nanbeige")] == ["nanbeige4-1-3b"]


def test_models_prints_a_table_that_fits(program: Program) -> None:
    done = program("models", "--limit", "20")
    lines = done.stdout.splitlines()
    assert len(lines) == 21
    assert "Index" in lines[0]


def test_a_closed_pipe_is_no_error(home: Path) -> None:
    command = f"{sys.executable} -m aa_tui models --json | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.stdout, done.stderr) == ("[\n", "")


def test_doctor_finds_a_sound_installation(answer: Answer) -> None:
    report = answer("doctor")
    assert report["problems"] == []
    assert report["catalog"]["models"] == 157
    assert report["machine"]["cores_physical"] >= 1
    assert report["engine"]["llama_cpp_python"]


def test_doctor_names_a_damaged_catalog(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_text("no database" * 100)
    done = program("doctor", "--json", "--catalog", str(path))
    assert done.returncode == 1
    assert "not an aa-tui catalog" in json.loads(done.stdout)["problems"][0]


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("bench", "--help"), ("models", "--help")])
def test_help_is_to_be_had(program: Program, arguments: tuple[str, ...]) -> None:
    done = program(*arguments)
    assert done.returncode == 0
    assert "aa-tui" in done.stdout


def test_the_catalog_option_stands_before_or_after_the_command(program: Program, tmp_path: Path) -> None:
    path, unused = str(tmp_path / "mine.db"), tmp_path / "unused"
    assert program("--catalog", path, "models", "--limit", "1", AA_TUI_HOME=str(unused)).returncode == 0
    assert program("models", "--limit", "1", "--catalog", path, AA_TUI_HOME=str(unused)).returncode == 0
    assert sorted(one.name for one in tmp_path.glob("*.db")) == ["mine.db"]
    assert not unused.exists()


def test_an_interrupt_keeps_what_was_measured(home: Path, answer: Answer) -> None:
    command = [sys.executable, "-m", "aa_tui", "bench", str(BUNDLED), "--tests", "pp32,tg64", "-r", "1000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as bench:
        wait_for(lambda: answer("runs") != [])
        wait_for(lambda: any(answer("runs", "show", "1")["tests"]))
        bench.send_signal(signal.SIGINT)
        _, said = bench.communicate(timeout=60)
    assert bench.returncode == 130
    assert "Traceback" not in said
    run = answer("runs", "show", "1")
    assert run["status"] == "stopped"
    assert run["tests"][0]["samples"]


def wait_for(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until something has happened; each look takes a while by itself."""
    import time

    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
