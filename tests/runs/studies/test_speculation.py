"""The study of speculation: with the real worker on the bundled model."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.support.disturbing import ended, kill, until
from tests.support.gguf_files import Builder
from tests.support.program import Answer, Program
from tests.support.tiny import NANBEIGE, SCRIPT
from tests.support.tiny import write as write_tiny

from aa_tui import runs
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog import studies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import RunError
from aa_tui.runs.studies.drafting import SpeculationOptions, prepare
from aa_tui.speed.errors import SpeedError

SMALL = str(bundled_model().with_name("aa-nano-Q4_0.gguf"))
QUICK = ("--kinds", "code", "--n-draft", "2", "-r", "2", "--max-output", "12", "-t", "1")


def options(**more: Any) -> SpeculationOptions:
    values: dict[str, Any] = {"kinds": ("code",), "n_draft": (2,), "repetitions": 2, "max_output": 12, "n_threads": 1}
    return SpeculationOptions(**{**values, **more})


@pytest.mark.long
def test_every_setting_is_compared_with_plain_decoding(answer: Answer, conn: sqlite3.Connection) -> None:
    found = answer("speculate", str(bundled_model()), "--draft", SMALL, *QUICK, "--exhaustive", "--slots", "2")
    assert (found["status"], found["study"]) == ("finished", "speculation")
    study = found["found"]
    assert study["verdict"] in ("faster", "slower", "same")
    overall = [row for row in study["rows"] if row["kind"] is None]
    assert {(row["drafter"], row["ngram_size"]) for row in overall} == {
        *(("draft", None), ("ngram", 2), ("ngram", 3), ("ngram", 4)),
    }
    for row in overall:
        assert row["interval_low"] < row["speed_up"] < row["interval_high"]
        assert row["n_pairs"] == 6
    assert study["best"] == max(overall, key=lambda row: row["speed_up"])
    assert study["divergences"] == []
    assert [(row["slots"], row["n_pairs"]) for row in study["at_once"]] == [(2, 2)]
    assert any("same as with plain decoding" in words for words in study["sentences"])
    figures = catalog_runs.result_of(conn, catalog_runs.get(conn, found["run_id"])).measurements
    assert figures["speculation.speed_up"].value == study["best"]["speed_up"]
    assert figures["speculation.speed_up"].interval_low == study["best"]["interval_low"]
    assert {"speculation.speed_up.code", "speculation.speed_up@2"} <= figures.keys()


@pytest.mark.long
def test_the_shell_prints_the_answer_first(program: Program) -> None:
    done = program("speculate", str(bundled_model()), *QUICK)
    assert done.returncode == 0, done.stderr
    head, title, *rest = filter(None, map(str.strip, done.stdout.splitlines()))
    assert "finished" in head
    assert title == "Speculation"
    assert "peculation" in rest[0]
    assert "as plain decoding" in " ".join(rest[:3])
    assert "Measured against plain decoding" in rest


@pytest.mark.long
def test_a_killed_worker_goes_on_where_it_was(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = prepare(conn, str(bundled_model()), options=options(draft=SMALL, n_draft=(1, 2, 3), repetitions=3))
    runs.start(catalog_path, conn, run_id)
    for least in (2, 12):
        assert kill(until(conn, run_id, lambda run, least=least: run.n_done >= least))  # type: ignore[misc]
        assert ended(conn, run_id).state == "failed"
        before = studies.points(conn, run_id)
        runs.resume(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    after = studies.points(conn, run_id)
    assert [point for point in after if point in before] == before, "no piece is made twice"
    pairs = [point.number for point in after if point.part == "pairs"]
    assert pairs == list(range(len(pairs)))
    assert len(after) == catalog_runs.get(conn, run_id).n_done > len(before)


@pytest.mark.long
def test_a_draft_model_that_is_gone_or_another_is_said(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    draft = Path(shutil.copy(SMALL, tmp_path / "small.gguf"))
    run_id = prepare(conn, str(bundled_model()), options=options(draft=str(draft)))
    draft.rename(tmp_path / "elsewhere.gguf")
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.reason) == (
        *("failed", "The draft model small.gguf is no longer where it was: put it back, or start a new run."),
    )
    shutil.copy(bundled_model(), draft)
    runs.resume(catalog_path, conn, run_id)
    assert "has changed since this run was planned" in (ended(conn, run_id).reason or "")


def test_a_draft_model_with_another_vocabulary_is_refused(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    other = write_tiny(tmp_path / "other.gguf", SCRIPT, NANBEIGE)
    run_id = prepare(conn, str(bundled_model()), options=options(draft=str(other)))
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "other.gguf cannot draft for aa-nano-Q8_0.gguf: their vocabularies differ from token" in (run.reason or "")


@pytest.mark.long
def test_a_context_that_is_too_short_is_said(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = prepare(conn, str(bundled_model()), options=options(max_output=4000))
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert (run.reason or "").startswith("The context of 4,096 tokens is too short")


def test_what_makes_no_sense_is_refused_before_a_run_is_noted(conn: sqlite3.Connection, tmp_path: Path) -> None:
    model = str(bundled_model())
    with pytest.raises(RunError, match="nothing to draft with"):
        prepare(conn, model, options=options(ngram=False))
    with pytest.raises(SpeedError, match="no texts of the kind “verse”"):
        prepare(conn, model, options=options(kinds=("verse",)))
    with pytest.raises(RunError, match="1 to 64 tokens"):
        prepare(conn, model, options=options(n_draft=(65,)))
    with pytest.raises(RunError, match="There is no file"):
        prepare(conn, model, options=options(draft=str(tmp_path / "gone.gguf")))
    assert catalog_runs.list_runs(conn) == []


def test_a_recurrent_model_is_refused(conn: sqlite3.Connection, tmp_path: Path) -> None:
    builder = Builder().add_text("general.architecture", "mamba").add_u32("mamba.block_count", 2)
    builder.add_u32("mamba.embedding_length", 32).add_u32("mamba.attention.head_count", 0)
    builder.add_u32("mamba.context_length", 512).add_text("tokenizer.ggml.model", "gpt2")
    builder.add_tensor("token_embd.weight", [32, 4])
    builder.data = bytes(512)
    path = tmp_path / "state.gguf"
    path.write_bytes(builder.build())
    with pytest.raises(RunError, match="keeps a running state"):
        prepare(conn, str(path), options=options())


@pytest.mark.long
def test_a_file_may_draft_for_itself_and_all_is_accepted(answer: Answer) -> None:
    model = str(bundled_model())
    study = answer("speculate", model, "--draft", model, *QUICK, "--no-ngram")["found"]
    assert {(row["drafter"], row["acceptance"]) for row in study["rows"]} == {("draft", 1.0)}
