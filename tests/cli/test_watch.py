"""`aa-tui watch` as it is typed, and what the doctor and the chart say of it, on real short probes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.docs.keys import differences, documented
from tests.support.probing import Q4, Q8, probe
from tests.support.program import Program

from aa_tui.catalog import db
from aa_tui.charts import book
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.spec import PanelChart
from aa_tui.pages.scene import load_scene
from aa_tui.pages.studies import watch_list

SHAPES = documented()


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog in which a file was pinned and probed again, and then replaced by another quantization of it."""
    folder = tmp_path_factory.mktemp("probed")
    path, file = folder / "catalog.db", folder / "model.gguf"
    conn = db.open_catalog(path)
    shutil.copyfile(Q8, file)
    probe(conn, str(file))
    probe(conn, str(file))
    shutil.copyfile(Q4, file)
    probe(conn, str(file))
    conn.close()
    return path


@pytest.fixture
def watching(probed: Path, program: Program) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`aa-tui` on that catalog."""
    return lambda *words: program("--catalog", str(probed), *words)


def test_the_files_that_are_watched_are_listed(watching: Callable[..., Any]) -> None:
    done = watching("watch", "--list")
    assert "model.gguf" in done.stdout
    assert "top tokens differ" in done.stdout, done.stderr
    rows = json.loads(watching("watch", "--list", "--json").stdout)
    assert [(row["baseline_run_id"], row["last_run_id"], row["n_probes"]) for row in rows] == [(1, 3, 3)]
    assert rows[0]["verdict"] == "regression"
    assert list(differences(rows, SHAPES["watch list"], SHAPES)) == []


def test_the_history_has_each_probe_by_date(watching: Callable[..., Any]) -> None:
    rows = json.loads(watching("watch", "--history", "--json").stdout)
    assert [row["verdict"] for row in rows][::2] == ["pinned", "regression"]
    assert rows[1]["tokens"]["n_flips"] == 0
    assert rows[2]["tokens"]["n_flips"] > 0
    assert {one["what"] for one in rows[2]["changed"]} >= {"file"}
    assert list(differences(rows, SHAPES["watch history"], SHAPES)) == []
    done = watching("watch", "--history", "model.gguf")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["Run", "1", "2", "3"]


def test_a_probe_is_shown_as_a_run(watching: Callable[..., Any]) -> None:
    done = watching("runs", "show", "3")
    assert "top tokens differ" in done.stdout
    assert "Answers that differ" in done.stdout
    assert "Changed since then: file model.gguf" in " ".join(done.stdout.split())
    found = json.loads(watching("runs", "show", "3", "--json").stdout)["found"]
    assert (found["verdict"], found["baseline_run_id"]) == ("regression", 1)


def test_the_doctor_warns_of_what_became_worse(watching: Callable[..., Any]) -> None:
    report = json.loads(watching("doctor", "--json").stdout)
    assert [one["last_run_id"] for one in report["watched"]] == [3]
    assert report["watched"][0]["needs_probe"] is False
    assert any(hint.startswith("model.gguf: ") and "--pin" in hint for hint in report["hints"])
    assert list(differences(report, SHAPES["doctor"], SHAPES)) == []


def test_a_new_build_asks_for_a_new_probe(probed: Path) -> None:
    conn = db.open_catalog(probed)
    rows = watch_list.files_json(conn, "another build")
    conn.close()
    assert rows[0]["needs_probe"] is True
    assert any("built anew" in words and "aa-tui watch" in words for words in watch_list.trouble(rows))


def test_the_chart_draws_each_probe_since_its_baseline(probed: Path) -> None:
    conn = db.open_catalog(probed)
    chart = book.kind("here-watch").build(load_scene(conn, None))
    other = book.kind("here-speed").build(load_scene(conn, None))
    conn.close()
    assert isinstance(chart, LineChart)
    assert chart.x.unit == "minutes", "some seconds are no 0.00005 days"
    assert {group.rpartition(" · ")[2] for group in chart.groups} == {"pp128", "tg32", "top tokens that differ"}
    flips = [dot for dot in chart.dots if dot.group.endswith("differ")]
    assert [dot.y_text for dot in flips][:2] == ["baseline", "+0.0"]
    assert flips[2].y > 0
    assert all(dot.interval is not None for dot in flips[1:])
    assert isinstance(other, PanelChart)
    assert other.charts == (), "a probe is no speed that is drawn beside others"


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("watch", 2, "Name a .gguf file to probe"),
        ("watch no-such.gguf", 1, "There is no file"),
        ("watch aa-nano --baseline 9", 2, "There is no run 9"),
        ("watch --list --history", 2, "does not go with"),
        ("watch --list aa-nano", 2, "--list lists all"),
        ("watch --history aa-nano", 1, "There is no probe of aa-nano"),
        ("watch aa-nano --pin --baseline 1", 2, "leave out --baseline"),
    ],
)
def test_what_is_wrong_is_one_sentence(program: Program, words: str, code: int, told: str) -> None:
    done = program(*words.split())
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.long
def test_a_probe_is_made_by_a_worker_and_printed(program: Program, conn: sqlite3.Connection) -> None:
    done = program("watch", "aa-nano", "-t", "1", "--json", timeout_s=600)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["study"], told["found"]["verdict"]) == ("watch", "pinned")
    assert set(told["found"]["speeds"]) == {"pp128", "tg32"}
