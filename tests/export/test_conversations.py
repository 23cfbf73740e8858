"""Conversations in other programs' formats: all that was said is there, and what cannot be known is not made up."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.support.talked_run import KINDS, PACK, items_of, talked_run
from tests.support.talking import hermes
from tests.support.toy_talk import evaluated_sums

from aa_tui.catalog import runs, turns
from aa_tui.evals.packfile import read_pack
from aa_tui.export import exchange
from aa_tui.formats import recognise
from aa_tui.resources import data_folder

ITEMS = dict(zip(KINDS, items_of(read_pack(data_folder("evals") / PACK)), strict=True))


def files(conn: sqlite3.Connection, run_id: int, key: str) -> dict[str, bytes]:
    return exchange.files_of(conn, runs.get(conn, run_id), key)


def inspect_samples(conn: sqlite3.Connection, run_id: int) -> dict[str, dict[str, Any]]:
    """The samples of inspect's log by item."""
    (data,) = files(conn, run_id, "inspect").values()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.startswith("samples/")]
        told = [json.loads(archive.read(name)) for name in names]
    return {one["id"]: one for one in told}


def lines(conn: sqlite3.Connection, run_id: int, key: str) -> list[dict[str, Any]]:
    found = files(conn, run_id, key)
    return [json.loads(line) for name, data in found.items() if name.endswith(".jsonl") for line in data.splitlines()]


def test_inspect_has_every_message_call_and_result(conn: sqlite3.Connection) -> None:
    run_id = talked_run(conn)
    told = inspect_samples(conn, run_id)
    assert set(told) == {item.id for item in ITEMS.values()}
    for item in ITEMS.values():
        sample, rows = told[item.id], turns.of_sample(conn, run_id, item.id, 1)
        steps = item.extra["solution"]
        assert sample["turn_count"] == len(rows) == len(steps)
        said = [one for one in sample["messages"] if one["role"] == "assistant" and one["source"] == "generate"]
        called = [[call["function"] for call in one.get("tool_calls", ())] for one in said]
        assert called == [[call["name"] for call in step.get("calls", ())] for step in steps]
        for message, step in zip(said, steps, strict=True):
            for call, wanted in zip(message.get("tool_calls", ()), step.get("calls", ()), strict=True):
                assert call["arguments"] == wanted["arguments"]
            assert message["content"][0] == {"type": "reasoning", "reasoning": "Hm."}
        results = {one["tool_call_id"]: one for one in sample["messages"] if one["role"] == "tool"}
        calls = [call for one in sample["messages"] for call in one.get("tool_calls", ())]
        assert set(results) == {call["id"] for call in calls}
        assert all(results[call["id"]]["function"] == call["function"] for call in calls)


def test_inspect_has_what_was_before_the_question_as_input(conn: sqlite3.Connection) -> None:
    told = inspect_samples(conn, talked_run(conn))
    depth = told[ITEMS["depth"].id]
    assert depth["input"][-1]["content"] == ITEMS["depth"].prompt
    assert depth["metadata"]["aa_tui"]["prompt"] == ITEMS["depth"].prompt
    assert sum(one["role"] == "assistant" for one in depth["input"]) == 2 * len(ITEMS["depth"].extra["history"])
    users = [one["content"] for one in told[ITEMS["many_turns"].id]["messages"] if one["role"] == "user"]
    assert users == [ITEMS["many_turns"].prompt, *ITEMS["many_turns"].extra["turns"]]


def test_inspect_has_an_event_for_each_turn_and_each_call(conn: sqlite3.Connection) -> None:
    sample = inspect_samples(conn, talked_run(conn))[ITEMS["sequence"].id]
    asked = [one for one in sample["events"] if one["event"] == "model"]
    made = [one for one in sample["events"] if one["event"] == "tool"]
    pool = sample["events_data"]["messages"]
    for number, event in enumerate(asked):
        ((start, end),) = event["input_refs"]
        assert (start, pool[end]["role"], pool[end]["source"]) == (0, "assistant", "generate")
        assert [one["name"] for one in event["tools"]] == ITEMS["sequence"].extra["tools"]
        usage = event["output"]["usage"]
        assert (usage["input_tokens"], usage["input_tokens_cache_read"]) == (100, 100 * number)
        assert (usage["total_tokens"], event["working_time"]) == (100 * (number + 1) + 13, 2.0)
    assert [event["output"]["choices"][0]["stop_reason"] for event in asked[:-1]] == ["tool_calls"] * (len(asked) - 1)
    assert asked[-1]["output"]["choices"][0]["stop_reason"] == "stop"
    (spent,) = sample["model_usage"].values()
    assert spent["output_tokens"] == 13 * len(asked)
    results = {one["id"]: one["content"] for one in sample["messages"]}
    assert made
    assert all(results[one["message_id"]] == one["result"] for one in made)


def test_a_call_that_cannot_be_read_is_kept_as_it_was_written(conn: sqlite3.Connection) -> None:
    broken = '<tool_call>{"name": "create_event", "arguments": {"title": </tool_call>'
    run_id = talked_run(conn, {"single": [broken], "sequence": [hermes({"name": "get_moon", "arguments": {}})]})
    told = inspect_samples(conn, run_id)
    said = [one for one in told[ITEMS["single"].id]["messages"] if one["role"] == "assistant"]
    own = said[-1]["metadata"]["aa_tui"]
    assert (own["written"], len(own["unread"])) == (broken, 1)
    verdict = told[ITEMS["single"].id]["scores"]["aa_tui"]
    assert (verdict["value"], verdict["metadata"]["fault"]) == ("I", "format: broken")
    (one,) = [row for row in lines(conn, run_id, "every-eval-ever") if row["sample_id"] == ITEMS["single"].id]
    assert json.loads(one["metadata"]["unread_calls"])[0]["written"] == broken
    assert one["metadata"]["fault"] == "format: broken"


