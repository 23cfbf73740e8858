"""Multi-token prediction in the study of speculation: tiny files with such layers, studied as their worker does it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.support import mtp_files
from tests.support.program import Answer
from tests.support.studying import studied

from aa_tui.catalog import runs, studies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages.studies.report import StudyReport, study_report
from aa_tui.runs import RunError
from aa_tui.runs.studies.drafting import Asked, SpeculationOptions, prepare

QUICK = ("--kinds", "code", "--n-draft", "1,2", "-r", "2", "--max-output", "12", "-t", "1", "--no-ngram")


def options(**more: Any) -> SpeculationOptions:
    values: dict[str, Any] = {"kinds": ("code",), "n_draft": (1, 3), "repetitions": 2, "max_output": 12}
    return SpeculationOptions(**{**values, "n_threads": 1, "ngram": False, **more})


def report_of(conn: sqlite3.Connection, run_id: int) -> StudyReport:
    found = study_report(conn, runs.get(conn, run_id))
    assert found is not None
    return found


def asked(conn: sqlite3.Connection, run_id: int) -> Asked:
    return Asked.from_settings(runs.get(conn, run_id).settings)


@pytest.mark.long
@pytest.mark.parametrize("architecture", ["step35", "qwen35"])
def test_the_files_own_layers_are_a_drafter(
    conn: sqlite3.Connection, tmp_path: Path, architecture: mtp_files.Architecture
) -> None:
    path = mtp_files.write(tmp_path / "heads.gguf", architecture=architecture, noise=0.01)
    run_id = prepare(conn, str(path), options=options(ngram=True, slots=(2,)))
    assert studied(conn, run_id, most=5).state == "stopped"
    before = len(studies.points(conn, run_id))
    assert studied(conn, run_id).state == "finished"
    assert len(studies.points(conn, run_id)) > before
    found = report_of(conn, run_id)
    drafters = {row["drafter"] for row in found.values["rows"]}
    assert "mtp" in drafters
    row = next(one for one in found.values["rows"] if one["drafter"] == "mtp" and one["kind"] is None)
    assert row["acceptance"] > 0.5, "with so little noise the heads know the table"
    assert found.values["divergences"] == []
    assert [one["slots"] for one in found.values["at_once"]] == [2]
    assert set(found.values["mtp_s"]) == {"1", "3"}
    assert (found.values["mtp_layers"], found.values["mtp_why_not"]) == (1, None)
    assert found.values["mtp_memory_bytes"] > 0
    figures = runs.result_of(conn, runs.get(conn, run_id)).measurements
    assert {"speculation.speed_up_with.mtp", "speculation.acceptance_with.mtp"} <= figures.keys() or len(drafters) == 1
    assert any("MTP" in line[1] for table in found.tables for line in table.rows if len(line) > 1)


@pytest.mark.long
def test_several_layers_draft_no_more_than_they_are(answer: Answer, tmp_path: Path) -> None:
    path = mtp_files.write(tmp_path / "heads.gguf", n_heads=2)
    arguments = [*QUICK, "--exhaustive"]
    arguments[arguments.index("1,2")] = "1,2,4"
    study = answer("speculate", str(path), *arguments)["found"]
    # the first draft of each text is wrong; then 11 tokens are 5 rounds of 2 and one more, or 3 of 3 and one of 2
    found = {(row["drafter"], row["n_draft"], round(row["acceptance"], 9)) for row in study["rows"]}
    assert found == {("mtp", 1, round(5 / 6, 9)), ("mtp", 2, round(7 / 9, 9))}
    assert any("2 layers for multi-token prediction draft a token each" in words for words in study["sentences"])


def test_they_can_be_left_out(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = str(mtp_files.write(tmp_path / "heads.gguf"))
    assert asked(conn, prepare(conn, path, options=options())).mtp
    run_id = prepare(conn, path, options=options(mtp=False, ngram=True))
    assert not asked(conn, run_id).mtp
    assert "The file's layer for multi-token prediction did not draft in this run." in report_of(conn, run_id).sentences
    with pytest.raises(RunError, match="nothing to draft with"):
        prepare(conn, path, options=options(mtp=False))


def test_layers_that_llama_cpp_does_not_compute_are_left_blank(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = str(mtp_files.write(tmp_path / "heads.gguf", architecture="exaone4"))
    run_id = prepare(conn, path, options=options(ngram=True))
    assert not asked(conn, run_id).mtp
    words = "Multi-token prediction was not measured: llama.cpp does not compute such layers of exaone4 models."
    assert words in report_of(conn, run_id).sentences
    assert report_of(conn, run_id).values["mtp_why_not"]
    with pytest.raises(RunError, match=r"nothing to draft with, since .* of exaone4 models: name"):
        prepare(conn, path, options=options())


def test_a_file_without_them_says_nothing_of_them(conn: sqlite3.Connection) -> None:
    run_id = prepare(conn, str(bundled_model()), options=options(ngram=True))
    assert not any("multi-token" in words for words in report_of(conn, run_id).sentences)
    assert report_of(conn, run_id).values["mtp_layers"] == 0
