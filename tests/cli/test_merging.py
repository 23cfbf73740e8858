"""`aa-tui catalog merge`, `export`, `import` and `sync`, as a user types them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support.fake_box import put_ssh
from tests.support.merging import BOX, Answer, Run, content, make
from tests.support.program import Answer as Printed
from tests.support.program import Program

RUNS = (
    Run("a", items=(("1", Answer(scores=(("exact/1", "correct", 12),))),), machine=BOX),
    Run("b", "speed", figures=(("tg128", 99.0, 9),), clocked=((1, 99.0, 3),), file="b", machine=BOX),
)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    (tmp_path / "box").mkdir()
    return make(tmp_path / "box" / "catalog.db", RUNS)


def test_another_catalog_is_merged_and_its_runs_are_listed_as_of_its_machine(
    program: Program, answer: Printed, box: Path
) -> None:
    would = program("catalog", "merge", str(box), "--dry-run")
    assert "2 new runs would come" in would.stdout
    assert answer("runs") == []
    done = program("catalog", "merge", str(box))
    assert (done.returncode, "2 new runs came from" in done.stdout) == (0, True), done.stderr
    assert {(one["origin"], one["machine"]) for one in answer("runs")} == {("machine", "box")}
    listed = program("runs").stdout
    assert "box (elsewhere)" in listed
    shown = program("runs", "show", "1").stdout
    assert "none of its figures is of this machine" in shown
    again = program("catalog", "merge", str(box))
    assert "Nothing new came" in again.stdout


@pytest.mark.long
def test_several_are_merged_at_once_and_a_missing_one_stops_all_of_them(
    program: Program, answer: Printed, box: Path, tmp_path: Path
) -> None:
    second = make(tmp_path / "second.db", (Run("c"),))
    refused = program("catalog", "merge", str(box), str(tmp_path / "no.db"))
    assert (refused.returncode, answer("runs")) == (1, [])
    assert "There is no catalog at" in refused.stderr
    found = answer("catalog", "merge", str(box), str(second))
    assert [one["runs_new"] for one in found["catalogs"]] == [2, 1]


@pytest.mark.long
def test_a_run_of_another_machine_is_not_resumed_here_nor_started(program: Program, tmp_path: Path) -> None:
    half = make(tmp_path / "half.db", (Run("p", state="planned"), Run("r", state="running")))
    program("catalog", "merge", str(half))
    refused = program("runs", "resume", "1")
    assert (refused.returncode, "was made on box: resume it there" in refused.stderr) == (1, True), refused.stderr
    started = program("runs", "start", "--json")
    assert json.loads(started.stdout) == {"started": [], "refused": {}}


@pytest.mark.long
def test_a_deleted_run_stays_away_but_for_again(program: Program, answer: Printed, box: Path) -> None:
    program("catalog", "merge", str(box))
    program("runs", "delete", "2", "--yes")
    told = program("catalog", "merge", str(box)).stdout
    assert "1 of the 2 runs there are here." in told
    assert "1 run was deleted here and stayed away; --again lets it come." in told
    program("catalog", "merge", str(box), "--again")
    assert len(answer("runs")) == 2


@pytest.mark.long
def test_runs_go_from_one_machine_to_another_in_a_bundle(
    program: Program, answer: Printed, box: Path, tmp_path: Path, home: Path
) -> None:
    bundle = tmp_path / "runs.zip"
    made = program("catalog", "export", "--runs", "2", str(bundle), "--catalog", str(box))
    assert "runs.zip: 1 run, 0 samples" in made.stdout, made.stderr
    refused = program("catalog", "export", "--all", str(bundle), "--catalog", str(box))
    assert (refused.returncode, "--force" in refused.stderr) == (1, True)
    found = answer("catalog", "import", str(bundle))
    assert [one["uid"] for one in found["catalogs"][0]["runs"]] == ["b"]
    program("catalog", "export", "--all", str(bundle), "--force", "--catalog", str(box))
    assert answer("catalog", "merge", str(bundle))["catalogs"][0]["runs_new"] == 1, "a bundle is merged as a catalog is"
    assert content(home / "catalog.db") == content(box)


@pytest.mark.long
def test_a_bundle_goes_through_a_pipe(home: Path, fresh: Path, box: Path) -> None:
    command = [sys.executable, "-m", "aa_tui", "catalog"]
    made = subprocess.run([*command, "export", "--all", "-", "--catalog", str(box)], capture_output=True, check=True)
    found = subprocess.run([*command, "import", "-", "--json"], input=made.stdout, capture_output=True, check=True)
    assert json.loads(found.stdout)["catalogs"][0]["runs_new"] == 2
    assert content(home / "catalog.db") == content(box)


def test_a_machine_with_an_endless_name_leaves_the_lists_readable(program: Program, answer: Printed, box: Path) -> None:
    with closing(sqlite3.connect(box)) as there, there:
        there.execute("UPDATE machines SET name = ?", (f"\x1b[31mbox {'Z' * 10_000}",))
    told = program("catalog", "merge", str(box)).stdout
    named = {run["machine"] for run in answer("runs")}
    assert {len(name) for name in named} == {100}
    assert max(len(line) for line in told.splitlines() if "box Z" in line) < 200


def test_a_bundle_comes_out_of_a_named_pipe(program: Program, box: Path, tmp_path: Path) -> None:
    bundle, pipe = tmp_path / "runs.zip", tmp_path / "pipe"
    assert program("catalog", "export", "--all", str(bundle), "--catalog", str(box)).returncode == 0
    os.mkfifo(pipe)
    with subprocess.Popen(["cp", str(bundle), str(pipe)]):
        done = program("catalog", "import", str(pipe))
    assert (done.returncode, "2 new runs came from" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("export", "--runs", "77", "x.zip"), 2, "There is no run 77"),
        (("export", "--runs", "one", "x.zip"), 2, "numbers of runs"),
        (("export", "x.zip"), 2, "--runs"),
        (("export", "--all", "/no/such/folder/x.zip"), 1, "cannot be written"),
        (("import", "no-such.zip"), 1, "cannot be read"),
        (("import", "/dev/zero"), 1, "is a device"),
        (("sync", "box"), 1, "write it like ssh://box"),
        (("sync", "ssh://-oProxyCommand=evil/x"), 1, "write it like ssh://box"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(
    program: Program, words: tuple[str, ...], code: int, told: str, tmp_path: Path
) -> None:
    done = program("catalog", *words)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr
    assert done.stderr.count("\n") == 1


# -- through ssh


Through = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def through(program: Program, tmp_path: Path) -> Through:
    """The program where `ssh` is what a test has put into a folder."""
    return partial(program, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")


def notes_of(path: Path) -> list[list[str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.long
def test_the_catalog_of_another_machine_comes_through_ssh_and_ours_goes_there(
    through: Through, box: Path, tmp_path: Path, home: Path
) -> None:
    notes = put_ssh(tmp_path / "bin", box.parent)
    through("catalog", "merge", str(make(tmp_path / "ours.db", (Run("c"),))))
    done = through("catalog", "sync", "ssh://me@box:2222", "--push", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["catalogs"][0]["runs_new"], found["runs_pushed"]) == (2, 1)
    assert found["catalogs"][0]["source"] == "ssh://me@box:2222"
    assert content(box) == content(home / "catalog.db")
    for arguments in notes_of(notes):
        assert arguments[arguments.index("-p") + 1] == "2222"
        assert "BatchMode=yes" in arguments
        assert arguments[-2] == "me@box"


@pytest.mark.long
def test_a_path_there_is_a_catalog_or_a_bundle_with_whatever_name(through: Through, box: Path, tmp_path: Path) -> None:
    odd = box.parent / "my $(touch evil) 'catalog'.db"
    box.rename(odd)
    put_ssh(tmp_path / "bin", tmp_path / "nothing")
    found = through("catalog", "sync", f"ssh://box{odd}", "--json")
    assert json.loads(found.stdout)["catalogs"][0]["runs_new"] == 2, found.stderr
    bundle = tmp_path / "a b.zip"
    through("catalog", "export", "--all", str(bundle), "--catalog", str(odd))
    again = through("catalog", "sync", f"ssh://box{bundle}", "--json")
    assert json.loads(again.stdout)["catalogs"][0]["runs_same"] == 2, again.stderr
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    ("refuses", "has_program", "told"),
    [
        ("Host key verification failed.", True, "ssh does not reach box (Host key verification failed.)"),
        ("", False, "There is no aa-tui on box"),
    ],
)
def test_a_machine_that_cannot_be_asked_is_one_sentence_and_nothing_is_merged(
    program: Program, tmp_path: Path, refuses: str, has_program: bool, told: str
) -> None:
    put_ssh(tmp_path / "bin", tmp_path / "there", refuses=refuses, has_program=has_program)
    done = program("catalog", "sync", "ssh://box", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin", HOME=str(tmp_path))
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    assert program("runs", "--json").stdout.strip() == "[]"
