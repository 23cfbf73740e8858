"""A file that is there already is replaced only by who says so: with --force, or at a terminal when asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.program import Program
from tests.support.terminal import Terminal, environment

from aa_tui.catalog import db
from aa_tui.engine.mock import by_question

COMMAND = [sys.executable, "-m", "aa_tui"]


@pytest.mark.long
def test_at_a_terminal_one_is_asked(fresh: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text("mine")
    arguments = ["--catalog", str(fresh), "export", "nanbeige4.1-3b", "--output", str(path)]
    for said, kept in (("", True), ("n", True), ("y", False)):
        with Terminal([*COMMAND, *arguments], columns=200, env=environment()) as shell:
            shell.wait(lambda: "exists already. Replace it? [y/N]" in shell.text, "the question")
            shell.send(said, "enter")
            assert shell.wait_exit() == 0, shell.text
            assert ("Nothing was written." in shell.text) is kept
        assert (path.read_text() == "mine") is kept


@pytest.mark.long
def test_a_runs_export_is_not_written_over_unasked(program: Program, fresh: Path, tmp_path: Path) -> None:
    with db.open_catalog(fresh) as conn:
        run_id = planned(conn, write_pack(tmp_path / "small", {"What is 1?": "number 1"}))
        on_mock(conn, run_id, by_question({"What is 1?": "Answer: number 1"}))
    path = tmp_path / "run.json"
    path.write_text("mine")
    command = ("runs", "export", str(run_id), "--output", str(path))
    refused = program(*command)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert path.read_text() == "mine"
    assert program(*command, "--force").returncode == 0
    assert path.read_text().startswith("{")
