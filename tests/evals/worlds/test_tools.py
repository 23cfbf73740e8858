"""Items with a world: the solution is right for every one, and what is wrong is wrong with the right fault."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from tests.support.talking import Talker, call, hermes, played, solution

from aa_tui.engine.calling import Call
from aa_tui.evals.conversation.turns import MOST_TURNS, Said, Turn, spoken, transcript, turns_of
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack, Verdict
from aa_tui.evals.packfile import read_pack
from aa_tui.evals.worlds.talk import talk
from aa_tui.evals.worlds.world import FUNCTIONS
from aa_tui.resources import data_folder

FOLDER = data_folder("evals")
PACK = read_pack(FOLDER / "tools")
BY_ID = {item.id: item for item in PACK.items}


def graded(item: Item, texts: list[str]) -> Verdict:
    return judge(PACK, item, transcript(played(PACK, item, texts)))


def needs_calls(item: Item) -> bool:
    return item.category != "none"


def changed(item: Item) -> list[dict[str, Any]]:
    """The calls of the solution that change the world."""
    calls = [one for step in item.extra["solution"] for one in step.get("calls", ())]
    return [one for one in calls if FUNCTIONS[one["name"]].writes]


def test_the_solution_of_every_item_is_correct() -> None:
    for item in PACK.items:
        verdict = graded(item, solution(item))
        assert (verdict.outcome, verdict.fault) == ("correct", None), (item.id, verdict)
        assert all(holds for _, holds in verdict.parts)


def test_a_solution_in_other_pieces_is_correct_too() -> None:
    """Calls one at a time instead of at once, with words around them and a look round first."""
    for item in PACK.items:
        texts: list[str] = []
        for step in item.extra["solution"]:
            texts += [hermes(one, text="Let me see.") for one in step.get("calls", ())] or [step["say"]]
        if sum("calls" in step for step in item.extra["solution"]) and len(texts) < MOST_TURNS:
            assert graded(item, texts).outcome == "correct", item.id


def test_without_a_call_it_is_wrong() -> None:
    for item in filter(needs_calls, PACK.items):
        verdict = graded(item, ["Done."])
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: none"), (item.id, verdict)


def test_a_guess_without_a_call_is_wrong() -> None:
    for item in filter(needs_calls, PACK.items):
        turns = len(item.extra.get("turns", ())) + 1
        verdict = graded(item, [f"Answer: {item.answer}"] * turns)
        assert verdict.fault == "model: none", (item.id, verdict)


def test_a_call_that_nobody_asked_for_is_wrong() -> None:
    for item in PACK.items:
        if needs_calls(item) or not item.extra["tools"]:
            continue
        name = item.extra["tools"][0]
        verdict = graded(item, [hermes(call(name)), f"Answer: {item.answer}"])
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: too many"), (item.id, verdict)


def test_an_invented_function_is_wrong() -> None:
    for item in PACK.items:
        verdict = graded(item, [hermes(call("do_it_all", task=item.prompt[:50])), "Done."])
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: invented"), (item.id, verdict)


def test_the_wrong_function_is_wrong() -> None:
    n_seen = 0
    for item in filter(needs_calls, PACK.items):
        used = {one["name"] for step in item.extra["solution"] for one in step.get("calls", ())}
        other = next(
            (name for name in ("list_orders", "list_mails", "list_files") if name in item.extra["tools"]), None
        )
        if other is None or other in used:
            continue
        n_seen += 1
        verdict = graded(item, [hermes(call(other)), "Done."])
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: function"), (item.id, verdict)
    assert n_seen > 60


def _spoiled(one: dict[str, Any]) -> dict[str, Any] | None:
    """The call with a value that nobody said, in an argument that counts."""
    given = dict(one["arguments"])
    for name in ("date", "start", "time", "city", "to_city", "quantity", "amount", "value", "line"):
        if name in given:
            value = given[name]
            given[name] = value + 1 if not isinstance(value, str) else {
                "date": "2031-05-05", "start": "06:07", "time": "06:07", "city": "Nowhere", "to_city": "Nowhere",
            }.get(name, "nothing of it")  # fmt: skip
            return {**one, "arguments": given}
    return None


def test_a_wrong_argument_is_wrong() -> None:
    n_seen = 0
    for item in PACK.items:
        steps = [dict(step) for step in item.extra["solution"]]
        targets = changed(item) or item.extra["goal"].get("calls", [])
        spoiled = (
            _spoiled(targets[-1])
            if targets and item.category in ("single", "choose", "parallel", "many_turns")
            else None
        )
        if spoiled is None:
            continue
        n_seen += 1
        for step in steps:
            if "calls" in step:
                step["calls"] = [spoiled if one == targets[-1] else one for one in step["calls"]]
        texts = solution(replace(item, extra=MappingProxyType({**item.extra, "solution": steps})))
        verdict = graded(item, texts)
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: argument"), (item.id, verdict)
    assert n_seen > 80


def test_what_is_done_twice_or_besides_is_wrong() -> None:
    n_seen = 0
    for item in PACK.items:
        steps = solution(item)
        extra = hermes(call("set_reminder", text="x", date="2031-05-05", time="06:07"))
        tools = [*dict.fromkeys([*item.extra["tools"], "set_reminder"])]
        other = replace(item, extra=MappingProxyType({**item.extra, "tools": tools}))
        if not changed(item) or item.category == "ask":
            continue
        n_seen += 1
        verdict = graded(other, [*steps[:-1], extra, steps[-1]])
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: too many"), (item.id, verdict)
    assert n_seen > 100


def test_one_that_never_stops_ends_and_is_wrong() -> None:
    for item in PACK.items[::9]:
        turns = played(PACK, item, [hermes(call(item.extra["tools"][0]))] * 100 if item.extra["tools"] else ["x"])
        if item.extra["tools"]:
            assert len(turns) == MOST_TURNS
            assert turns[-1].reply.is_capped
            verdict = judge(PACK, item, transcript(turns))
            assert (verdict.outcome, verdict.fault) == ("wrong", "model: too many"), (item.id, verdict)


def test_a_value_that_is_not_what_the_calls_brought_is_wrong() -> None:
    n_seen = 0
    for item in PACK.items:
        if item.answer is None:
            continue
        n_seen += 1
        wrong = "Answer: Nobody" if isinstance(item.answer, str) else f"Answer: {item.answer + 17}"
        verdict = graded(item, [*solution(item)[:-1], wrong])
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: answer"), (item.id, verdict)
    assert n_seen > 100


def test_who_makes_up_what_was_not_said_is_wrong_even_if_the_guess_is_right() -> None:
    for item in PACK.items:
        if item.category == "ask":
            texts = [text for text in solution(item) if "<tool_call>" in text]
            verdict = graded(item, [*texts, "Done.", solution(item)[-1]])
            assert (verdict.outcome, verdict.fault) == ("wrong", "model: argument"), (item.id, verdict)
            assert dict(verdict.parts)["asked first"] is False


def _one(item_id: str, change: Callable[[Said], Said], texts: list[str]) -> Verdict:
    item = BY_ID[item_id]
    conversation = talk(PACK, item, "hermes")
    turns = []
    for text in texts:
        said = change(Said(text))
        turns.append(Turn(said, conversation.hear(said)))
    return judge(PACK, item, transcript(turns))


def test_faults_that_are_not_the_models() -> None:
    item_id = "tools-single-event-1"
    unseen = _one(item_id, lambda said: replace(said, shows_tools=False), ["I have no such functions."])
    assert unseen.fault == "template: tools"
    assert _one(item_id, lambda said: said, ['<tool_call>{"name": "create_event", "argu']).fault == "format: broken"
    other = _one(item_id, lambda said: said, ['{"name": "create_event", "parameters": {"title": "Eye test"}}'])
    assert other.fault == "parser: unread"
    python = _one(item_id, lambda said: said, ['create_event(title="Eye test", date="2027-10-10")'])
    assert python.fault == "parser: unread"


@pytest.mark.parametrize(
    "arguments", ['{"title": "Eye te', '{"title": NaN}', '{"title": "x", "title": "y"}', "title=x"]
)
def test_a_call_that_a_server_hands_on_broken_is_broken(arguments: str) -> None:
    item_id = "tools-single-event-1"
    broken, right = (Call("create_event", arguments, "a"),), BY_ID[item_id].extra["solution"][0]["calls"][0]
    verdict = _one(item_id, lambda said: replace(said, calls=() if said.answer else broken), ["", "Done."])
    assert (verdict.outcome, verdict.fault) == ("wrong", "format: broken")
    wrong = (Call("create_event", json.dumps({**right["arguments"], "date": "2031-05-05"}), "b"),)
    calls = {"": broken, "again": wrong, "Done.": ()}
    mended = _one(item_id, lambda said: replace(said, calls=calls[said.answer]), ["", "again", "Done."])
    assert mended.fault == "model: argument"
    calls["again"] = (Call("create_event", json.dumps(right["arguments"]), "b"),)
    mended = _one(item_id, lambda said: replace(said, calls=calls[said.answer]), ["", "again", "Done."])
    assert mended.outcome == "correct"


def test_a_model_that_goes_wrong_and_mends_it_is_right() -> None:
    item = BY_ID["tools-single-event-1"]
    right = solution(item)
    assert graded(item, [hermes(call("create_event", title="x")), *right]).outcome == "correct"
    assert graded(item, [hermes(call("add_event", title="x")), *right]).outcome == "correct"


def test_a_talk_told_the_same_turns_says_the_same() -> None:
    for item in PACK.items[::7]:
        turns = played(PACK, item, solution(item))
        again = talk(PACK, item, "hermes")
        assert [again.hear(turn.said) for turn in turns] == [turn.reply for turn in turns]
        assert turns_of(transcript(turns)) == turns


def test_the_talker_of_the_tests_finds_its_way() -> None:
    talker = Talker(PACK)
    for item in PACK.items[::5]:
        turns: list[Turn] = []
        conversation = talk(PACK, item, "hermes")
        while not turns or not turns[-1].reply.is_over:
            said = Said(talker.next(conversation.messages))
            turns.append(Turn(said, conversation.hear(said)))
        assert judge(PACK, item, transcript(turns)).outcome == "correct", item.id


def test_the_user_speaks_when_the_model_does_not_call() -> None:
    item = BY_ID["tools-ask-city-1"]
    conversation = talk(PACK, item, "hermes")
    assert [one.role for one in conversation.messages] == ["system", "user"]
    reply = conversation.hear(Said("Where are you going?"))
    assert [one.role for one in reply.messages] == ["assistant", "user"]
    assert reply.messages[1].content == item.extra["turns"][0]
    assert not reply.is_over
    conversation.hear(Said(solution(item)[1]))
    roles = [one.role for one in conversation.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "tool"]
    assert conversation.messages[-1].name == "get_weather"
    assert conversation.messages[-1].call_id == conversation.messages[-2].calls[0].id
    assert conversation.hear(Said("Answer: 1")).is_over


def test_a_history_comes_before_the_question_with_its_results() -> None:
    item = next(item for item in PACK.items if item.category == "depth" and item.level == 5)
    messages = talk(PACK, item, "hermes").messages
    assert messages[-1].content == item.prompt
    assert sum(len(one.content) for one in messages) > 40_000
    assert {"user", "assistant", "tool"} == {one.role for one in messages}


def test_calls_that_a_server_has_read_are_taken_as_they_are() -> None:
    item = BY_ID["tools-single-event-1"]
    one = item.extra["solution"][0]["calls"][0]
    said = Said("", calls=(Call(one["name"], json.dumps(one["arguments"]), "abc"),))
    reply = talk(PACK, item, "hermes").hear(said)
    assert reply.calls[0].id == "abc"
    assert "created" in reply.messages[1].content


def test_a_call_in_the_thinking_is_none() -> None:
    inside = hermes(call("create_event"))
    said = Said("Done.", thinking=f"I could write {inside} now", raw=f"<think>I could write {inside} now</think>Done.")
    assert spoken(said) == "</think>Done."
    assert talk(PACK, BY_ID["tools-single-event-1"], "hermes").hear(said).calls == ()


def test_the_mark_that_ends_thinking_is_not_given_back_to_the_model_as_its_words() -> None:
    item = BY_ID["tools-single-event-1"]
    written = solution(item)[0]
    said = Said(written, thinking="They want it at nine.", raw=f"<think>\nThey want it at nine.\n</think>\n\n{written}")
    own = talk(PACK, item, "hermes").hear(said).messages[0]
    assert (own.content, len(own.calls)) == ("", 1)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Done.",
        "[]",
        "{}",
        "null",
        "[1]",
        "[" * 100_000,
        '[{"said": {"answer": "x"}}]',
        "\ud800",
        '[{"said": 1, "reply": 2}]',
    ],
)
def test_what_is_no_conversation_is_no_answer(answer: str) -> None:
    assert judge(PACK, PACK.items[0], answer).outcome == "no_answer"


def test_hostile_calls_in_a_transcript_never_raise() -> None:
    item = BY_ID["tools-choose-file-2"]
    for arguments in (
        "x" * 1_000_000,
        '{"path": NaN}',
        "[" * 50_000,
        "\ud800",
        '{"path": "../../../etc/passwd", "line": "x"}',
    ):
        turn = played(PACK, item, [])[0]
        reply = replace(turn.reply, calls=(Call("append_line", arguments), Call("\x1b[2J", arguments)))
        verdict = judge(PACK, item, transcript([Turn(turn.said, reply), turn]))
        assert verdict.outcome == "wrong"
        assert "\x1b" not in f"{verdict.extracted}{verdict.detail}"


def test_the_packs_are_of_the_sizes_that_their_cards_state() -> None:
    counts = Counter((item.category, item.level) for item in PACK.items)
    assert len(counts) == 45
    assert set(counts.values()) == {7}
    assert len({item.prompt for item in PACK.items}) == len(PACK.items)
    quick = read_pack(FOLDER / "tools-quick")
    whole = (FOLDER / "tools" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    part = (FOLDER / "tools-quick" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    assert set(part) < set(whole)
    assert set(Counter(item.level for item in quick.items).values()) == {12}
    assert set(Counter(item.category for item in quick.items).values()) <= {6, 7}
    assert len({(item.category, item.level) for item in quick.items}) == 45
    assert quick.version == PACK.version


def test_a_broken_item_is_the_packs_fault() -> None:
    item = PACK.items[0]
    pack: Pack = PACK
    for change in (
        {"tools": ["format_disk"]},
        {"world": 3},
        {"goal": {"answer": {"grader": "code", "answer": 1}}},
        {"most_turns": 0},
    ):
        broken = replace(item, extra=MappingProxyType({**item.extra, **change}))
        assert judge(pack, broken, "").outcome == "error", change
