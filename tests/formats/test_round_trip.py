"""A run written in another program's format and read again is the same run, as far as the format can hold it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import settings as given_settings
from tests.support import logged

from aa_tui.formats import every_eval_write, inspect_write, lm_eval_write, recognise
from aa_tui.formats.log import Log, LogSample, whole_characters
from aa_tui.formats.talked import LogTalk

WRITERS = {"inspect": inspect_write.write, "lm-eval": lm_eval_write.write, "Every Eval Ever": every_eval_write.write}


def _again(program: str, log: Log, told: list[LogSample]) -> Log:
    """Written into a folder and read from it, with all samples."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, data in WRITERS[program](log, told).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        found = [recognise.read(path) for path in recognise.in_folder(folder)]
        (logs,) = [one for one in found if isinstance(one, recognise.Logs)]
        (read,) = logs.logs
        rows = list(read.samples())
        return replace(read, samples=lambda: iter(rows))


def _whole(sample: LogSample) -> LogSample:
    """With whole characters alone, a question only where it is another text than the prompt, and no turns."""
    values = {name: getattr(sample, name) for name in LogSample.__slots__}
    texts: dict[str, Any] = {name: whole_characters(value) for name, value in values.items() if isinstance(value, str)}
    targets = tuple(map(whole_characters, sample.targets))
    found = replace(sample, **texts, targets=targets)
    return replace(found, question="" if found.question == found.prompt else found.question, talk=None)


@pytest.mark.parametrize("program", WRITERS)
@given(told=logged.samples())
@given_settings(max_examples=25)
def test_a_run_comes_back_as_it_was(program: str, told: list[LogSample]) -> None:
    told = [replace(one, prompt=one.prompt or "p") for one in told]
    log = logged.log(told)
    read = _again(program, log, told)
    assert [_whole(one) for one in told] == list(read.samples())
    for name in (
        "log_id",
        "task",
        "task_version",
        "model",
        "state",
        "reason",
        "figures",
        "run_uid",
        "machine",
        "engine",
    ):
        assert getattr(read, name) == getattr(log, name), name
    assert dict(read.settings) == dict(log.settings)
    assert dict(read.model_facts) == dict(log.model_facts)
    assert (read.created_at, read.started_at, read.ended_at) == (log.created_at, log.started_at, log.ended_at)
    assert read.program == program


@pytest.mark.parametrize("program", WRITERS)
@given(told=logged.samples(), talk=logged.talks())
@given_settings(max_examples=10, phases=[Phase.generate])
def test_a_conversation_comes_back_as_one_sample(program: str, told: list[LogSample], talk: LogTalk) -> None:
    last: dict[str, Any] = {"talk": talk, "thinking": talk.turns[-1].thinking}
    told = [replace(one, prompt=one.prompt or "p", **last) for one in told]
    assert [_whole(one) for one in told] == list(_again(program, logged.log(told), told).samples())


def test_the_same_run_is_written_the_same_each_time() -> None:
    told = [LogSample("a", 1, "What?", "that", outcome="correct")]
    for write in WRITERS.values():
        assert write(logged.log(told), told) == write(logged.log(told), told)


def test_inspect_gets_no_score_where_nobody_knows_what_is_right() -> None:
    told = [
        LogSample(name, 1, "p", "a", outcome=name) for name in ("correct", "undecided", "error", "no_answer", "loop")
    ]
    (data,) = inspect_write.write(logged.log(told), told).values()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        summaries = {one["id"]: one for one in json.loads(archive.read("summaries.json"))}
    values = {name: one["scores"].get("aa_tui", {}).get("value") for name, one in summaries.items()}
    assert values == {"correct": "C", "undecided": None, "error": None, "no_answer": "N", "loop": "I"}
    assert "error" in summaries["error"]


def test_truncated_answers_are_told_apart_in_every_eval_ever() -> None:
    told = [
        LogSample("a", 1, "p", "a", outcome="truncated", finish_reason="length"),
        LogSample("b", 1, "p", "b", outcome="wrong"),
    ]
    rows = every_eval_write.write(logged.log(told), told)
    lines = [json.loads(line) for line in next(data for name, data in rows.items() if name.endswith("l")).splitlines()]
    assert [line["metadata"]["is_truncated"] for line in lines] == ["true", "false"]
    aggregate = json.loads(next(data for name, data in rows.items() if name.endswith(".json")))
    interval = aggregate["evaluation_results"][0]["score_details"]["uncertainty"]["confidence_interval"]
    assert interval == {"lower": 0.1, "upper": 0.5, "confidence_level": 0.95, "method": "Wilson"}
    assert aggregate["model_info"]["additional_details"]["quant"] == "Q8_0"
