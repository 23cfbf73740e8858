"""Conversations as models really hold them: what a careful reader would let pass passes, and luck does not."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from tests.support.talking import call, hermes, played, solution

from aa_tui.evals.conversation.turns import transcript
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Verdict
from aa_tui.evals.packfile import read_pack
from aa_tui.evals.worlds.world import FUNCTIONS
from aa_tui.resources import data_folder

PACK = read_pack(data_folder("evals") / "tools")
BY_ID = {item.id: item for item in PACK.items}


def graded(item_id: str, *texts: str) -> Verdict:
    return judge(PACK, BY_ID[item_id], transcript(played(PACK, BY_ID[item_id], texts)))


def ended(item_id: str, last: str) -> Verdict:
    """The solution with another last message."""
    return graded(item_id, *solution(BY_ID[item_id])[:-1], last)


def calls_of(item: Item) -> list[dict[str, Any]]:
    return [one for step in item.extra["solution"] for one in step.get("calls", ())]


@pytest.mark.parametrize("item_id", [item.id for item in PACK.items if "nearest" in item.id or "tour" in item.id])
def test_a_road_may_be_measured_from_either_end(item_id: str) -> None:
    texts: list[str] = []
    for step in BY_ID[item_id].extra["solution"]:
        turned = [
            call("get_distance", from_city=one["arguments"]["to_city"], to_city=one["arguments"]["from_city"])
            for one in step.get("calls", ())
        ]
        texts.append(hermes(*turned) if turned else step["say"])
    assert graded(item_id, *texts).outcome == "correct"


def test_an_optional_argument_may_be_null_or_empty() -> None:
    given = {"title": "Eye test", "date": "2027-10-10", "start": "13:15", "minutes": 45}
    for place in (None, "", " "):
        assert graded("tools-single-event-1", hermes(call("create_event", **given, place=place)), "Done.").fault is None
    refused = graded("tools-single-event-1", hermes(call("create_event", **{**given, "title": None})), "Done.")
    assert refused.fault == "model: argument"


def test_the_rate_alone_will_do_where_nothing_else_is_asked_for() -> None:
    looked_up = hermes(call("get_product", product_id="P-232"))
    rate = hermes(call("convert_currency", amount=1, from_currency="EUR", to_currency="CHF"))
    assert graded("tools-sequence-price-1", looked_up, rate, "Answer: 16.46").outcome == "correct"
    assert graded("tools-sequence-price-1", looked_up, "Answer: 16.46").fault == "model: none"


def test_what_cannot_have_told_the_value_does_not_count_as_looking_it_up() -> None:
    item_id = "tools-choose-shop-4"
    assert graded(item_id, hermes(call("list_orders")), "Answer: 33").outcome == "wrong"
    assert ended(item_id, "There are 33 left.\n\nAnswer: 33").outcome == "correct"


def test_a_value_among_words_is_left_to_who_reads_it() -> None:
    for item_id, last in (
        ("tools-single-conversion-1", "360 pounds are 163.29 kg."),
        ("tools-parallel-city-1", "The strongest wind is expected in Dorsund."),
        ("tools-choose-shop-1", "P-693 costs 37.70 EUR."),
    ):
        verdict = ended(item_id, last)
        assert (verdict.outcome, verdict.fault) == ("undecided", None), (last, verdict)
    for item_id, last, outcome in (
        ("tools-single-conversion-1", "360 pounds are 170 kg.", "wrong"),
        ("tools-parallel-city-1", "The strongest wind is expected in Castelune.", "wrong"),
        ("tools-parallel-city-1", "Answer: Dorsund and Castelune", "no_single_answer"),
        ("tools-single-forecast-1", "It is 26 degrees.\n\nAnswer: 27", "wrong"),
        ("tools-single-forecast-1", "Answer: 26\nAnswer: 27", "wrong"),
    ):
        verdict = ended(item_id, last)
        assert (verdict.outcome, verdict.fault) == (outcome, "model: answer"), (last, verdict)


def test_an_empty_argument_makes_nothing_up() -> None:
    given = {"title": "Choir practice", "date": "2026-03-12", "minutes": 45}
    asked = ["At what time?", hermes(call("create_event", **given, start="10:00")), "Done."]
    assert graded("tools-ask-event-1", hermes(call("create_event", **given, start="")), *asked).outcome == "correct"
    made_up = graded("tools-ask-event-1", hermes(call("create_event", **given, start="9 am")), *asked)
    assert made_up.fault == "model: argument"


def test_texts_of_reminders_are_free_but_not_exchanged() -> None:
    item_id = "tools-parallel-reminders-1"
    first, second = calls_of(BY_ID[item_id])

    def with_texts(*texts: str) -> Verdict:
        calls = [
            {**one, "arguments": {**one["arguments"], "text": text}}
            for one, text in zip((first, second), texts, strict=True)
        ]
        return graded(item_id, hermes(*calls), "Done.")

    assert with_texts("Charge your camera!", "backup").outcome == "correct"
    assert with_texts("back up the laptop", "charge the camera").outcome == "correct"
    verdict = with_texts("charge the camera", "Back up the laptop.")
    assert (verdict.outcome, verdict.fault) == ("wrong", "model: argument")


def test_the_fault_is_of_what_was_wrong_in_the_end() -> None:
    item_id = "tools-single-forecast-1"
    right = solution(BY_ID[item_id])[0]
    assert graded(item_id, hermes(call("look_up")), right, "Answer: 3").fault == "model: answer"
    assert graded(item_id, hermes(call("look_up")), "Answer: 3").fault == "model: invented"
    item_id = "tools-parallel-files-1"
    broken = '\n<tool_call>\n{"name": "delete_file", "arguments": {"path": \n</tool_call>'
    half = hermes(call("delete_file", path="old/paper-3.txt")) + broken
    assert graded(item_id, half, "Both are deleted.").fault == "format: broken"
    assert graded(item_id, hermes(call("delete_file", path="old/paper-3.txt")), "Done.").fault == "model: none"


def test_a_line_is_copied_word_for_word() -> None:
    line = "printer paper, 3 x sticky tape = 20,50"
    verdict = graded("tools-single-line-3", hermes(call("append_line", path="recipes/todo.txt", line=line)), "Done.")
    assert (verdict.outcome, verdict.fault) == ("wrong", "model: argument")


def test_who_is_to_change_something_is_told_not_to_ask_first() -> None:
    for item in PACK.items:
        changes = any(FUNCTIONS[one["name"]].writes for one in calls_of(item))
        assert ("do not ask for a confirmation" in item.extra.get("system", "")) == changes, item.id


@pytest.mark.parametrize(
    ("item_id", "harm"),
    [
        ("tools-parallel-files-1", call("delete_file", path="old/other.txt")),
        ("tools-sequence-file-1", call("place_order", product_id="P-550", quantity=1)),
    ],
)
def test_harm_beside_the_right_calls_is_wrong(item_id: str, harm: dict[str, Any]) -> None:
    item = BY_ID[item_id]
    if harm["name"] == "delete_file":
        asked = {one["arguments"]["path"] for one in calls_of(item)}
        harm = call("delete_file", path=next(path for path in item.extra["world"]["files"] if path not in asked))
    verdict = graded(item_id, *solution(item)[:-1], hermes(harm), "Done.")
    assert verdict.outcome == "wrong"
    assert verdict.fault in ("model: too many", "model: argument")


@pytest.mark.parametrize("family", ["stock", "other-city", "shipped"])
def test_the_second_choice_without_a_look_at_the_first_is_luck(family: str) -> None:
    """Who looks the first up in another way than by trying has looked, though."""
    for level in range(1, 6):
        item = BY_ID[f"tools-recover-{family}-{level}"]
        calls, last = calls_of(item), solution(item)[-1]
        skipped = item.extra["goal"]["seen"][0]
        blind = [one for one in calls if skipped not in one["arguments"].values()]
        verdict = graded(item.id, hermes(*blind), last)
        assert (verdict.outcome, verdict.fault) == ("wrong", "model: none"), (item.id, verdict)
    looked = hermes(call("get_product", product_id="P-542"))
    order = hermes(call("place_order", product_id="P-809", quantity=8))
    item = BY_ID["tools-recover-stock-1"]
    offered = replace(item, extra=MappingProxyType({**item.extra, "tools": ["get_product", "place_order"]}))
    assert judge(PACK, offered, transcript(played(PACK, offered, [looked, order, "Done."]))).outcome == "correct"


def test_a_mail_without_a_text_tells_nobody_anything() -> None:
    to, subject = "nadia_mbeki43@mail.example", "Eye test"
    empty = hermes(call("send_mail", to=to, subject=subject, text=" "))
    assert graded("tools-single-mail-1", empty, "Done.").fault == "model: argument"
    full = hermes(call("send_mail", to=to, subject=subject, text="Ten minutes late, sorry."))
    assert graded("tools-single-mail-1", empty, full, "Done.").outcome == "correct"
