"""Items that are conversations: asked turn by turn, kept turn by turn, taken up where they were cut short."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import toy_talk
from tests.support.evaluating import on_mock, planned
from tests.support.toy_talk import Sayings, call, question, sums_pack

from aa_tui.catalog import life, runs, samples, turns
from aa_tui.engine.calling import Call
from aa_tui.engine.chat import ChatPrompt, Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.mock import MockEngine, Reply
from aa_tui.engine.requests import Answered, Clocks, Finished, Piece, Request
from aa_tui.evals.conversation.turns import turns_of
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.pages.text.talked import pieces
from aa_tui.resources import data_folder
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation import regrade
from aa_tui.runs.evaluation.conversing import Beginning, Conversation, Times, transcript_of, turn_seed
from aa_tui.runs.evaluation.live import slot_of
from aa_tui.runs.evaluation.loop import Lane, Task
from aa_tui.runs.evaluation.tasks import ask

PACK = Pack("small", "1", "MIT", "", "", "", (), "", {"*": "contains"}, "{prompt}")

CHILD = """
import os, sys
from pathlib import Path
import pytest
from tests.support import toy_talk
from tests.support.evaluating import on_mock
from aa_tui.catalog import db

catalog, run_id, last_turn = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with pytest.MonkeyPatch.context() as patch, db.writing(catalog) as conn:
    toy_talk.register(patch)
    asked = []
    def made(engine):
        said = engine.replies
        def reply(message, seed):
            asked.append(message)
            if len(asked) == last_turn:
                engine.dies_at_step = engine.n_steps + 2
            return said(message, seed)
        engine.replies = reply
    on_mock(conn, run_id, toy_talk.Sayings().replies(), made)
