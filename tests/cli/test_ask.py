"""`aa-tui ask`: the answer on standard output, all else on standard error, and a sentence for what is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.asking import endless_file, writing
from tests.support.program import Answer, Program

from aa_tui.catalog import asked
from aa_tui.engine.chat import CHATML

QUESTION = "Add 31 and 46."
GREEDY = ("--sampling", "greedy", "-t", "1")


def test_the_answer_is_printed_alone_and_the_rest_is_told_beside_it(program: Program) -> None:
    done = program("ask", "aa-nano", QUESTION, *GREEDY)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Answer: 77\n"
    told = done.stderr
    for words in (
        "prompt ",
        "tok/s",
        "first token ",
        "thinking ",
        "answer ",
        "ended of itself",
        "greedy",
        "loaded in ",
    ):
        assert words in told
    assert "run 1: `aa-tui ask run:1 PROMPT` asks on" in told


@pytest.mark.long
def test_a_conversation_as_json_and_what_lists_it(program: Program, answer: Answer) -> None:
    first = answer("ask", "aa-nano", QUESTION, *GREEDY)
    assert (first["run_id"], first["status"]) == (1, "finished")
    told = answer("ask", "run:1", "Add", "12", "and", "23.")
    assert [turn["prompt"] for turn in told["turns"]] == [QUESTION, "Add 12 and 23."]
    assert told["turns"][0]["finish_reason"] == "stop"
    assert told["turns"][0]["prompt_tps"] > 0
    assert [(one["kind"], one["n_done"]) for one in answer("runs")] == [("ask", 2)]
    assert answer("runs", "show", "1") == told
    assert [one["item_id"] for one in answer("samples", "1")] == ["1", "2"]
    assert answer("samples", "1", "2")["prompt"] == "Add 12 and 23."
    listed = program("runs").stdout
    assert " ask " in listed
    assert "2 of 2 answered" in listed
    shown = program("runs", "show", "1").stdout
    assert f"> {QUESTION}" in shown
    assert "Answer: 77" in shown
    whole = json.loads(program("runs", "export", "1").stdout)
    assert [one["item_id"] for one in whole["samples"]] == ["1", "2"]
    assert len(program("runs", "export", "1", "--format", "jsonl").stdout.splitlines()) == 2
    report = program("export", "run:1", "--format", "html", "--output", "-").stdout
    assert QUESTION in report
    assert "Answer: 77" in report
    assert answer("show", "aa-nano")["measured_here"] == []
    assert answer("runs", "delete", "1", "--yes")["deleted"]


@pytest.mark.long
def test_a_prompt_is_read_from_standard_input(program: Program, home: Path) -> None:
    command = [sys.executable, "-m", "aa_tui", "ask", "aa-nano", "-", *GREEDY, "--json"]
    done = subprocess.run(
        command,
        input=f"{QUESTION}\n".encode(),
        capture_output=True,
        check=True,
        env={**os.environ, "AA_TUI_HOME": str(home)},
    )
    assert json.loads(done.stdout)["turns"][0]["prompt"] == QUESTION
    command[-6] = "-"
    for given, words in ((b"\xff\xfe", "no UTF-8 text"), (b"\n", "the prompt is empty")):
        refused = subprocess.run(
            command, input=given, capture_output=True, check=False, env={**os.environ, "AA_TUI_HOME": str(home)}
        )
        assert refused.returncode == 2
        assert words in refused.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("aa-nano",), 2, "PROMPT"),
        (("aa-nano", " "), 2, "the prompt is empty"),
        (("aa-nano", "--no-think", "hi"), 1, "has no switch that turns thinking off"),
        (("aa-nano", "hi", "--raw", "--system", "x"), 2, "needs the chat template"),
        (("run:7", "hi"), 2, "There is no run 7"),
        (("run:x", "hi"), 2, "names no run; run:5 asks on in run 5"),
        (("nobody", "hi"), 1, "There is no model"),
        (("text.gguf", "hi"), 1, "text.gguf"),
        (("aa-nano", "number " * 5_000, *GREEDY), 1, "do not fit the context of 4,096: shorten it"),
        (("aa-nano", "hi", "--temperature", "9"), 1, "is no use"),
    ],
)
def test_what_is_wrong_is_one_sentence(  # noqa: PLR0917
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.gguf").write_text("this is no model")
    done = program("ask", *arguments)
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.returncode in ({code} | ({2} if code == 1 and "nobody" in arguments else set()))


def test_nothing_that_a_model_writes_reaches_the_terminal_as_a_command(program: Program, tmp_path: Path) -> None:
    red = "▁\x1b[31m[bold]red"
    script = {"\n": red, red: "▁five", "▁five": "<|im_end|>"}
    path = tiny.write(tmp_path / "hostile.gguf", script, tiny.NANBEIGE)
    done = program("ask", str(path), "go")
    assert done.returncode == 0, done.stderr
    assert "[bold]red five" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "\x1b" not in program("runs", "show", "1").stdout


def test_a_file_without_a_template_is_said_to_have_none(program: Program, tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "base.gguf", {"o": "▁five", "▁five": "<|im_end|>"}, None)
    done = program("ask", str(path), "hello")
    assert done.returncode == 0, done.stderr
    assert done.stdout == " five\n".lstrip("\n")
    assert "without a chat template" in done.stderr


def test_another_template_is_asked_with_and_told(program: Program, answer: Answer, tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(CHATML.replace("{{ message.content }}", "Add 31 and 46."))
    refused = program("ask", "aa-nano", "hi", "--template", str(path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "The chat template mine.jinja leaves out the user message." in refused.stderr
    assert "leave out either" in program("ask", "aa-nano", "hi", "--raw", "--template", str(path)).stderr
    assert "needs the model's file" in program("ask", "http://127.0.0.1:9", "hi", "--template", str(path)).stderr
    assert answer("runs") == [], "it is said before anything is queued"

    path.write_text(CHATML.replace("{{ message.content }}", "{{ message.content }} Add 31 and 46."))
    done = program("ask", "aa-nano", "Hi.", "--template", str(path), "--max-tokens", "8", *GREEDY)
    assert done.returncode == 0, done.stderr
    assert "in the chat template mine.jinja" in done.stderr
    assert answer("runs", "show", "1")["settings"]["template"]["text"] == path.read_text()
    asked_short = program("ask", "aa-nano", "Hi.", "--max-tokens", "8", *GREEDY).stderr
    tokens = [re.search(r"prompt (\d+) tokens", one) for one in (done.stderr, asked_short)]
    assert int(tokens[0][1]) > int(tokens[1][1]), "the template's own words are in the prompt"  # type: ignore[index]


@pytest.mark.long
def test_ctrl_c_ends_the_answer_and_keeps_it(home: Path, conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = endless_file(tmp_path / "endless.gguf")
    command = [sys.executable, "-m", "aa_tui", "ask", str(path), "go", "--no-loop-guard", "-t", "1"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "AA_TUI_HOME": str(home)},
    )
    try:
        while not asked.of_run(conn, 1):
            assert process.poll() is None
        writing(conn, 1)
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out.strip().startswith("two and three")
    assert "ended by the user; what was written until then is kept" in told
    sample = asked.turns(conn, 1)[0].sample
    assert sample is not None
    assert sample.answer.strip() == out.strip()


def test_it_may_answer_in_the_background(program: Program, conn: sqlite3.Connection) -> None:
    done = program("ask", "aa-nano", QUESTION, "--detach")
    assert done.stdout == "Run 1 answers in the background: `aa-tui runs show 1` has it.\n"
    assert program("runs", "follow", "1").returncode == 0
    assert asked.turns(conn, 1)[0].sample is not None
