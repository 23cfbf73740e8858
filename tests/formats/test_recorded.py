"""Logs that the programs themselves wrote are read with the scores that they state."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.logged import EVERY_EVAL, INSPECT, INSPECT_JSON, LM_EVAL

from aa_tui.formats import recognise
from aa_tui.formats.log import Log


def _logs(path: Path) -> tuple[Log, ...]:
    found = recognise.read(path)
    assert isinstance(found, recognise.Logs)
    return found.logs


def _share_right(log: Log) -> float:
    rows = list(log.samples())
    return sum(one.outcome == "correct" for one in rows) / len(rows)


@pytest.mark.parametrize("path", [INSPECT, INSPECT_JSON], ids=["eval", "json"])
def test_inspect(path: Path) -> None:
    (log,) = _logs(path)
    assert (log.program, log.program_version, log.task, log.task_version) == ("inspect", "0.3.285", "tiny", "3")
    assert (log.model, log.state, log.settings["temperature"]) == ("mockllm/model", "finished", 0.2)
    rows = list(log.samples())
    assert {(one.item_id, one.outcome, one.answer) for one in rows} == {
        ("a1", "correct", "The answer is 4"),
        ("a2", "wrong", "London"),
        ("3", "correct", "hi"),
    }
    first = next(one for one in rows if one.item_id == "a1")
    assert (first.thinking, first.category, first.targets) == ("two and two", "maths", ("4",))
    assert (first.n_prompt, first.n_thinking, first.n_answer, first.ttft_s) == (10, 3, 2, None)
    accuracy = next(one for one in log.figures if one.metric == "match.accuracy")
    assert accuracy.value == pytest.approx(_share_right(log))
    assert next(one for one in rows if one.item_id == "3").finish_reason == "length"


def test_lm_eval() -> None:
    generated, weighed = _logs(LM_EVAL)
    assert (generated.task, generated.task_version, generated.model) == ("tinygen", "2.0", "testlab/tiny")
    assert {one.metric: one.value for one in generated.figures} == {
        "exact_match": pytest.approx(_share_right(generated))
    }
    assert generated.settings == {"temperature": 0.0, "max_output_tokens": 20, "n_shot": 0}
    rows = list(generated.samples())
    assert (rows[0].prompt, rows[0].question, rows[0].answer) == ("Question: 2+2?\nAnswer:", "2+2?", "lol")
    assert all(one.n_answer is None and one.e2e_s is None for one in rows)
    assert [one.answer for one in weighed.samples()] == ["4", "Paris", "y"]
    assert {one.metric: one.stderr for one in weighed.figures} == {"acc": 0.0, "acc_norm": 0.0}


def test_every_eval_ever_of_two_metrics_has_each_sample_once() -> None:
    (log,) = _logs(EVERY_EVAL)
    rows = list(log.samples())
    assert [(one.item_id, one.epoch) for one in rows] == [("0", 1), ("1", 1), ("2", 1)]
    assert (log.program, log.made_by, log.model, log.task) == ("Every Eval Ever", "lm_eval", "testlab/tiny", "tinymc")
    assert log.figures[0].value == pytest.approx(_share_right(log))