"""


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy_talk.register(monkeypatch)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return sums_pack(tmp_path / "sums")


def one_engine() -> tuple[list[MockEngine], Any]:
    """The engines that a run opened, to look at afterwards."""
    engines: list[MockEngine] = []
    return engines, engines.append


def turns_by_item(conn: sqlite3.Connection, run_id: int) -> dict[str, list[turns.TurnRow]]:
    return {row.item_id: turns.of_sample(conn, run_id, row.item_id, 1) for row in samples.scored(conn, run_id)}


def texts(rows: list[turns.TurnRow]) -> list[tuple[Any, ...]]:
    """What of turns does not depend on clocks."""
    return [(row.number, row.thinking, row.answer, row.calls, row.given, row.is_over) for row in rows]


def test_a_conversation_is_one_sample_of_several_turns(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=2)
    engines, made = one_engine()
    assert on_mock(conn, run_id, Sayings().replies(), made).state == "finished"
    rows = samples.scored(conn, run_id)
    assert [row.outcome for row in rows] == ["correct"] * 4
    for row in rows:
        told = turns.of_sample(conn, run_id, row.item_id, 1)
        sample = samples.get(conn, row.id)
        assert [len(turn.calls) for turn in told] == [1, 1, 0]
        assert [turn.is_over for turn in told] == [False, False, True]
        assert told[0].shows_tools is True
        assert [message["role"] for message in told[0].given] == ["assistant", "tool"]
        assert "<tool_call>" in told[0].raw
        assert sample.prompt.startswith("Add ")
        assert sample.answer == told[-1].answer
        assert sample.finish_reason == "stop"
        for name in ("n_prompt", "n_cached", "n_thinking", "n_answer"):
            assert getattr(sample, name) == sum(getattr(turn, name) for turn in told), name
        assert sample.ttft_s == told[0].ttft_s
        assert sample.e2e_s == pytest.approx(sum(turn.e2e_s or 0 for turn in told))
        assert told[1].n_cached > 0.8 * told[0].n_prompt, "what the turn before processed is not processed again"
    assert engines[-1].n_held == 0, "nothing is held of a conversation that is over"


def test_every_turn_has_a_seed_of_its_own() -> None:
    seeds = [turn_seed(7, number) for number in range(4)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 4
    assert seeds == [turn_seed(7, number) for number in range(4)]


def test_a_turn_is_written_before_the_next_is_asked(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1, limit=1)
    seen: list[tuple[int, int]] = []

    def watched(engine: MockEngine) -> None:
        ask = engine.replies

        def reply(message: str, seed: int) -> Reply:
            found = sum(len(rows) for rows in turns.unfinished(conn, run_id).values())
            seen.append((len(seen), found))
            return ask(message, seed)

        engine.replies = reply

    on_mock(conn, run_id, Sayings().replies(), watched)
    assert seen == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize("fault", ["length", "loop", "timeout", "nan"])
@pytest.mark.repeats
def test_a_turn_that_is_cut_short_ends_the_conversation_so(conn: sqlite3.Connection, pack: Path, fault: Any) -> None:
    special = {"10": Reply("never", fault=fault, fault_after=1)}
    run_id = planned(conn, pack, n_parallel=2, max_sample_s=60.0, max_output_tokens=600)
    on_mock(conn, run_id, Sayings(special).replies())
    outcome = {"length": "truncated", "loop": "loop", "timeout": "timeout", "nan": "error"}[fault]
    by_item = {row.item_id: row for row in samples.scored(conn, run_id)}
    assert by_item["item-000"].outcome == outcome
    assert [by_item[f"item-00{n}"].outcome for n in (1, 2, 3)] == ["correct"] * 3
    assert len(turns.of_sample(conn, run_id, "item-000", 1)) == 2


def test_a_context_that_fills_up_is_cut_short_and_says_so(conn: sqlite3.Connection, pack: Path) -> None:
    special = {question(0): Reply("x" * 360 + call(0, 10))}
    run_id = planned(conn, pack, n_parallel=1, context=896, max_output_tokens=500)
    on_mock(conn, run_id, Sayings(special).replies())
    by_item = {row.item_id: samples.get(conn, row.id) for row in samples.scored(conn, run_id)}
    sample = by_item["item-000"]
    assert sample.finish_reason == "length"
    assert "context of 896 tokens is full before turn" in sample.message


def test_a_template_without_results_of_functions_is_an_error_of_the_sample(
    conn: sqlite3.Connection, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = MockEngine.prompt

    def refusing(engine: MockEngine, messages: Any, tools: Any = ()) -> ChatPrompt:
        if any(message.role == "tool" for message in messages):
            raise EngineError("The model's chat template fails (no such role).")
        return usual(engine, messages, tools)

    monkeypatch.setattr(MockEngine, "prompt", refusing)
    run_id = planned(conn, pack, n_parallel=2)
    engines, made = one_engine()
    assert on_mock(conn, run_id, Sayings().replies(), made).state == "finished"
    rows = samples.scored(conn, run_id)
    assert {row.outcome for row in rows} == {"error"}
    assert "prompt of turn 2 cannot be made" in samples.get(conn, rows[0].id).message
    assert engines[-1].n_held == 0


def test_a_run_killed_between_turns_goes_on_with_the_next_turn(
    conn: sqlite3.Connection, catalog_path: Path, pack: Path
) -> None:
    whole = planned(conn, pack, n_parallel=1)
    engines, made = one_engine()
    on_mock(conn, whole, Sayings().replies(), made)
    killed = planned(conn, pack, n_parallel=1)
    for last_turn in (5, 5):  # the second turn of the second conversation, then the third of the third
        command = [sys.executable, "-c", CHILD, str(catalog_path), str(killed), str(last_turn)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        assert done.returncode == -signal.SIGKILL, done.stderr
        life.end(conn, killed, "failed", "killed")
    left = turns.unfinished(conn, killed)
    n_before = sum(len(turns.of_sample(conn, killed, f"item-00{n}", 1)) for n in range(4))
    assert sum(map(len, left.values())) == 2, "it was killed within a conversation"
    assert n_before == 8, "every turn that was over is there"
    engines.clear()
    assert on_mock(conn, killed, Sayings().replies(), made).state == "finished"
    assert engines[-1].n_submitted == 12 - n_before, "no turn that was there is asked again"
    mine, theirs = turns_by_item(conn, killed), turns_by_item(conn, whole)
    assert {name: texts(rows) for name, rows in mine.items()} == {name: texts(rows) for name, rows in theirs.items()}
    assert [row.outcome for row in samples.scored(conn, killed)] == ["correct"] * 4
    assert runs.get(conn, killed).n_done == 4


def stopped_within(conn: sqlite3.Connection, pack: Path) -> int:
    """A run that has failed in its first conversation, after a turn of it."""
    run_id = planned(conn, pack, n_parallel=1)
    with pytest.raises(EngineError):
        on_mock(conn, run_id, Sayings({"The sum": ""}).replies(), lambda engine: setattr(engine, "raises_at_step", 150))
    life.end(conn, run_id, "failed", "llama.cpp failed")
    return run_id


def test_turns_of_an_item_that_was_changed_are_forgotten(
    conn: sqlite3.Connection, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stopped_within(conn, pack)
    left = turns.unfinished(conn, run_id)
    assert len(left) == 1
    monkeypatch.setattr(toy_talk, "_sum", lambda _call: "1010")
    engines, made = one_engine()
    done = len(samples.scored(conn, run_id))
    assert on_mock(conn, run_id, Sayings().replies(), made).state == "finished"
    assert engines[-1].n_submitted == 2 * (4 - done), "from its first turn, and shorter now"
    (item_id, _) = next(iter(left))
    assert turns.of_sample(conn, run_id, item_id, 1)[0].given[1]["content"] == "1010"


def test_turns_begun_with_other_settings_are_none_of_the_run(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1)
    with pytest.raises(EngineError):
        on_mock(conn, run_id, Sayings().replies(), lambda engine: setattr(engine, "raises_at_step", 90))
    life.end(conn, run_id, "failed", "llama.cpp failed")
    assert turns.unfinished(conn, run_id)
    assert not samples.scored(conn, run_id)
    engines, made = one_engine()
    on_mock(conn, run_id, Sayings().replies(), made, reasoning_format="other")
    assert engines[-1].n_submitted == 12, "all from the beginning"


def test_calls_read_otherwise_make_another_run(
    conn: sqlite3.Connection, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = planned(conn, pack, n_parallel=1, limit=1)
    on_mock(conn, run_id, Sayings().replies())
    assert runs.get(conn, run_id).identity_parts["calls"].startswith("generic/")
    life.end(conn, run_id, "failed", "for the test")
    monkeypatch.setattr("aa_tui.evals.calls.reading.VERSION", 10_000)
    with pytest.raises(RunError, match="cannot be resumed"):
        on_mock(conn, run_id, Sayings().replies())


def test_conversations_are_graded_again_from_their_turns(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=2)
    on_mock(conn, run_id, Sayings().replies())
    found = regrade.regrade(conn, run_id)
    assert not found.changes
    assert [row.outcome for row in samples.scored(conn, run_id)] == ["correct"] * 4
    told = turns.of_sample(conn, run_id, "item-000", 1)
    heard = turns_of(transcript_of(told))
    assert [turn.said.answer for turn in heard] == [row.answer for row in told]
    assert heard[0].reply.messages[1] == Message("tool", "10", name="add")


def begun() -> tuple[Conversation, Request]:
    """A conversation whose first turn is asked, beside an engine."""
    item = Item("one", "sums", question(0), "The sum is 1010")
    request = Request("one", tuple(range(100)), 50, holds=True, max_s=10.0)
    beginning = Beginning(lambda: toy_talk.make(PACK, item, "hermes"), "hermes", 50, shows_tools=True)
    return Conversation(item, 1, request, beginning), request


def done(request: Request, answer: str, e2e_s: float = 1.0, **more: Any) -> Finished:
    clocks = Clocks(0.0, 0.1, 0.1, e2e_s)
    return Finished(request.id, "stop", "", answer, request.n_prompt, 0, 0, 7, clocks, 10.0, (), **more)


def test_calls_that_a_server_read_are_taken_as_they_are() -> None:
    conversation, request = begun()
    calls = (Call("add", '{"a": 1, "b": 2}', id="call-1"),)
    row = conversation.hear(done(request, "", calls=calls), "", Times(0.1, 0.1, 1.0, 10.0))
    assert row.calls_from == "server"
    assert row.calls == ({"name": "add", "arguments": '{"a": 1, "b": 2}', "id": "call-1"},)
    again, _ = begun()
    assert again.take_up([row])
    assert transcript_of(again.rows) == transcript_of([row])


def test_turns_of_before_a_resume_cost_what_their_tokens_do() -> None:
    conversation, request = begun()
    row = conversation.hear(done(request, call(0, 10)), "", Times(0.1, 0.1, 1.0, 10.0))
    again, _ = begun()
    assert again.take_up([row], lambda n_prompt, n_output: (2 * n_prompt + 3 * n_output) / 1_000)
    second = again.next_request(MockEngine(), 4_096)
    assert second is not None
    told = Answered("http://a:1", "usage", cost_usd=0.5)
    again.hear(done(second, "The sum is 10.", answered_by=told), "", Times(0.1, 0.1, 1.0, 10.0))
    assert again.sample(0, "").cost_usd == pytest.approx(0.5 + (2 * 100 + 3 * 7) / 1_000)
    free, _ = begun()
    assert free.take_up([row])
    assert free.sample(0, "").cost_usd is None


def test_a_call_of_a_server_that_was_cut_short_is_told() -> None:
    conversation, request = begun()
    calls = (Call("add", '{"a": 1, "b": 2}'), Call("s\x1b[1mub", '{"a": 1'))
    cut_short = replace(done(request, "", calls=calls), reason="length")
    row = conversation.hear(cut_short, "", Times(0.1, 0.1, 1.0, 10.0))
    sample = conversation.sample(0, "")
    assert (sample.finish_reason, sample.message) == ("length", "cut short within a call of sub")
    assert pieces(sample, [row])[-1].text == "cut short within a call of sub"
    again, _ = begun()
    assert again.take_up([row])
    assert again.sample(0, "").message == sample.message


def test_tries_are_those_that_came_to_nothing_and_not_the_turns() -> None:
    conversation, request = begun()
    told = Answered("http://a:1", "usage")
    conversation.hear(done(request, call(0, 10), answered_by=told), "", Times(0.1, 0.1, 1.0, 10.0))
    assert conversation.sample(0, "").n_tries == 1
    second = conversation.next_request(MockEngine(), 4_096)
    assert second is not None
    again = Answered("http://a:1", "usage", n_tries=2)
    conversation.hear(done(second, "The sum is 10.", answered_by=again), "", Times(0.1, 0.1, 1.0, 10.0))
    assert conversation.sample(0, "").n_tries == 2


def test_what_is_shown_as_asked_is_the_question_and_not_what_was_said_long_before() -> None:
    tools = read_pack(data_folder("evals") / "tools-quick")
    items = [item for item in tools.items if item.extra.get("history")]
    assert len(items) > 5
    assert [one.text for one in ask(MockEngine(), tools, items)] == [item.prompt for item in items]


def test_a_turn_that_came_to_nothing_is_asked_again_and_those_before_are_kept(
    conn: sqlite3.Connection, pack: Path
) -> None:
    run_id = planned(conn, pack, n_parallel=1)
    on_mock(conn, run_id, Sayings({"10": Reply("never", fault="nan", fault_after=1)}).replies())
    assert runs.get(conn, run_id).setup.n_failed == 1
    assert samples.drop_failed(conn, run_id) == 1
    assert [len(rows) for rows in turns.unfinished(conn, run_id).values()] == [1]
    assert runs.get(conn, run_id).n_done == 3
    life.requeue(conn, run_id)
    engines, made = one_engine()
    assert on_mock(conn, run_id, Sayings().replies(), made).state == "finished"
    assert engines[-1].n_submitted == 2
    assert [row.outcome for row in samples.scored(conn, run_id)] == ["correct"] * 4
    assert runs.get(conn, run_id).setup.n_failed == 0


def test_the_time_that_a_sample_may_take_is_that_of_all_its_turns() -> None:
    conversation, request = begun()
    conversation.hear(done(request, call(0, 10)), "", Times(0.1, 0.1, 4.0, 10.0))
    second = conversation.next_request(MockEngine(), 4_096)
    assert second is not None
    assert (second.id, second.continues, second.max_s) == ("one ~2", "one", 6.0)
    conversation.hear(done(second, call(10, 1000)), "", Times(0.1, 0.1, 6.0, 10.0))
    assert conversation.next_request(MockEngine(), 4_096) is None
    assert conversation.sample(0, "").finish_reason == "timeout"


def test_a_turn_of_another_item_is_not_taken_up() -> None:
    conversation, request = begun()
    row = conversation.hear(done(request, call(0, 10)), "", Times(0.1, 0.1, 1.0, 10.0))
    assert not begun()[0].take_up([row._replace(number=1)])
    assert not begun()[0].take_up([row._replace(given=())])
    assert not begun()[0].take_up([row._replace(answer="The sum is 10.")])


def test_the_live_row_says_which_turn_is_written_and_what_it_is() -> None:
    conversation, request = begun()
    conversation.hear(done(request, call(0, 10)), "", Times(0.1, 0.1, 1.0, 10.0))
    task = Task(Item("one", "sums", "", ""), 1, 0, request, "")
    lane = Lane(task, 0, 0.0, deque(), conversation=conversation)
    assert slot_of(lane, 1.0).phase == "turn 2: prompt"
    lane.take(Piece("one", 1, "hm", thinking=True))
    assert slot_of(lane, 1.0).phase == "turn 2: thinking"
    lane.take(Piece("one", 1, "And now ", thinking=False))
    assert slot_of(lane, 1.0).phase == "turn 2: answer"
    lane.take(Piece("one", 1, '<tool_call>{"name"', thinking=False))
    assert slot_of(lane, 1.0).phase == "turn 2: calling"


def test_a_conversation_that_is_skipped_ends_so(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1)
    engines, made = one_engine()

    def skipping(engine: MockEngine) -> None:
        made(engine)
        ask = engine.replies

        def reply(message: str, seed: int) -> Reply:
            if message == "10":
                life.ask_to_skip(conn, run_id, "item-000")
                return Reply("x", fault="length")
            return ask(message, seed)

        engine.replies, engine.sleeps, engine.step_s = reply, True, 0.002

    on_mock(conn, run_id, Sayings().replies(), skipping)
    rows = {row.item_id: row for row in samples.scored(conn, run_id)}
    assert rows["item-000"].finish_reason == "cancelled"
    assert rows["item-000"].outcome == "error"
    assert [rows[f"item-00{n}"].outcome for n in (1, 2, 3)] == ["correct"] * 3
    assert engines[-1].n_held == 0


def test_a_pack_of_conversations_takes_a_template(conn: sqlite3.Connection, pack: Path) -> None:
    with pytest.raises(RunError, match="leave out --prompt plain"):
        planned(conn, pack, prompt="plain")
    assert not runs.list_runs(conn), "it is said before a run is made"


def test_a_file_that_changed_takes_the_turns_since_with_it(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = stopped_within(conn, pack)
    samples.mark_changed(conn, run_id, "2000-01-01T00:00:00Z", "the file was changed")
    assert not turns.unfinished(conn, run_id)
    kept = len(samples.scored(conn, run_id))
    assert samples.drop_changed(conn, run_id) == kept
    assert conn.execute("SELECT count(*) FROM sample_turns WHERE run_id = ?", (run_id,)).fetchone()[0] == 0


def test_what_is_asked_is_what_the_user_says_last() -> None:
    """Not what was said before, where an item has a history."""
    pack = read_pack(data_folder("evals") / "tools-quick")
    item = next(one for one in pack.items if one.extra.get("history"))
    (asked,) = ask(MockEngine(replies=Sayings().replies()), pack, [item])
    assert asked.text == item.prompt
