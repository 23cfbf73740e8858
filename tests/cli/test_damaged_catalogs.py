"""Every command on catalogs that are damaged in every way we know: one sentence with the file, nothing destroyed."""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from tests.support.damaging import STRUCTURE, VALUES
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.noted import measure

from aa_tui.catalog import connection, db, library
from aa_tui.cli import main
from aa_tui.engine.mock import by_question
from aa_tui.host import machine

QUESTIONS = {f"What is {number}?": f"Answer: number {number}" for number in range(6)}
COMMANDS = """
models | models qwen --class tiny --fits | models --json | models --here --json
show nanbeige4.1-3b | show nanbeige4.1-3b --json | show aa-nano | show aa-nano --json
export nanbeige4.1-3b --output - | export nanbeige4.1-3b --output - --format html | export aa-nano --output -
compare nanbeige4.1-3b minicpm5-1b | compare nanbeige4.1-3b aa-nano --json | compare run:1 run:2
compare run:1 run:2 --json | site site-of-it --json
chart latency | chart intelligence aa-nano --json | chart --list | chart tokens run:2 | chart tokens run:2 --json
open nanbeige4.1-3b/charts/latency | open runs/2 | demo --model no-such-model --no-tui
bench no-such-file | bench no-such-file --json | speculate no-such-file | speculate no-such-file --json
import llama-bench no-such-file
cache no-such-file | cache no-such-file --json
bench no-such-file | bench no-such-file --json | import llama-bench no-such-file
import no-such-file | import no-such-file --json | export measured | export run:2 --format inspect --output -
divergence no-such-file --reference aa-nano | divergence no-such-file --reference aa-nano --json
quants no-such-file other-file | quants no-such-file other-file --no-run --json
template no-such-file | template no-such-file --json
eval no-such-file --pack quick | eval no-such-file --pack quick --plan --json
runs | runs --json | runs list --json | runs start | runs start --json | runs start 9 | runs resume 9
runs show 1 | runs show 2 | runs show 1 --json | runs show 2 --json | runs show 2 --these-items
runs follow 1 | runs follow 2 --json | runs pause 2 | runs stop 1 | runs stop 1 --json | runs finish 2 | runs skip 2 x
runs export 2 --format hub-yaml
runs export 1 | runs export 2 | runs export 1 --format llama-bench | runs regrade 2 --dry-run | runs regrade 2 --json
runs delete 9 --yes | runs delete 9 --yes --json | runs wait 1 | runs wait 2 --json | runs log 1
watch no-such-file | watch no-such-file --json | watch --list | watch --list --json | watch --history --json
ask no-such-file hello | ask no-such-file hello --json
completion --names models | completion --names runs | completion bash | man
config list | config list --json | config path | config set theme nord | config unset theme | config edit
samples 2 | samples 2 --json | samples 2 --outcome wrong | samples 2 item-000
samples 2 item-000 --json | samples 2 item-000 --label right
grade --pack quick no-such-file | grade --grader numeric no-such-file
catalog | catalog --json | catalog index-version | catalog index-version v4.0 --json
catalog size | catalog tidy | catalog vacuum | catalog vacuum --json
catalog merge no-such-file | catalog merge no-such-file --json | catalog import no-such-file
catalog export --all /no/such/folder/runs.zip | catalog export --runs 9 runs.zip --json | catalog sync nowhere
catalog datasette - | catalog datasette metadata.json --json
gguf list --here | gguf list --here --json | gguf inspect no-such-file | gguf fit no-such-model
gguf fit no-such-model --json
gguf pull no-such-model --list | gguf verify no-such-file | gguf remove no-such-file --yes
packs list | packs list --json | packs show quick | packs check quick
packs short quick | packs short quick --json | eval no-such-file --pack quick --short no-such-file
servers list | servers list --json | servers add nothing-but-words | servers remove 9 | servers remove 9 --json
servers probe 9 | servers probe --json
sync --list | sync --list --json | sync no-such-source | sync --undo | sync --undo --json
"""
LINES = [line.strip() for line in COMMANDS.replace("\n", "|").split("|") if line.strip()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A catalog with a speed run and an evaluation."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AA_TUI_HOME", str(folder))
        with closing(db.open_catalog(folder / "catalog.db")) as conn:
            measure(conn, "nanbeige4-1-3b")
            pack = write_pack(folder, {name: text.removeprefix("Answer: ") for name, text in QUESTIONS.items()})
            library.put_bandwidth(conn, machine.describe().fingerprint, 1e10, 2)  # measuring takes its time
            on_mock(conn, planned(conn, pack), by_question(QUESTIONS))
        yield folder


@pytest.fixture
def damaged(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that, to be damaged."""
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    monkeypatch.setenv("AA_TUI_HOME", str(home))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.chdir(tmp_path)
    return home / "catalog.db"


def told(line: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command, in this process."""
    out, err = io.BytesIO(), io.BytesIO()
    streams = io.TextIOWrapper(out), io.TextIOWrapper(err)
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO())
        code = main.run(line.split())
    return code, out.getvalue().decode(errors="replace"), err.getvalue().decode()  # an inspect log is no text


def mark(path: Path) -> str:
    """What a path holds, or what it is."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else str(path.lstat().st_mode)


def test_every_command_is_among_those_tried() -> None:
    def leaves(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
        below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
        if not below:
            actions = [one.choices for one in parser._actions if one.dest == "action" and one.choices]
            yield from [f"{before} {choice}" for choice in actions[0]] if actions else [before]
        for name, one in below[0].choices.items() if below else ():
            yield from leaves(one, f"{before} {name}".strip())

    apart = {"doctor", "catalog rescue", "gguf find", "packs pull"}  # tried apart, or in need of a network
    assert {leaf for leaf in leaves(main.parser()) if not any(line.startswith(leaf) for line in LINES)} == apart


@pytest.mark.long
@pytest.mark.parametrize("kind", STRUCTURE)
@pytest.mark.repeats
def test_a_damaged_catalog_is_told_in_one_sentence_and_left_alone(damaged: Path, kind: str) -> None:
    STRUCTURE[kind](damaged)
    before = mark(damaged)
    failed = 0
    for line in LINES:
        code, _, err = told(line)
        assert code in (0, 1, 2), (line, err)
        assert "Traceback" not in err, line
        if str(damaged) in err:
            failed += 1
            assert code == 1, (line, err)
            assert err.count("\n") == 1, (line, err)
    if kind not in ("log overwritten", "a trigger"):  # what SQLite itself recovers from, what nobody meets
        assert failed, "no command minds"
    if kind in ("empty", "half", "header overwritten", "first page overwritten", "random bytes", "a text"):
        assert mark(damaged) == before


@pytest.mark.long
@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.repeats
def test_values_of_a_wrong_kind_end_in_a_sentence_at_most(damaged: Path, kind: str) -> None:
    VALUES[kind](damaged)
    for line in LINES:
        code, _, err = told(line)
        assert code in (0, 1, 2), (line, err)
        assert "Traceback" not in err, line


@pytest.mark.long
def test_a_catalog_that_is_held_for_ever_is_told_with_who_may_hold_it(damaged: Path) -> None:
    with closing(sqlite3.connect(damaged, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        for line in LINES:
            code, _, err = told(line)
            assert code in (0, 1, 2), (line, err)
            if str(damaged) in err:
                assert "held by another program" in err
                assert (code, err.count("\n")) == (1, 1), (line, err)
