"""Logs that the programs themselves wrote are read with the scores that they state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.logged import EVERY_EVAL, INSPECT, INSPECT_JSON, INSPECT_TOOLS, LM_EVAL

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


def test_inspects_conversation_with_functions_is_one_sample() -> None:
    """Tokens are those of all of its turns, what a cache knew among them; the answer is the last turn's."""
    (log,) = _logs(INSPECT_TOOLS)
    rows = {one.item_id: one for one in log.samples()}
    three = rows["three"]
    assert (three.prompt, three.answer, three.thinking) == ("Add 2, 3 and 10.", "The sum is 15.", "All is added.")
    assert (three.n_prompt, three.n_cached, three.n_thinking, three.n_answer) == (230, 140, 12, 18)
    assert (three.outcome, rows["two"].outcome) == ("correct", "wrong")
    assert (rows["two"].n_prompt, rows["two"].n_answer) == (40, 6)


def test_a_conversation_of_every_eval_ever(tmp_path: Path) -> None:
    """Its last turn is the answer, also where that says nothing."""
    aggregate = json.loads(EVERY_EVAL.read_text())
    row: dict[str, Any] = {
        "schema_version": "0.3.0",
        "evaluation_id": aggregate["evaluation_id"],
        "model_id": "testlab/tiny",
        "evaluation_name": aggregate["evaluation_results"][0]["evaluation_name"],
        "sample_id": "a",
        "interaction_type": "agentic",
        "input": {"raw": "What is 2 + 3?", "reference": ["5"]},
        "output": None,
        "messages": [
            {"turn_idx": 0, "role": "user", "content": "What is 2 + 3?"},
            {"turn_idx": 1, "role": "assistant", "content": "I add.", "tool_calls": [{"id": "1", "name": "add"}]},
            {"turn_idx": 2, "role": "tool", "content": "5", "tool_call_id": ["1"]},
            {"turn_idx": 3, "role": "assistant", "content": "It is 5.", "reasoning_trace": "So."},
        ],
        "answer_attribution": [],
        "evaluation": {"score": 1.0, "is_correct": True},
    }
    silent = {**row, "sample_id": "b", "messages": [*row["messages"][:3], {"turn_idx": 3, "role": "assistant"}]}
    path = tmp_path / EVERY_EVAL.name
    path.write_text(json.dumps(aggregate))
    path.with_name(f"{path.stem}_samples.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(silent)}\n")
    (log,) = _logs(path)
    first, second = log.samples()
    assert (first.prompt, first.answer, first.thinking, first.outcome) == (
        "What is 2 + 3?",
        "It is 5.",
        "So.",
        "correct",
    )
    assert (second.answer, second.thinking) == ("", "")


def test_a_chat_that_lm_eval_sent_to_a_server(tmp_path: Path) -> None:
    """Its prompt is a text of JSON in a list of its own: what the user asks is the question."""
    for path in LM_EVAL.parent.glob(f"*{LM_EVAL.stem.partition('_')[2]}*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = tmp_path / f"samples_tinygen_{LM_EVAL.stem.partition('_')[2]}.jsonl"
    told = [json.loads(line) for line in rows.read_text().splitlines()]
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2, please?"}]
    told[0]["arguments"]["gen_args_0"]["arg_0"] = [json.dumps(chat)]
    told[1]["arguments"]["gen_args_0"]["arg_0"] = ["[not json"]
    rows.write_text("".join(f"{json.dumps(one)}\n" for one in told))
    first, second, *_ = _logs(tmp_path / LM_EVAL.name)[0].samples()
    assert first.prompt == "2+2, please?"
    assert second.prompt == "[not json"


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
