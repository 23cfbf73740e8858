"""What a user does with models that we did not make."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.program import Answer

Run = Callable[..., subprocess.CompletedProcess[str]]
SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def peak_bytes(ask: Answer, run_id: int) -> int:
    return next(int(one["peak_memory_bytes"]) for one in ask("runs") if one["run_id"] == run_id)


def fitted_bytes(ask: Answer, target: str, settings: dict[str, Any]) -> int:
    engine = settings.get("engine") or settings
    sequences = engine.get("n_parallel", 1) + engine.get("shares_prefix", False) + engine.get("forks", False)
    told = ask("gguf", "fit", target, "--ctx", str(engine["n_ctx"]), "--slots", str(sequences))
    return int(told["fits"][0]["memory_bytes"])


def test_both_are_found_and_named_as_people_know_them(ask: Answer, gemma: Path) -> None:
    files = {one["name"]: one for one in ask("gguf", "list", "--add", str(gemma.parent)) if one["here"]}
    assert (files[SMOLLM2_FILE]["place"], files[SMOLLM2_FILE]["quant"]) == ("package", "Q4_1")
    assert (files[gemma.name]["place"], files[gemma.name]["model"]) == ("added", "gemma-3-270m")
    assert {one["name"] for one in ask("gguf", "fit", "smollm2")["fits"]} == {"SmolLM2-135M-Instruct"}


def test_speed_is_measured_and_the_memory_was_told(ask: Answer, gemma: Path) -> None:
    for target, name in (("smollm2", "smollm2-135m-instruct"), (str(gemma), "gemma-3-270m")):
        bench = ask("bench", target, "--tests", "pp64,tg16", "-r", "2", "-t", "1")
        assert (bench["status"], bench["model"]) == ("finished", name)
        assert all(test["tokens_per_s_mean"] > 0 for test in bench["tests"])
        assert fitted_bytes(ask, Path(target).name, bench["settings"]) == pytest.approx(
            bench["peak_memory_bytes"], rel=0.15
        )


def test_an_instructed_model_answers_the_whole_quick_pack(ask: Answer, smollm2_run: dict[str, Any]) -> None:
    run = smollm2_run
    assert (run["status"], run["n_done"], run["outcomes"]["error"]) == ("finished", 60, 0)
    assert run["model"] == "smollm2-135m-instruct"
    assert (
        run["score_strict"] < 0.5
    )  # it knows little; what it writes are answers all the same, and none breaks a grader
    assert run["outcomes"]["correct"] + run["outcomes"]["wrong"] >= 20
    assert run["n_undecided"] == 0
    assert fitted_bytes(ask, "smollm2", run["settings"]) == pytest.approx(peak_bytes(ask, run["run_id"]), rel=0.15)


def test_a_model_that_never_thinks_has_no_budget_curve_and_is_said_to_have_none(
    run_program: Run, smollm2_run: dict[str, Any]
) -> None:
    assert (smollm2_run["thinking_tokens"], smollm2_run["budget_curve"]) == (0, [])
    assert smollm2_run["settings"]["budgets"]
    shown = run_program("runs", "show", str(smollm2_run["run_id"])).stdout
    assert "no answer was thought about" in shown


def test_instructions_are_checked(ask: Answer) -> None:
    limits = ("--limit", "8", "-t", "1", "--parallel", "4", "--max-output", "256")
    run = ask("eval", "smollm2", "--pack", "instructions", *limits)
    assert (run["status"], run["n_done"], run["outcomes"]["error"]) == ("finished", 8, 0)


def test_a_base_model_gets_a_sentence_and_a_way(
    ask: Answer, run_program: Run, gemma: Path, gemma_run: dict[str, Any]
) -> None:
    refused = run_program("eval", str(gemma), "--pack", "quick")
    assert refused.returncode == 1
    assert "has no chat template" in refused.stderr
    assert "--prompt plain" in refused.stderr
    run = gemma_run
    assert (run["status"], run["n_done"], run["outcomes"]["error"]) == ("finished", 12, 0)
    assert run["settings"]["prompt"] == "plain"
    assert fitted_bytes(ask, gemma.name, run["settings"]) == pytest.approx(peak_bytes(ask, run["run_id"]), rel=0.15)
    item = ask("samples", str(run["run_id"]))[0]["item_id"]
    sample = ask("samples", str(run["run_id"]), item)
    assert sample["prompt"].startswith("Question: ")
    assert "<|im_start|>" not in sample["prompt"]
    assert "Question:" not in sample["answer"]
    shown = run_program("show", "gemma-3-270m").stdout
    assert "plain prompt" in shown


def test_both_are_compared_and_exported(
    ask: Answer, run_program: Run, tmp_path: Path, smollm2_run: dict[str, Any], gemma_run: dict[str, Any]
) -> None:
    ids = [str(smollm2_run["run_id"]), str(gemma_run["run_id"])]
    assert "paired" in ask("compare", *ids)
    assert "asked in different ways" in run_program("compare", *ids).stdout
    page = tmp_path / "page.md"
    done = run_program("export", "smollm2", "--output", str(page))
    assert done.returncode == 0, done.stderr
    assert "SmolLM2-135M-Instruct" in page.read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(run_program("runs", "export", ids[0], "--format", "csv").stdout))
    assert len({row["item_id"] for row in rows}) == 60


def test_the_demo_shows_a_real_model(ask: Answer) -> None:
    shown = ask("demo", "--model", "smollm2")
    assert shown["slug"] == "smollm2-135m-instruct"
    assert shown["demo"]["eval_run_id"] in {one["run_id"] for one in shown["evaluations_here"]}
