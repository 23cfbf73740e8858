"""Evaluations in the shell, with the real model: what is printed, and what every command says of a run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.stem import Stem

from aa_tui.engine.chat import CHATML

LIMIT = 8
KEYS = {
    "run_id",
    "status",
    "pack",
    "pack_version",
    "n_items",
    "n_done",
    "outcomes",
    "score_strict",
    "score_completed",
    "truncation_rate",
    "interval",
    "by_category",
    "output_tokens",
    "thinking_tokens",
    "answer_tokens",
    "tokens_per_s_total",
    "budget_curve",
    "jail",
    "machine",
    "file",
}

Shell = Callable[..., subprocess.CompletedProcess[str]]


def shell_in(home: Path, stem: Stem) -> Shell:
    """`aa-tui` with this data folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AA_TUI_HOME": str(home), "COLUMNS": "120"}
        return stem.run(arguments, environment=environment, timeout_s=300)

    return run


def read(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, stem: Stem) -> tuple[Path, dict[str, Any]]:
    """A data folder with one evaluation, made once, and what the shell said of it."""
    home = tmp_path_factory.mktemp("home")
    options = ("--pack", "nano", "--limit", str(LIMIT), "--parallel", "2", "-t", "1", "--nice", "0")
    return home, read(shell_in(home, stem)("eval", "aa-nano", *options, "--json"))


@pytest.fixture
def evaluated(made: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return made[1]


@pytest.fixture
def shell(made: tuple[Path, dict[str, Any]], tmp_path: Path, stem: Stem) -> Shell:
    """`aa-tui` with this test's own copy of the folder."""
    return shell_in(shutil.copytree(made[0], tmp_path / "home"), stem)


def test_eval_prints_every_key_that_is_promised(evaluated: dict[str, Any]) -> None:
    assert set(evaluated) >= KEYS
    assert (evaluated["status"], evaluated["pack"], evaluated["n_items"]) == ("finished", "nano", LIMIT)
    assert evaluated["n_done"] == sum(evaluated["outcomes"].values()) == LIMIT
    assert evaluated["score_strict"] == evaluated["outcomes"]["correct"] / LIMIT
    interval = evaluated["interval"]
    assert interval["low"] <= evaluated["score_strict"] <= interval["high"]
    assert interval["method"] == "Wilson"
    assert evaluated["output_tokens"] == evaluated["thinking_tokens"] + evaluated["answer_tokens"]
    assert evaluated["thinking_tokens"] > 0, "the bundled model thinks"
    assert evaluated["tokens_per_s_total"] > 0
    assert evaluated["settings"]["sampler"]["temperature"] == 0
    assert evaluated["settings"]["n_parallel"] == 2


def test_its_exported_answers_are_graded_the_same_without_a_model(
    shell: Shell, evaluated: dict[str, Any], tmp_path: Path
) -> None:
    path = str(tmp_path / "samples.jsonl")
    assert shell("runs", "export", "1", "--format", "jsonl", "--output", path).returncode == 0
    report = read(shell("grade", "--pack", "nano", path, "--report", "--json"))
    same = ("outcomes", "score_strict", "score_completed", "truncation_rate", "interval", "n_done")
    assert {key: report[key] for key in same} == {key: evaluated[key] for key in same}
    assert {name: part["score_strict"] for name, part in report["by_category"].items()} == {
        name: part["score_strict"] for name, part in evaluated["by_category"].items()
    }


def test_another_template_is_kept_with_the_run_and_told_apart(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(CHATML.replace("{{ message.content }}", "Mine: {{ message.content }}"))
    run = ("eval", "aa-nano", "--pack", "nano", "--parallel", "1", "-t", "1", "--nice", "0", "--template", str(path))
    made = read(shell(*run, "--limit", "1", "--json"))
    assert made["settings"]["template"] == {"name": "mine.jinja", "text": path.read_text()}
    path.unlink()
    run_id = str(made["run_id"])
    assert shell("runs", "resume", run_id, "--limit", "2").returncode == 0, "no file is needed any more"
    further = read(shell("runs", "follow", run_id, "--json"))
    assert (further["status"], further["n_done"]) == ("finished", 2)
    assert "template     mine.jinja, not the file's own" in shell("runs", "show", run_id).stdout
    parts = [read(shell("runs", "export", one))["identity_parts"] for one in ("1", run_id)]
    assert parts[0]["template_sha256"] != parts[1]["template_sha256"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% if %}", "The chat template mine.jinja is not valid"),
        ("{{ messages | length }}", "The chat template mine.jinja leaves out the user message."),
        ("{{ raise_exception('no') }}", "The chat template mine.jinja fails (no)."),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "too much time"),
        (" ", "is empty"),
    ],
)
def test_a_template_that_does_not_work_is_said_before_anything_is_queued(
    shell: Shell, tmp_path: Path, source: str, words: str
) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(source)
    refused = shell("eval", "aa-nano", "--pack", "nano", "--template", str(path))
    assert refused.returncode == 1
    assert words in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert len(read(shell("runs", "--json"))) == 1


