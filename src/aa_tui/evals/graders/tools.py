"""Grader "tools": whether a conversation with functions has reached its goal, and if not, through which fault.

What counts is the world at its end, and where the item asks for it the calls that were made and the value that the
last answer states. In which order and with which words the model got there does not matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from aa_tui.engine.calling import Call
from aa_tui.evals.calls.compare import same
from aa_tui.evals.calls.reading import read
from aa_tui.evals.conversation.turns import Turn, spoken, turns_of
from aa_tui.evals.extraction import readable, shown
from aa_tui.evals.final import body, candidates
from aa_tui.evals.graders.exact import Exact
from aa_tui.evals.graders.numbers import numbers_in
from aa_tui.evals.graders.numeric import Numeric
from aa_tui.evals.items import Item, Pack, Verdict
from aa_tui.evals.worlds.function import folded
from aa_tui.evals.worlds.setting import Setting, Wanted, setting_of
from aa_tui.evals.worlds.world import FUNCTIONS, Done, essence, meaning
from aa_tui.outcomes import Outcome

_BY_VALUE: Mapping[str, Numeric | Exact] = {"numeric": Numeric(), "exact": Exact()}

_LONGEST_LOOKED_AT = 100_000
"""Characters of an answer in which a call that was not read is looked for."""

_BACK = re.compile(r'"(?:name|function|tool|tool_name|action)"\s{0,9}:\s{0,9}"([A-Za-z_]{1,60})"')
_CALLED = re.compile(r"(?<![\w.])([a-z_]{3,60})\((?=[\s\w\"'{)])")


@dataclass(frozen=True, slots=True)
class _Played:
    """A conversation's calls, run again: by turn, and the world's state at the end."""

    by_turn: tuple[tuple[Done, ...], ...]
    end: dict[str, object]

    @property
    def done(self) -> list[Done]:
        """All of them in their order."""
        return [one for turn in self.by_turn for one in turn]


class Tools:
    """Runs the calls of the transcript again in the item's world: of the transcript only they are believed.

    Calls that were refused count as nothing. So a model may be told what is wrong and do better.
    """

    name = "tools"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct where all that is asked holds. Raises PackError where the item's world or goal is broken."""
        label = f"{self.name}/{self.version}"
        setting = setting_of(item)
        try:
            turns = turns_of(answer)
        except ValueError:
            turns = ()
        if not turns:
            return Verdict(Outcome.NO_ANSWER, None, label, "there is no conversation")
        played = _played(setting, [turn.reply.calls for turn in turns])
        wanted = _played(setting, [[one.call() for one in step.calls] for step in setting.solution])
        setting = _without_exchanged(setting, played, wanted)
        missing = _missing(setting, played.done, setting.goal.calls)
        answered = _answered(pack, item, setting, turns[-1])
        parts = {
            "stopped": not turns[-1].reply.calls and not turns[-1].reply.unread,
            "end state": essence(played.end, setting.goal.free) == essence(wanted.end, setting.goal.free),
        }
        if setting.goal.calls:
            parts["calls"] = not missing
        if setting.goal.any_of or setting.goal.seen:
            parts["looked up"] = _is_looked_up(setting, played.done)
        if setting.goal.no_calls:
            parts["no calls"] = not played.done
        if setting.goal.not_before:
            parts["asked first"] = not _too_early(setting, played)
        if answered is not None:
            parts["answer"] = answered.outcome == Outcome.CORRECT
        verdict = Verdict(Outcome.CORRECT, _shown(turns[-1], answered, played), label, parts=tuple(parts.items()))
        failed = [name for name, holds in parts.items() if not holds]
        if not failed:
            return verdict
        outcome = Outcome.WRONG
        if failed == ["answer"] and answered is not None:
            outcome = answered.outcome
        detail = f"not so: {', '.join(failed)}"
        if failed[-1] == "answer" and answered is not None:
            detail += f" ({answered.detail})" if answered.detail else ""
        elif missing:
            detail += f" (no call {_written(missing[0])})"
        fault = None if outcome == Outcome.UNDECIDED else _fault(setting, turns, played, wanted, failed)
        return replace(verdict, outcome=outcome, detail=(shown(detail) or "")[:300], fault=fault)


