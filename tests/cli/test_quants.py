"""`aa-tui quants` as a user runs it, on the two files of the bundled model."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.evaluating import write_pack
from tests.support.ladder import LARGE, SMALL, both, divergence, evaluation, speed
from tests.support.program import Answer, Program
from tests.support.working import without_workers

from aa_tui.actions import quants as actions
from aa_tui.catalog import files, life, runs
from aa_tui.runs.quants import checked
from aa_tui.runs.target import find_file

RIGHT = {f"What is {number}?": f"number {number}" for number in range(80)}
ANSWERED = {question: f"Answer: {answer}" for question, answer in RIGHT.items()}
TOKENIZER = b"tokenizer.ggml.model"
FILES = (str(LARGE), str(SMALL))


@pytest.fixture
def measured(conn: sqlite3.Connection, tmp_path: Path) -> Path:
    """Both files with speeds, a divergence and answers, of which one is lost. Returns the pack's folder."""
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    speed(conn, large, 100.0)
    speed(conn, small, 190.0)
    divergence(conn, small, large, 0.02)
    evaluation(conn, large, pack, ANSWERED)
    evaluation(conn, small, pack, ANSWERED)
    return pack


def test_the_table_and_the_recommendation(program: Program, measured: Path) -> None:
    done = program("quants", *FILES, "--no-run")
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first == (
        "Take Q4_0: no flips seen in 80 items, mean KLD 0.0200, 1.9 times as fast, 43 % smaller, "
        "at most 4.6 points worse at 95 %."
    )
    assert max(map(len, done.stdout.splitlines()[3:])) <= 100, "wide tables go on below"
    for words in (
        "190.0 ± 0.5",
        "0.0200 (0.0180–0.0220)",
        "0 (-0 +0) 0.0 % (0.0–4.6)",
        "4,096 tokens scored, blocks of 512",
    ):
        assert words in done.stdout
    assert "not measured" not in done.stdout


def test_nothing_that_is_measured_is_measured_again(program: Program, measured: Path, conn: sqlite3.Connection) -> None:
    before = len(runs.list_runs(conn))
    done = program("quants", *FILES, "--pack", str(measured))
    assert done.returncode == 0, done.stderr
    assert "Measured already, not again: 5 runs." in done.stderr
    assert len(runs.list_runs(conn)) == before
    assert "Take Q4_0" in done.stdout


def test_json_and_csv_have_the_same_figures(program: Program, answer: Answer, measured: Path) -> None:
    told = answer("quants", *FILES, "--no-run")
    small = told["files"][1]
    assert told["recommendation"]["sha256"] == small["sha256"]
    assert (told["recommendation"]["rule"], small["evaluation"]["n_paired"]) == ("accuracy", 80)
    rows = list(csv.DictReader(io.StringIO(program("quants", *FILES, "--no-run", "--csv").stdout)))
    assert [row["quant"] for row in rows] == ["Q8_0", "Q4_0"]
    assert float(rows[1]["tg128_ratio"]) == small["speed"]["tg128_ratio"] == 1.9
    assert float(rows[1]["loss_high"]) == small["evaluation"]["loss"]["high"]


def test_another_reference_and_no_answers(answer: Answer, measured: Path) -> None:
    told = answer("quants", *FILES, "--no-run", "--reference", str(SMALL), "--no-eval")
    assert [one["is_reference"] for one in told["files"]] == [False, True]
    assert told["recommendation"]["rule"] is None
    assert told["files"][0]["divergence"]["kld_mean"]["value"] is None, "that one is from the other reference"


WRONG = {
    (str(LARGE),): "One file alone cannot be compared",
    (str(LARGE), str(LARGE)): "is named twice",
    (str(LARGE), "gone.gguf"): "There is no file gone.gguf",
    (*FILES, "--limit", "5"): "name the pack with --pack",
    (*FILES, "--no-run", "--detach"): "nothing to --detach",
    (*FILES, "--json", "--csv"): "exclude each other",
}


