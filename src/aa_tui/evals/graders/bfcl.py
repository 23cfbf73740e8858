"""The grader of BFCL's items of one turn: whether the calls are those that the item accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aa_tui.engine.calling import Call
from aa_tui.evals.calls import reading
from aa_tui.evals.conversation.turns import Turn, spoken, turns_of
from aa_tui.evals.extraction import shown
from aa_tui.evals.graders.bfcl_check import Said, mismatch_of, offered_name
from aa_tui.evals.graders.bfcl_values import Language
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.textsafe import clean_line, cut

_LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class _Judged:
    outcome: Outcome
    why: str = ""
    fault: str | None = None


class BFCL:
    """Graded as the benchmark's own checker of syntax trees does (`aa_tui.evals.graders.bfcl_check`).

    An item has `functions` as the benchmark writes them, and as its answer the accepted calls, a list of objects of
    one function each. Without accepted calls its category says what is right: in "irrelevance" no call at all, in
    "relevance" any.
    """

    name = "bfcl"
    version = 1

    def grade(self, _pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict on a conversation. Raises PackError for an item that is none of the benchmark's."""
        label = f"{self.name}/{self.version}"
        functions = functions_of(item)
        try:
            turn = turns_of(answer)[0]
        except (ValueError, IndexError):
            return Verdict(Outcome.NO_ANSWER, None, label, "there is no conversation")
        calls = turn.reply.calls
        judged = _judged(turn, item, functions)
        taken = shown("\n".join(f"{call.name}({call.arguments})" for call in calls)) if calls else None
        fault = judged.fault
        if fault is not None and turn.said.shows_tools is False:
            fault = "template: tools"
        return Verdict(judged.outcome, taken, label, cut(clean_line(judged.why), _LONGEST_WHY), fault=fault)


def functions_of(item: Item) -> Sequence[Mapping[str, Any]]:
    """The functions on offer, as the benchmark writes them. Raises PackError where they are not as they should."""
    found = item.extra.get("functions")
    if found == [] and item.category.endswith("irrelevance"):
        return ()  # a few of the benchmark's offer nothing at all
    if not isinstance(found, list) or not found or not all(_is_function(one) for one in found):
        raise PackError(f"Item {item.id}: its functions must be a list of objects with name and parameters.")
    return found


def _is_function(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        return False
    schema = value.get("parameters")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and all(isinstance(one, dict) for one in properties.values())


def language_of(item: Item) -> Language:
    """In which language the arguments of an item's functions are written."""
    if "javascript" in item.category:
        return "javascript"
    return "java" if "java" in item.category else "python"


def _judged(turn: Turn, item: Item, functions: Sequence[Mapping[str, Any]]) -> _Judged:
    calls = turn.reply.calls
    if item.category.endswith("irrelevance"):
        if not calls:
            return _Judged(Outcome.CORRECT)
        return _Judged(Outcome.WRONG, "calls a function where none is of use", "model: too many")
    if not calls:
        return _without_calls(turn)
    if item.category.endswith("relevance"):
        return _Judged(Outcome.CORRECT)
    return _compared(calls, item, functions)


def _compared(calls: Sequence[Call], item: Item, functions: Sequence[Mapping[str, Any]]) -> _Judged:
    said, broken = _read(calls)
    if broken:
        return _Judged(Outcome.WRONG, f"the arguments of {broken} are no object of JSON", "format: broken")
    try:
        mismatch = mismatch_of(said, functions, _accepted(item), language_of(item))
    except ValueError as error:
        raise PackError(f"Item {item.id}: {error}.") from None
    if mismatch is None:
        return _Judged(Outcome.CORRECT)
    offered = {offered_name(str(one["name"])) for one in functions}
    invented = next((one.name for one in said if offered_name(one.name) not in offered), None)
    if invented is not None:
        return _Judged(Outcome.WRONG, f"there is no function {invented}", "model: invented")
    return _Judged(Outcome.WRONG, mismatch.why, f"model: {mismatch.fault}")


def _without_calls(turn: Turn) -> _Judged:
    if turn.reply.unread:
        fault = "format: broken" if turn.said.calls is None else "parser: unread"
        return _Judged(Outcome.WRONG, turn.reply.unread[0], fault)
    if reading.read(spoken(turn.said)).calls:
        return _Judged(Outcome.WRONG, "a call is there, in a format that was not read", "parser: unread")
    if not turn.said.answer.strip():
        return _Judged(Outcome.NO_ANSWER, "neither a call nor a word", "model: none")
    return _Judged(Outcome.WRONG, "calls no function", "model: none")


def _read(calls: Sequence[Call]) -> tuple[list[Said], str]:
    """The calls with their arguments, and the name of the first whose arguments are no object."""
    found = []
    for call in calls:
        try:
            arguments = json.loads(call.arguments)
        except (ValueError, RecursionError):
            arguments = None
        if not isinstance(arguments, dict):
            return [], call.name or "a call"
        found.append(Said(call.name, arguments))
    return found, ""


def _accepted(item: Item) -> Sequence[Mapping[str, Any]]:
    found = item.answer
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise PackError(f"Item {item.id}: its answer must be a list of the calls that are right.")
    return found


GRADER = BFCL()