def _played(setting: Setting, calls: Sequence[Sequence[Call]]) -> _Played:
    world = setting.new_world()
    by_turn = tuple(tuple(world.turn(turn)) for turn in calls)
    return _Played(by_turn, world.state)


def _answered(pack: Pack, item: Item, setting: Setting, last: Turn) -> Verdict | None:
    """The verdict on the value in the last answer; None where none is asked for."""
    key = setting.goal.answer
    if key is None:
        return None
    asked = replace(item, answer=key["answer"], choices=(), extra=MappingProxyType(dict(key)))
    text = last.said.answer
    verdict = _BY_VALUE[key["grader"]].grade(pack, asked, text)
    if verdict.outcome == Outcome.CORRECT or not _is_among_words(pack, key["answer"], text):
        return verdict
    return replace(verdict, outcome=Outcome.UNDECIDED, detail='the value stands among words, not behind "Answer:"')


def _is_among_words(pack: Pack, value: object, text: str) -> bool:
    """Whether a text says a value somewhere but marks nothing as its answer: somebody has to read it."""
    read_as = body(readable(text))
    if any(one.is_stated for one in candidates(read_as, pack.extraction)):
        return False
    if isinstance(value, str):
        return re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", read_as.casefold()) is not None
    wanted = next(numbers_in(str(value)), None)
    return wanted is not None and any(abs(one.value) == abs(wanted.value) for one in numbers_in(read_as))


def _missing(setting: Setting, done: Sequence[Done], wanted: Sequence[Wanted]) -> list[Wanted]:
    """Those of the wanted calls that were not made, or were refused."""
    made = [one for one in done if not one.is_error and one.arguments is not None]
    return [
        one
        for one in wanted
        if not any(
            other.name == one.name
            and other.arguments is not None
            and _is_same(setting, one.name, one.arguments, other.arguments)
            for other in made
        )
    ]