def test_what_cannot_be_is_one_sentence(program: Program) -> None:
    for arguments, words in WRONG.items():
        done = program("quants", *arguments)
        assert done.returncode in (1, 2), arguments
        assert words in " ".join(done.stderr.split()), done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_missing_is_queued_once_and_gone_on_with(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = without_workers(monkeypatch)
    large, small = both(conn)
    files, reference = checked(conn, [large, small])
    pack = str(write_pack(tmp_path / "small", RIGHT))
    options = actions.LadderOptions(pack=pack, limit=10)
    speed(conn, large, 100.0)

    def steps() -> list[tuple[str, str, int | None]]:
        planned = actions.plan(conn, files, reference, options)
        kinds = [one for one in planned.steps if one.kind != "divergence"]
        return [(one.kind, one.file.quant or "", one.begun.id if one.begun else None) for one in kinds]

    assert steps() == [("speed", "Q4_0", None), ("eval", "Q8_0", None), ("eval", "Q4_0", None)]
    planned = actions.plan(conn, files, reference, options)
    without = tuple(one for one in planned.steps if one.kind != "divergence")
    queued = actions.measure(conn, actions.with_steps(planned, without))
    assert started == queued
    assert steps() == [("speed", "Q4_0", queued[0]), ("eval", "Q8_0", queued[1]), ("eval", "Q4_0", queued[2])]
    ways = [runs.get(conn, run_id).setup for run_id in queued[1:]]
    assert [one.limit for one in ways] == [10, 10]
    life.ask(conn, queued[1], "stop")
    assert runs.get(conn, queued[1]).state == "stopped"
    assert steps()[1] == ("eval", "Q8_0", queued[1]), "it goes on, no new one"


def test_further_items_are_asked_in_the_run_that_is_there(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    a = evaluation(conn, large, pack, ANSWERED, limit=10)
    started = without_workers(monkeypatch)
    files, reference = checked(conn, [large, small])
    planned = actions.plan(conn, files, reference, actions.LadderOptions(pack=str(pack), limit=20))
    wanted = tuple(one for one in planned.steps if one.kind == "eval")
    queued = actions.measure(conn, actions.with_steps(planned, wanted))
    assert queued[0] == a
    assert runs.get(conn, a).setup.limit == 20
    own = runs.get(conn, queued[1])
    assert (own.setup.limit, own.setup.n_parallel, own.file.sha256) == (20, 4, small.sha256), "asked as the reference"
    assert started[-1] == queued[1]


def test_a_part_of_the_text_is_enough_for_a_quick_table_only(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    files, reference = checked(conn, [large, small])

    def is_missing(*, quick: bool) -> bool:
        planned = actions.plan(conn, files, reference, actions.LadderOptions(quick=quick))
        return any(one.kind == "divergence" for one in planned.steps)

    run_id = divergence(conn, small, large, 0.02, max_blocks=3)
    assert is_missing(quick=False)
    assert is_missing(quick=True), "three blocks are fewer than a quick table has"
    conn.execute("UPDATE runs SET n_done = 8, n_items = 8, settings = json_set(settings, '$.max_blocks', 8)")
    conn.commit()
    assert is_missing(quick=False)
    assert not is_missing(quick=True)
    conn.execute("UPDATE runs SET state = 'stopped', n_done = 4 WHERE id = ?", (run_id,))
    conn.commit()
    planned = actions.plan(conn, files, reference)
    assert [one.begun for one in planned.steps if one.kind == "divergence"] == [None], "going on would not be enough"
    divergence(conn, small, large, 0.02)
    assert not is_missing(quick=False)
    assert not is_missing(quick=True)


def test_what_would_fail_later_is_refused_before_anything_is_measured(
    program: Program, conn: sqlite3.Connection, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    few_tokens = tmp_path / "few.txt"
    few_tokens.write_text("x" * 510)  # with one that begins it 511 tokens; by its bytes alone there could be 512
    for more, words in (
        (("--text", str(empty)), "less than one block of 512 tokens"),
        (("--text", str(few_tokens)), "511 tokens, less than one block of 512 tokens"),
        (("--text", "/dev/zero"), "is no plain file"),
        (("--pack", "nano", "--until", "0"), "cannot be aimed at"),
    ):
        done = program("quants", *FILES, *more)
        assert words in " ".join(done.stderr.split())
        assert done.returncode == (2 if "--until" in more else 1)
        assert "To measure" not in done.stderr
        assert "Traceback" not in done.stderr
    assert runs.list_runs(conn) == []


def test_files_that_do_not_cut_texts_alike_are_refused_before_anything_is_measured(
    program: Program, conn: sqlite3.Connection, tmp_path: Path
) -> None:
    one = tiny.write(tmp_path / "one [b]and\nmore.gguf", {"a": "▁one"}, None)
    other = tiny.write(tmp_path / "other.gguf", {"a": "▁six"}, None)
    other.write_bytes(other.read_bytes() + bytes(64))
    done = program("quants", str(one), str(other), "--reference", str(one))
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "other.gguf cannot be compared with one [b]and more.gguf: token" in said
    assert "is “six” in one and “one” in the other; take files of one model." in said
    assert runs.list_runs(conn) == []


def test_an_exact_table_says_what_disk_it_takes_and_measures_what_is_not_exact_again(
    program: Program, conn: sqlite3.Connection, tmp_path: Path
) -> None:
    text = tmp_path / "a text [of] mine.txt"
    text.write_bytes(b"One day a fox met a bear at the river, and both of them wanted the same fish.\r\n" * 40)
    large, small = both(conn)
    speed(conn, large, 100.0)
    speed(conn, small, 190.0)
    wanted = (*FILES, "--text", str(text), "--quick")
    done = program("quants", *wanted, timeout_s=300)
    assert done.returncode == 0, done.stderr
    assert "To measure (nothing tells yet how long it takes): divergence of Q4_0." in " ".join(done.stderr.split())
    done = program("quants", *wanted, "--exact", "--json", timeout_s=300)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "To be exact takes about " in said
    assert "divergence-exact, until all files that wait for it are compared." in said
    told = json.loads(done.stdout)["files"][1]["divergence"]
    assert told["divergence_exact"] is True
    again = program("quants", *wanted, "--exact", "--json")
    assert "To measure" not in again.stderr
    assert json.loads(again.stdout)["files"][1]["divergence"] == told
    usual = program("quants", *wanted, "--json")
    assert json.loads(usual.stdout)["files"][1]["divergence"] == told, "an exact figure is shown before another"
    assert len(runs.list_runs(conn)) == 4
    assert not list((Path(os.environ["AA_TUI_HOME"]) / "divergence-exact").rglob("*.kept"))


def test_a_broken_file_of_the_model_is_left_out_and_named(program: Program, conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    broken = Path(os.environ["AA_TUI_HOME"]) / "nothing-Q8_0.gguf"
    broken.write_bytes(LARGE.read_bytes().replace(TOKENIZER, b"tokenizer.ggml.other", 1) + bytes(64))
    bad = find_file(conn, str(broken))
    assert large.model_id is not None
    files.link(conn, bad.id, large.model_id)
    speed(conn, small, 20.0)
    done = program("quants", "aa-nano", "--no-run")
    assert done.returncode == 0, done.stderr
    assert "nothing-Q8_0.gguf is left out: it has no tokenizer." in " ".join(done.stdout.split())
    assert "20.0 ± 0.5" in done.stdout
    broken.write_bytes(b"GGUF and nothing")
    done = program("quants", "aa-nano", "--no-run")
    assert done.returncode == 0, done.stderr
    assert "! Left out: " in done.stdout
    assert "nothing-Q8_0.gguf" in done.stdout


def test_a_file_that_has_gone_is_said(program: Program, conn: sqlite3.Connection, tmp_path: Path) -> None:
    copy = tmp_path / "copy-Q4_0.gguf"
    copy.write_bytes(SMALL.read_bytes())
    assert program("quants", str(LARGE), str(copy), "--no-run").returncode == 0
    copy.unlink()
    done = program("quants", str(LARGE), str(copy), "--no-run")
    assert done.returncode != 0
    assert "There is no file" in done.stderr


@pytest.mark.long
def test_two_files_are_measured_and_compared(home: Path, program: Program, tmp_path: Path) -> None:
    """The real thing: speeds and answers of both files, then the same again for nothing."""
    options = ("--quick", "--pack", "nano", "--limit", "4", "--json")
    done = program("quants", *FILES, *options, timeout_s=600)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for one in told["files"]:
        assert one["speed"]["tg128_tps"] > 0
        assert one["speed"]["memory_bytes"] > 0
        assert one["evaluation"]["evaluation_run_id"] is not None
    assert told["files"][1]["evaluation"]["n_paired"] == 4
    again = program("quants", *FILES, *options)
    assert json.loads(again.stdout) == told
    with closing(sqlite3.connect(home / "catalog.db")) as conn:
        kinds = [row[0] for row in conn.execute("SELECT kind FROM runs ORDER BY id")]
    assert kinds.count("speed") == kinds.count("eval") == 2
    assert os.path.lexists(home / "logs")