def test_another_template_goes_with_neither_plain_prompts_nor_servers(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(CHATML)
    named = ("--pack", "nano", "--template", str(path))
    assert "leave out either" in shell("eval", "aa-nano", *named, "--prompt", "plain").stderr
    assert "needs the model's file" in shell("eval", "http://127.0.0.1:9", *named).stderr


def test_runs_list_and_show_it(shell: Shell, evaluated: dict[str, Any]) -> None:
    listed = read(shell("runs", "--json"))
    assert [(one["kind"], one["pack"], one["n_done"]) for one in listed] == [("eval", "nano", LIMIT)]
    assert read(shell("runs", "show", "1", "--json"))["score_strict"] == evaluated["score_strict"]
    text = shell("runs", "show", "1").stdout
    for words in ("strict", "completed", "cut short", "Wilson", "per question", "history", "finished"):
        assert words in text


def test_the_interval_of_just_these_items(shell: Shell, evaluated: dict[str, Any]) -> None:
    run_id = str(evaluated["run_id"])
    such = evaluated["interval"]
    these = read(shell("runs", "show", run_id, "--these-items", "--json"))["interval"]
    assert (such["estimand"], these["estimand"]) == ("such items", "these items")
    assert these["high"] - these["low"] < such["high"] - such["low"]
    assert "for just these 280 items" in shell("runs", "show", run_id, "--these-items").stdout
    assert "for similar items" in shell("runs", "show", run_id).stdout


def test_samples_are_listed_filtered_and_shown_whole(shell: Shell, evaluated: dict[str, Any]) -> None:
    rows = read(shell("samples", "1", "--json"))
    assert len(rows) == LIMIT
    right = read(shell("samples", "1", "--outcome", "correct", "--json"))
    assert len(right) == evaluated["outcomes"]["correct"]
    item = rows[0]["item_id"]
    whole = read(shell("samples", "1", item, "--json"))
    assert whole["thinking"]
    assert whole["answer"].strip().startswith("Answer:")
    assert whole["verdicts"][-1]["outcome"] == rows[0]["outcome"]
    folded, unfolded = shell("samples", "1", item).stdout, shell("samples", "1", item, "--thinking").stdout
    assert "--thinking shows them" in folded
    assert whole["thinking"].strip().splitlines()[0] in unfolded


def test_a_run_goes_further_regrades_exports_and_compares(shell: Shell, evaluated: dict[str, Any]) -> None:
    assert "nothing left to do" in shell("runs", "resume", "1").stderr
    read(shell("runs", "resume", "1", "--limit", str(LIMIT + 2), "--json"))
    further = read(shell("runs", "follow", "1", "--json"))
    assert (further["status"], further["n_done"]) == ("finished", LIMIT + 2)
    regraded = read(shell("runs", "regrade", "1", "--json"))
    assert (regraded["n_graded"], regraded["changes"]) == (LIMIT + 2, [])
    exported = read(shell("runs", "export", "1"))
    assert len(exported["samples"]) == LIMIT + 2
    assert exported["identity_parts"]["file_sha256"] == evaluated["file"]["sha256"]
    lines = shell("runs", "export", "1", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["item_id"] for line in lines] == [one["item_id"] for one in exported["samples"]]
    assert "is an evaluation" in shell("runs", "export", "1", "--format", "llama-bench").stderr
    other = ("--pack", "nano", "--limit", "6", "--parallel", "1", "-t", "1", "--nice", "0", "--no-budget-curve")
    assert read(shell("eval", "aa-nano", *other, "--json"))["run_id"] == 2
    pair = read(shell("compare", "1", "2", "--json"))["paired"]
    counted = (pair["n_both_right"], pair["n_only_a_right"], pair["n_only_b_right"], pair["n_neither_right"])
    assert sum(counted) == 6
    assert pair["n_missing_b"] == LIMIT + 2 - 6
    assert pair["interval"]["low"] <= pair["difference"] <= pair["interval"]["high"]


def test_the_plan_is_told_after_a_pilot(shell: Shell) -> None:
    options = ("--pack", "nano", "--plan", "--parallel", "2", "-t", "1", "--nice", "0", "--json")
    planned = read(shell("eval", "aa-nano", *options))
    assert (planned["status"], planned["n_done"]) == ("planned", 5)
    sizes = [row["n"] for row in planned["plan"]["rows"]]
    assert sizes == [20, 60, 100, 280]
    widths = [row["half_width"] for row in planned["plan"]["rows"]]
    assert widths == sorted(widths, reverse=True)
    text = shell("runs", "show", str(planned["run_id"])).stdout
    assert "± at 70 %" in text
    assert shell("runs", "delete", str(planned["run_id"]), "--yes").returncode == 0


def test_vacuum_drops_thinking_only_when_asked(shell: Shell, evaluated: dict[str, Any]) -> None:
    before = read(shell("catalog", "--json"))
    assert before["thinking_bytes"] > 0
    assert read(shell("catalog", "vacuum", "--json"))["thinking_texts_dropped"] == 0
    kept = read(shell("catalog", "vacuum", "--keep-thinking", "1", "--json"))
    assert (kept["thinking_texts_dropped"], kept["keep_thinking_days"]) == (0, 1), "it is not a day old"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("eval", "aa-nano", "--pack", "nanno"), 2, "nano"),
        (("eval", "no-such-model", "--pack", "nano"), 2, "no-such-model"),
        (("eval", "aa-nano", "--pack", "nano", "--parallel", "none"), 2, "no number of slots"),
        (("eval", "aa-nano", "--pack", "nano", "--budget", "soon"), 2, "is no time: write 90s"),
        (("eval", "aa-nano", "--pack", "nano", "--until-width", "0.9"), 2, "cannot be aimed at"),
        (("eval", "aa-nano", "--pack", "nano", "--start-at", "noon"), 1, "is no time"),
        (("runs", "show", "99"), 2, "no run 99"),
        (("runs", "resume", "99"), 2, "no run 99"),
        (("runs", "delete", "1"), 2, "--yes"),
        (("samples", "99"), 2, "no run 99"),
        (("samples", "1", "nothing"), 2, "no finished sample"),
    ],
)
@pytest.mark.repeats
def test_bad_input_gets_one_sentence(
    shell: Shell, evaluated: dict[str, Any], arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = shell(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_prompt_longer_than_the_context_is_said_before_anything_runs(shell: Shell, tmp_path: Path) -> None:
    from tests.support.evaluating import write_pack

    pack = write_pack(tmp_path / "long", {"word " * 6_000: "no"}, name="long", max_output_tokens=64)
    done = shell("eval", "aa-nano", "--pack", str(pack), "--parallel", "1", "-t", "1", "--nice", "0")
    assert done.returncode == 1
    assert "No prompt fits a context of 4,096 tokens" in done.stdout + done.stderr


def test_a_base_model_is_told_how_it_is_asked(program: Shell, tmp_path: Path) -> None:
    from tests.support.gguf_files import Builder

    builder = Builder().add_text("general.architecture", "llama").add_u32("llama.context_length", 512)
    builder.add_u32("general.file_type", 7).add_tensor("one", [256])
    builder.data = bytes(4 * 256)
    file = tmp_path / "Base-1B-Q8_0.gguf"
    file.write_bytes(builder.build())
    done = program("eval", str(file), "--pack", "quick")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Base-1B-Q8_0.gguf has no chat template" in done.stderr
    assert "--prompt plain" in done.stderr