def _is_same(setting: Setting, name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two calls of a function mean the same."""
    free = _free_arguments(setting, name)
    return same(meaning(name, one, free), meaning(name, other, free))


def _without_exchanged(setting: Setting, played: _Played, wanted: _Played) -> Setting:
    """The setting without those free fields whose texts are all as in the solution: where the same texts stand at other
    times or addresses, they were exchanged."""
    free = [one for one in setting.goal.free if _texts(played, one) != _texts(wanted, one)]
    return replace(setting, goal=replace(setting.goal, free=frozenset(free)))


def _texts(played: _Played, place: str) -> list[str]:
    section, _, name = place.partition(".")
    entries = played.end.get(section)
    if not isinstance(entries, dict):
        return []
    return sorted(folded(str(one.get(name))) for one in entries.values() if isinstance(one, dict))


_MAKES = {"send_mail": "sent", "set_reminder": "reminders", "create_event": "events", "place_order": "orders"}
"""Functions whose arguments become the fields of a new entry, with its section."""


def _free_arguments(setting: Setting, name: str) -> set[str]:
    section = _MAKES.get(name)
    fields = [field.split(".") for field in setting.goal.free]
    return {rest[0] for first, *rest in fields if rest and first == section}


def _is_looked_up(setting: Setting, done: Sequence[Done]) -> bool:
    """Whether one of the functions that tell it was called, and each name asked about that has to be."""
    wanted = setting.goal.any_of
    is_called = not wanted or any(one.name in wanted and not one.is_error for one in done)
    return is_called and all(any(_is_about(one, name) for one in done) for name in setting.goal.seen)


def _is_about(done: Done, name: str) -> bool:
    values = [] if done.arguments is None else list(done.arguments.values())
    is_given = any(isinstance(value, str) and folded(value) == folded(name) for value in values)
    return is_given or json.dumps(name, ensure_ascii=False) in done.result


def _too_early(setting: Setting, played: _Played) -> list[Done]:
    """Calls with a value that nobody had given yet: those before the first turn without any. One that was refused for
    an argument that was left empty made nothing up."""
    found: list[Done] = []
    for turn in played.by_turn:
        if not turn:
            break
        found += [
            one
            for one in turn
            if one.name in setting.goal.not_before
            and one.arguments is not None
            and not (one.is_error and _is_incomplete(one.name, one.arguments))
        ]
    return found


def _is_incomplete(name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether an argument that is needed was left empty."""
    values = [arguments[key] for key in FUNCTIONS[name].tool.parameters["required"]]
    return any(isinstance(value, str) and not folded(value) for value in values)


def _fault(setting: Setting, turns: Sequence[Turn], played: _Played, wanted: _Played, failed: Sequence[str]) -> str:
    """Whose fault it is that a conversation has not reached its goal, and which."""
    done = played.done
    whole = [one for one in done if not one.is_broken]
    if any(turn.said.shows_tools is False for turn in turns):
        return "template: tools"
    if "stopped" in failed:
        return "model: too many" if turns[-1].reply.calls else "format: broken"
    if not done:
        return _fault_of_silence(setting, turns) if wanted.done else "model: answer"
    if setting.goal.no_calls:
        fault = "model: too many"
    else:
        fault = "model: argument" if "asked first" in failed else _fault_of_calls(setting, whole, wanted, failed)
    if fault != "model: answer" and any(not one.is_offered for one in done):
        return "model: invented"
    is_broken = len(whole) < len(done) or any(turn.reply.unread for turn in turns)
    return "format: broken" if fault == "model: none" and is_broken else fault


def _fault_of_calls(setting: Setting, done: Sequence[Done], wanted: _Played, failed: Sequence[str]) -> str:
    """The fault where calls were made that could be: which of those that were due is not among them, and why."""
    # Where only the value is wrong, what was looked up for it may have been the wrong thing.
    is_lookup = "end state" not in failed
    right = [one for one in wanted.done if not one.is_error and (one.writes or is_lookup)]
    needed = [Wanted(one.name, one.arguments) for one in right if one.arguments is not None]
    missing = _missing(setting, done, [*setting.goal.calls, *needed])
    if not missing and "looked up" in failed:
        return "model: none"
    if not missing:
        return "model: answer" if is_lookup else "model: too many"
    called = {one.name for one in done}
    if any(one.name in called and not _all_right(setting, one.name, done, wanted) for one in missing):
        return "model: argument"
    return "model: function" if called - {one.name for one in wanted.done} else "model: none"


def _all_right(setting: Setting, name: str, done: Sequence[Done], wanted: _Played) -> bool:
    """Whether all calls of a function that were made are among those of the solution, refused only where it is refused
    too: one is only missing."""
    right = [one for one in wanted.done if one.name == name]
    return all(any(_is_as(setting, one, other) for other in right) for one in done if one.name == name)


def _is_as(setting: Setting, one: Done, right: Done) -> bool:
    if one.arguments is None or right.arguments is None or (one.is_error and not right.is_error):
        return False
    return _is_same(setting, one.name, one.arguments, right.arguments)


def _fault_of_silence(setting: Setting, turns: Sequence[Turn]) -> str:
    """The fault where calls were due and none was read at all."""
    offered = set(setting.tools)
    for turn in turns:
        text = spoken(turn.said)[-_LONGEST_LOOKED_AT:]
        if any(call.name in offered for call in read(text).calls):
            return "parser: unread"
        if offered & {*_BACK.findall(text), *_CALLED.findall(text)}:
            return "parser: unread"
    return "model: none"


def _shown(last: Turn, answered: Verdict | None, played: _Played) -> str | None:
    """What was taken: the value, else the calls that changed something, else what was said."""
    if answered is not None and answered.extracted:
        return answered.extracted
    writes = [
        _written(Wanted(one.name, one.arguments))
        for one in played.done
        if one.arguments is not None and one.name in FUNCTIONS and FUNCTIONS[one.name].writes
    ]
    return shown("\n".join(writes) or last.said.answer)


def _written(call: Wanted) -> str:
    return f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)[:300]})"


GRADER = Tools()
