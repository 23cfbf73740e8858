"""What is written passes its owner's validator and is read with the same scores; what owners write is read here."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.evaluated import SEVEN, evaluate_here
from tests.support.logged import log
from tests.support.talked_run import talked_run

from aa_tui.catalog import runs
from aa_tui.export import exchange
from aa_tui.formats import every_eval_write, inspect_write, lm_eval_write, recognise
from aa_tui.formats.log import LogSample
from aa_tui.outcomes import OUTCOMES

STRICT = 3 / 7
HOSTILE = '\x00\x1b[31m\u202e\u200b\ud83d \U0001f600 é\u0301 </script> "quoted"\r\n\t'


@pytest.fixture
def folder(conn: sqlite3.Connection, tmp_path: Path) -> Path:
    """A run of seven answers in each format, in folders of their names."""
    run = runs.get(conn, evaluate_here(conn, "Q8_0", SEVEN))
    for key in ("inspect", "lm-eval", "every-eval-ever", "parquet"):
        _put(tmp_path / key, exchange.files_of(conn, run, key))
    return tmp_path


@pytest.fixture
def conversations(conn: sqlite3.Connection, tmp_path: Path) -> Path:
    """A run whose items are conversations with functions, one call of which cannot be read, in each format."""
    run = runs.get(conn, talked_run(conn, {"single": ["<tool_call>{broken</tool_call>"]}))
    for key in ("inspect", "lm-eval", "every-eval-ever", "parquet"):
        _put(tmp_path / key, exchange.files_of(conn, run, key))
    return tmp_path


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """An evaluation of all outcomes whose texts are hostile, in each format."""
    told = [
        LogSample(
            f"{name}/{HOSTILE}", 1, HOSTILE, HOSTILE, HOSTILE, targets=(HOSTILE,), outcome=str(name), detail=HOSTILE
        )
        for name in OUTCOMES
    ]
    one = log(told, task=f"a/b{HOSTILE}", model=HOSTILE, developer="", reason=HOSTILE)
    _put(tmp_path / "inspect", inspect_write.write(one, told))
    _put(tmp_path / "lm-eval", lm_eval_write.write(one, told))
    _put(tmp_path / "every-eval-ever", every_eval_write.write(one, told))
    return tmp_path


def _put(folder: Path, made: dict[str, bytes]) -> None:
    for name, data in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _every_eval_ever(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    program = os.environ.get("AA_TUI_EVERY_EVAL_EVER")
    if not program:
        pytest.skip("every_eval_ever is not here: .ci/formats says why")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [*shlex.split(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=at,
        env=environment,
    )


def _validated(folder: Path) -> dict[str, Any]:
    files = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.json*"))]
    done = _every_eval_ever("validate", "--format", "json", *files, at=folder)
    assert done.returncode == 0, done.stdout + done.stderr  # 2 would be for warnings
    return {"n": len(files)}


def test_every_eval_ever_validates_without_a_warning(folder: Path) -> None:
    assert _validated(folder / "every-eval-ever") == {"n": 2}


def test_every_eval_ever_validates_hostile_texts(hostile: Path) -> None:
    assert _validated(hostile / "every-eval-ever") == {"n": 2}


def test_every_eval_ever_validates_conversations(conversations: Path) -> None:
    assert _validated(conversations / "every-eval-ever") == {"n": 2}


def test_inspect_reads_conversations(conversations: Path) -> None:
    """Its messages are of its own kinds, and its events know what each turn was given."""
    from inspect_ai.event import ModelEvent, ToolEvent
    from inspect_ai.log import read_eval_log
    from inspect_ai.model import ChatMessageAssistant, ChatMessageTool

    told = read_eval_log(str(next((conversations / "inspect").iterdir())), resolve_attachments=True)
    samples = {sample.id: sample for sample in told.samples or []}
    assert len(samples) == 6
    for sample in samples.values():
        said = [one for one in sample.messages if isinstance(one, ChatMessageAssistant) and one.source == "generate"]
        asked = [one for one in sample.events if isinstance(one, ModelEvent)]
        assert sample.turn_count == len(said) == len(asked)
        assert [event.output.message.text for event in asked] == [one.text for one in said]
        for event, message in zip(asked, said, strict=True):
            assert [one.id for one in event.input] == [one.id for one in sample.messages[: len(event.input)]]
            assert sample.messages[len(event.input)].id == message.id
            assert event.tools
            assert event.tools[0].parameters.properties
        calls = {
            call.id for one in sample.messages if isinstance(one, ChatMessageAssistant) for call in one.tool_calls or []
        }
        assert calls == {one.tool_call_id for one in sample.messages if isinstance(one, ChatMessageTool)}
        assert {one.id for one in sample.events if isinstance(one, ToolEvent)} <= calls
    assert sum(len(sample.events) for sample in samples.values()) > 18


def test_inspect_writes_conversations_that_are_read(conversations: Path, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log, write_eval_log

    target = tmp_path / "again.eval"
    write_eval_log(read_eval_log(str(next((conversations / "inspect").iterdir()))), str(target))
    found, own = recognise.read(target), recognise.read(next((conversations / "inspect").iterdir()))
    assert isinstance(found, recognise.Logs)
    assert isinstance(own, recognise.Logs)
    again = {one.item_id: one for one in found.logs[0].samples()}
    for sample in own.logs[0].samples():
        read = again[sample.item_id]
        assert (read.answer, read.prompt, read.n_prompt) == (sample.answer, sample.prompt, sample.n_prompt)


def test_inspect_reads_the_log_with_the_same_score(folder: Path) -> None:
    from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

    path = next((folder / "inspect").iterdir())
    told = read_eval_log(str(path))
    assert (told.status, len(told.samples or [])) == ("success", 7)
    assert told.results is not None
    assert told.results.scores[0].metrics["accuracy"].value == pytest.approx(STRICT)
    letters = [sample.scores["aa_tui"].value for sample in told.samples or [] if sample.scores]
    assert letters.count("C") / len(letters) == pytest.approx(STRICT)
    assert len(read_eval_log_sample_summaries(str(path))) == 7


def test_inspect_reads_hostile_texts(hostile: Path) -> None:
    from inspect_ai.log import read_eval_log

    told = read_eval_log(str(next((hostile / "inspect").iterdir())))
    assert len(told.samples or []) == len(OUTCOMES)


def test_inspect_writes_what_is_read(folder: Path, tmp_path: Path) -> None:
    """Its own copy of our log, packed as it packs, comes back with the same verdicts."""
    from inspect_ai.log import read_eval_log, write_eval_log

    target = tmp_path / "again.eval"
    write_eval_log(read_eval_log(str(next((folder / "inspect").iterdir()))), str(target))
    found = recognise.read(target)
    assert isinstance(found, recognise.Logs)
    assert [one.outcome for one in found.logs[0].samples()] == [one.outcome for one in SEVEN]


def test_lm_eval_shows_the_results(folder: Path) -> None:
    from lm_eval.utils import get_file_task_name, get_results_filenames, get_sample_results_filenames, make_table

    names = [str(path) for path in (folder / "lm-eval").rglob("*") if path.is_file()]
    (results,), (samples,) = get_results_filenames(names), get_sample_results_filenames(names)
    assert get_file_task_name(Path(samples).name) == "quick"
    told = json.loads(Path(results).read_text())
    assert f"{STRICT:.4f}" in make_table(told)
    lines = [json.loads(line) for line in Path(samples).read_text().splitlines()]
    scores = [line["score_strict"] for line in lines]
    assert sum(scores) / len(scores) == pytest.approx(told["results"]["quick"]["score_strict,none"])


@pytest.mark.parametrize("kind", ["folder", "hostile", "conversations"])
def test_lm_evals_fields_have_its_types(kind: str, request: pytest.FixtureRequest) -> None:
    from lm_eval.result_schema import EvalResults, SampleResult

    folder: Path = request.getfixturevalue(kind)
    for path in (folder / "lm-eval").rglob("*"):
        if path.suffix == ".json":
            known = {*EvalResults.__annotations__, "aa_tui", "task_hashes"}
            assert set(json.loads(path.read_text())) <= known
        elif path.suffix == ".jsonl":
            for line in path.read_text().splitlines():
                assert set(SampleResult.__annotations__) <= set(json.loads(line))


def test_another_program_converts_lm_evals_files(folder: Path, tmp_path: Path) -> None:
    """Every Eval Ever has a reader for lm-eval's files: what it makes of ours is valid and has the same score."""
    options = ("--include_samples", "--source_organization_name", "Example", "--output_dir", str(tmp_path / "made"))
    done = _every_eval_ever("convert", "lm_eval", "--log_path", str(folder / "lm-eval"), *options, at=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    aggregate = next(path for path in (tmp_path / "made").rglob("*.json"))
    results = {
        one["metric_config"]["metric_name"]: one for one in json.loads(aggregate.read_text())["evaluation_results"]
    }
    assert results["score_strict"]["score_details"]["score"] == pytest.approx(STRICT)


def test_another_program_converts_conversations(conversations: Path, tmp_path: Path) -> None:
    options = ("--include_samples", "--source_organization_name", "Example", "--output_dir", str(tmp_path / "made"))
    done = _every_eval_ever("convert", "lm_eval", "--log_path", str(conversations / "lm-eval"), *options, at=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]


def test_pyarrow_reads_conversations(conversations: Path) -> None:
    from pyarrow import parquet

    rows = parquet.read_table(next((conversations / "parquet").iterdir())).to_pylist()
    assert len(rows) == 6
    for row in rows:
        told = json.loads(row["messages"])
        assert row["n_calls"] <= sum(len(one.get("tool_calls", ())) for one in told)
        assert sum(one["role"] == "assistant" for one in told) >= row["n_turns"]
        assert json.loads(row["tools"])[0]["type"] == "function"


def test_pyarrow_reads_the_table(folder: Path) -> None:
    from pyarrow import parquet

    table = parquet.read_table(next((folder / "parquet").iterdir()))
    assert table.column("outcome").to_pylist() == [one.outcome for one in SEVEN]
