"""Lines of answers from elsewhere: whatever stands in them, they are read or refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.talking import played, solution

from aa_tui.evals import packs
from aa_tui.evals.as_case import as_case, key_lines
from aa_tui.evals.cases import CaseError, cases, pack_answers
from aa_tui.evals.elsewhere import grade_all
from aa_tui.evals.grading import GRADER_NAMES, judge
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.jsonlines import MAX_LINE_BYTES
from aa_tui.evals.packfile import read_pack
from aa_tui.resources import data_folder

FIELDS: tuple[str, ...] = (
    "id",
    "key",
    "answer",
    "thinking",
    "options",
    "kwargs",
    "compare",
    "tolerance",
    "patterns",
    "prompt",
)
FIELDS += ("right", "grader", "finish_reason", "item_id")
NUMBERS = st.integers(-3, 30) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(max_size=8) | st.sampled_from(["A", "b", "correct", *GRADER_NAMES])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES), st.sampled_from([None, *GRADER_NAMES]))
def test_any_object_is_read_or_refused_by_line(fields: dict[str, Any], grader: str | None) -> None:
    refused = ""
    try:
        (found,) = cases(grader, [line(**fields)], "file")
    except CaseError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("file:1: ")
        assert refused.endswith(".")
    else:
        assert isinstance(found.text, str)
        assert found.pack.grader_of(found.item) in GRADER_NAMES


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(CaseError, match=r"^file:"):
        cases("exact", [data], "file")


def test_a_line_that_is_nested_too_deep_or_too_long_is_refused() -> None:
    deep = b'{"key": ' + b"[" * 400 + b"1" + b"]" * 400 + b', "answer": "x"}'
    for bad in (deep.replace(b"[", b"[" * 200).replace(b"]", b"]" * 200), b"x" * (MAX_LINE_BYTES + 1)):
        with pytest.raises(CaseError, match=r"^file:1: "):
            cases("exact", [bad], "file")


def test_a_byte_order_mark_and_empty_lines_are_passed_over() -> None:
    found = cases("exact", [b"\xef\xbb\xbf" + line(key="4", answer="4"), b"\n", line(key="5", answer="5")], "file")
    assert [one.id for one in found] == ["1", "3"], "without an id the line's number"


def test_a_letter_comes_before_an_options_text() -> None:
    options = ["B", "A", "AB", "0"]
    (found,) = cases("choice", [line(key="A", options=options, answer="Answer: A")], "file")
    assert found.item.answer == 0
    (found,) = cases("choice", [line(key="AB", options=options, answer="Answer: C")], "file")
    assert found.item.answer == 2


def test_a_cases_own_words_decide_no_grader() -> None:
    (found,) = cases("numeric", [line(key="4", answer="4", kwargs={"grader": "exact", "shuffle": True})], "file")
    assert found.pack.grader_of(found.item) == "numeric"


@pytest.mark.parametrize("name", ["nano", "quick", "local-index"])
def test_every_bundled_item_is_the_same_as_a_case(name: str, tmp_path: Path) -> None:
    pack = packs.load(name, tmp_path)
    for item in pack.items:
        fields = as_case(pack, item)
        (case,) = cases(None, [line(**fields, id=item.id, answer="x")], "file")
        assert key_lines(pack, item)
        for said in answers(pack, item, fields["key"]):
            assert outcome(case.pack, case.item, said) == outcome(pack, item, said), (item.id, said)


def test_the_calls_of_an_item_read_as_those_of_a_model(tmp_path: Path) -> None:
    pack = packs.load("tools-quick", tmp_path)
    (item,) = (item for item in pack.items if item.id == "tools-ask-reminder-2")
    assert key_lines(pack, item) == [
        'set_reminder({"text": "pay the electricity bill", "date": "2026-02-05", "time": "12:15"})'
    ]


def answers(pack: Pack, item: Item, key: Any) -> list[str]:
    """Texts whose verdicts need no process of their own: packs' patterns are safe, code is not run."""
    if pack.grader_of(item) in ("code", "instructions"):
        return [""]
    return [f"Answer: {key[0] if isinstance(key, list) else key}", "Answer: zzz", "Answer: A", ""]


def outcome(pack: Pack, item: Item, said: str) -> str:
    return judge(pack, item, said).outcome


def test_ids_of_a_pack_may_come_again_or_be_unknown(tmp_path: Path) -> None:
    pack = packs.load("nano", tmp_path)
    first, second = pack.items[0].id, pack.items[1].id
    read = pack_answers(
        pack,
        [
            line(id=first, answer="a"),
            line(item_id=second, answer="b"),
            line(id=first, answer="c"),
            line(id="?", answer=""),
        ],
        "file",
    )
    assert [(one.id, one.epoch) for one in read.answers] == [(first, 1), (second, 1), (first, 2)]
    assert read.unknown == ("?",)
    assert read.not_answered == tuple(item.id for item in pack.items[2:])


TOOLS = read_pack(data_folder("evals") / "tools-quick")


def told(item: Item, texts: list[str]) -> dict[str, Any]:
    """A line of an exported run, the item's turns as a model wrote them."""
    rows = [
        {
            "number": number,
            "thinking": "Hm.",
            "answer": turn.said.answer,
            "raw": f"<think>Hm.</think>{turn.said.answer}",
            "calls": [asdict(call) for call in turn.reply.calls],
            "calls_from": "text",
            "unread": list(turn.reply.unread),
            "given": [{**asdict(one), "calls": [asdict(call) for call in one.calls]} for one in turn.reply.messages],
            "shows_tools": True,
            "is_over": turn.reply.is_over,
            "is_capped": turn.reply.is_capped,
        }
        for number, turn in enumerate(played(TOOLS, item, texts))
    ]
    return {"item_id": item.id, "answer": rows[-1]["answer"], "finish_reason": "stop", "turns": rows}


def test_conversations_are_graded_by_their_turns() -> None:
    item = next(one for one in TOOLS.items if one.category == "sequence")
    lines = [told(item, solution(item)), told(item, ["Done."])]
    read = pack_answers(TOOLS, [json.dumps(one).encode() for one in lines], "a.jsonl")
    assert [one.outcome for one in grade_all(read.answers)] == ["correct", "wrong"]
    assert read.answers[0].n_thinking_chars == 3 * len(lines[0]["turns"])


@pytest.mark.parametrize("turns", [None, [], [{"answer": "Done."}], [1], "Done."])
def test_a_conversation_without_its_turns_is_refused(turns: Any) -> None:
    """Graded by its last answer alone it would be one that called nothing."""
    line = {"id": TOOLS.items[0].id, "answer": "Done.", "turns": turns}
    with pytest.raises(CaseError, match=r"a\.jsonl:1: its item is a conversation: turns must be as"):
        pack_answers(TOOLS, [json.dumps(line).encode()], "a.jsonl")


def test_a_conversation_that_never_began_is_not_graded() -> None:
    line = {"id": TOOLS.items[0].id, "answer": "", "turns": [], "finish_reason": "error"}
    read = pack_answers(TOOLS, [json.dumps(line).encode()], "a.jsonl")
    assert [one.outcome for one in grade_all(read.answers)] == ["error"]