def test_arguments_that_are_no_object_are_told_as_such(conn: sqlite3.Connection) -> None:
    run_id = talked_run(conn)
    item_id = ITEMS["single"].id
    told = json.dumps([{"name": "f", "arguments": "[1, 2]", "id": ""}, {"name": "g", "arguments": "{}", "id": ""}])
    conn.execute("UPDATE sample_turns SET calls = ? WHERE item_id = ? AND number = 0", (told, item_id))
    sample = inspect_samples(conn, run_id)[item_id]
    first, second = next(one["tool_calls"] for one in sample["messages"] if "tool_calls" in one)
    assert first["arguments"] == {}
    assert first["parse_error"].endswith("[1, 2]")
    assert "parse_error" not in second
    assert first["id"] != second["id"]


def test_every_eval_ever_has_messages_in_place_of_an_output(conn: sqlite3.Connection) -> None:
    rows = {row["sample_id"]: row for row in lines(conn, talked_run(conn), "every-eval-ever")}
    for kind, item in ITEMS.items():
        row, steps = rows[item.id], item.extra["solution"]
        assert (row["interaction_type"], row["output"]) == ("agentic", None)
        assert [one["turn_idx"] for one in row["messages"]] == list(range(len(row["messages"])))
        assert row["evaluation"]["num_turns"] == len(row["messages"])
        n_calls = sum(len(step.get("calls", ())) for step in (*item.extra.get("history", ()), *steps))
        assert row["evaluation"]["tool_calls_count"] == n_calls, kind
        last = row["messages"][row["answer_attribution"][0]["turn_idx"]]
        assert (last["role"], last["content"]) == ("assistant", steps[-1].get("say", ""))
        assert last["reasoning_trace"] == "Hm."
        arguments = [
            value for one in row["messages"] for call in one.get("tool_calls", ()) for value in call["arguments"]
        ]
        assert all(isinstance(one, str) for one in arguments)
        assert [one["function"]["name"] for one in json.loads(row["metadata"]["tools"])] == item.extra["tools"]
    sent = next(one for one in rows[ITEMS["single"].id]["messages"] if one.get("tool_calls"))["tool_calls"][0]
    wanted = ITEMS["single"].extra["solution"][0]["calls"][0]["arguments"]
    assert {name: json.loads(value) for name, value in sent["arguments"].items()} == wanted


def test_lm_eval_has_a_request_for_each_turn(conn: sqlite3.Connection) -> None:
    rows = {row["doc"]["id"]: row for row in lines(conn, talked_run(conn), "lm-eval")}
    row, steps = rows[ITEMS["sequence"].id], ITEMS["sequence"].extra["solution"]
    assert len(row["arguments"]) == len(row["resps"]) == len(row["filtered_resps"]) == len(steps)
    sent = [json.loads(one["arg_0"]) for one in row["arguments"].values()]
    assert sent[0][-1] == {"role": "user", "content": ITEMS["sequence"].prompt}
    for before, after, (written,) in zip(sent, sent[1:], row["resps"], strict=False):
        assert after[: len(before)] == before
        assert after[len(before)]["role"] == "assistant"
        assert after[len(before)]["tool_calls"][0]["function"]["name"] in written
    assert row["resps"][-1] == [steps[-1]["say"]]
    assert [one["function"]["name"] for one in row["doc"]["tools"]] == ITEMS["sequence"].extra["tools"]


def test_functions_that_nobody_knows_any_more_are_not_made_up(conn: sqlite3.Connection) -> None:
    run_id = talked_run(conn)
    conn.execute("UPDATE runs SET pack_version = '0' WHERE id = ?", (run_id,))
    sample = inspect_samples(conn, run_id)[ITEMS["depth"].id]
    assert [(one["role"], one["content"]) for one in sample["input"]] == [("user", ITEMS["depth"].prompt)]
    assert all(one["tools"] == [] for one in sample["events"] if one["event"] == "model")
    rows = lines(conn, run_id, "every-eval-ever")
    assert all("tools" not in row["metadata"] for row in rows)


@pytest.mark.parametrize("key", ["inspect", "lm-eval", "every-eval-ever"])
def test_what_is_written_is_read_again(conn: sqlite3.Connection, tmp_path: Path, key: str) -> None:
    broken = ["<tool_call>{broken</tool_call>"]
    run_id = talked_run(conn, {"single": broken})
    folder = tmp_path / "out"
    for name, data in files(conn, run_id, key).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (logs,) = [one for path in recognise.in_folder(folder) if isinstance(one := recognise.read(path), recognise.Logs)]
    (log,) = logs.logs
    read = {one.item_id: one for one in log.samples()}
    for sample in exchange.log_of(conn, runs.get(conn, run_id)).samples():
        found = read[sample.item_id]
        for name in ("prompt", "answer", "thinking", "outcome", "fault", "n_prompt", "n_cached", "n_answer", "e2e_s"):
            assert getattr(found, name) == getattr(sample, name), name


@pytest.mark.parametrize("key", ["inspect", "lm-eval", "every-eval-ever"])
def test_nothing_that_a_model_wrote_is_a_control_code(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    run_id = evaluated_sums(conn, tmp_path / "pack", monkeypatch)
    for data in files(conn, run_id, key).values():
        texts = [data]
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                texts = [archive.read(name) for name in archive.namelist()]
        for text in texts:
            assert not any(one in text.decode() for one in "\x1b\x07\u202e")
    told = json.dumps(lines(conn, run_id, key) if key != "inspect" else inspect_samples(conn, run_id))
    assert "\\u001b[31m" in told, "the text itself is whole"
