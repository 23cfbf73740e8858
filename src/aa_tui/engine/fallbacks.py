"""The ways in which a conversation with functions is put to a chat template, in the order in which they are tried.

Templates differ in what they take: arguments as an object or as its JSON, contents as texts or as lists of parts, ids
of calls in one form alone, no system message, no results of functions, nobody speaking twice. Runs in the renderer's
process. What a way changes is a note, a sentence for whoever looks at the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Turn = dict[str, Any]
Render = Callable[[list[Turn]], dict[str, str]]

IDS = "The template takes only ids of nine letters and digits: the calls got such ids."
SYSTEM = "The template takes no system message: it stands at the beginning of the user's."
ONE_BY_ONE = "The template takes one call in a turn: calls made at once are given one after the other."
RESULTS = "The template takes no results of functions (role tool): they are given as messages of the user's."
NESTED = "The template writes values within arguments as Python does: they are given as JSON text."
FLAT = "The template takes no calls of functions: they and their results are given as texts."
OWN = "The template leaves out calls of functions: they are put there in the model's own format."
BESIDE = "The template leaves out what the model said beside its calls."

_ID = "call{:05}"


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it: `answer` is the text, or what went wrong with the first way."""

    answer: dict[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    turns: list[Turn]
    notes: tuple[str, ...] = ()
    has_calls: bool = True
    shown: tuple[str, ...] = ()


def rendered(render: Render, turns: Sequence[Turn]) -> Found:
    """The conversation in the first way in which nothing of it is lost; what is said beside calls may be.

    A turn has role and content (a stand-in, or nothing) and, of the assistant's, `tool_calls`, whose `arguments` are
    objects or texts; `flat` is another content that tells of calls or results in words, `own` calls in the model's own
    format.
    """
    first: dict[str, str] | None = None
    for group in (_plain(turns), _changed(turns)):
        lenient: Found | None = None
        for way in group:
            answer = render(way.turns)
            first = first or answer
            if "text" not in answer or not _is_whole(answer["text"], way, render):
                continue
            if not _is_left_out(answer["text"], way, with_calls=True):
                return Found(answer, way.notes)
            lenient = lenient or Found(answer, (*way.notes, BESIDE))
        if lenient is not None:
            return lenient
    if first is not None and "text" in first:
        return Found({"fails": "it leaves out a message, a call or a result"})
    return Found(first or {"text": ""})


def _plain(turns: Sequence[Turn]) -> Iterator[_Way]:
    for contents in (_texts, _parts, _mixed):
        for arguments in (_objects, _json):
            yield _Way([arguments(contents(_bare(one))) for one in turns])


def _changed(turns: Sequence[Turn]) -> Iterator[_Way]:
    nothing = [{**one, "content": one["content"] or None} if one.get("tool_calls") else one for one in turns]
    if nothing != list(turns):
        yield from _both([_bare(one) for one in nothing])
    yield from _both([_nested(_bare(one)) for one in turns], NESTED)
    yield from _both([_bare(one) for one in _numbered(turns)], IDS)
    apart = _one_by_one(turns)
    if apart is not None:
        yield from _both([_bare(one) for one in apart], ONE_BY_ONE)
    merged = _without_system(turns)
    if merged is not None:
        yield from _both([_bare(one) for one in merged], SYSTEM)
    own = tuple(one["own"] for one in turns if one.get("own"))
    if own:
        yield _Way([_bare(_as_own(one)) for one in turns], (OWN,), has_calls=False, shown=own)
    as_user = _joined([_as_user(one) for one in turns])
    yield from _both([_bare(one) for one in as_user], RESULTS)
    flat = [_as_user(_as_text(one)) for one in turns]
    yield from _both([_bare(one) for one in _joined(flat)], FLAT, has_calls=False)
    merged = _without_system(flat)
    if merged is not None:
        yield from _both([_bare(one) for one in _joined(merged)], SYSTEM, FLAT, has_calls=False)


def _both(turns: list[Turn], *notes: str, has_calls: bool = True) -> Iterator[_Way]:
    for contents in (_texts, _parts):
        for arguments in (_objects, _json) if has_calls else (_objects,):
            yield _Way([arguments(contents(one)) for one in turns], notes, has_calls)


# -- what is changed of one turn


def _bare(turn: Turn) -> Turn:
    return {name: value for name, value in turn.items() if name not in ("flat", "own")}


def _texts(turn: Turn) -> Turn:
    return turn


def _parts(turn: Turn) -> Turn:
    return {**turn, "content": [{"type": "text", "text": turn["content"]}] if turn["content"] else []}


def _mixed(turn: Turn) -> Turn:
    return _parts(turn) if turn["role"] == "user" else turn


def _objects(turn: Turn) -> Turn:
    return turn


def _json(turn: Turn) -> Turn:
    return _with_calls(turn, lambda call: {**call, "function": {**call["function"], "arguments": _written(call)}})


def _written(call: Mapping[str, Any]) -> str:
    arguments = call["function"]["arguments"]
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _nested(turn: Turn) -> Turn:
    """The same with lists and objects within arguments as JSON text."""

    def given(call: Turn) -> Turn:
        arguments = call["function"]["arguments"]
        if not isinstance(arguments, dict):
            return call
        written = {
            key: json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
            for key, value in arguments.items()
        }
        return {**call, "function": {**call["function"], "arguments": written}}

    return _with_calls(turn, given)


def _with_calls(turn: Turn, change: Callable[[Turn], Turn]) -> Turn:
    calls = turn.get("tool_calls")
    return {**turn, "tool_calls": [change(call) for call in calls]} if calls else turn


def _as_text(turn: Turn) -> Turn:
    if not turn.get("tool_calls"):
        return turn
    return {"role": turn["role"], "content": f"{turn['content']}\n{turn['flat']}".strip("\n")}


def _as_own(turn: Turn) -> Turn:
    if not turn.get("own"):
        return turn
    return {"role": turn["role"], "content": f"{turn['content']}{turn['own']}"}


def _as_user(turn: Turn) -> Turn:
    return {"role": "user", "content": turn["flat"]} if turn["role"] == "tool" else turn


# -- what is changed of all


def _numbered(turns: Sequence[Turn]) -> list[Turn]:
    """The same with ids of nine letters and digits."""
    ids: dict[str, str] = {}

    def given(call: Turn) -> Turn:
        return {**call, "id": ids.setdefault(call["id"], _ID.format(len(ids)))}

    found = []
    for turn in turns:
        one = _with_calls(turn, given)
        if "tool_call_id" in one:
            one = {**one, "tool_call_id": ids.setdefault(one["tool_call_id"], _ID.format(len(ids)))}
        found.append(one)
    return found


def _one_by_one(turns: Sequence[Turn]) -> list[Turn] | None:
    """The same with each of several calls in a turn of its own, its result behind it; None where there are no such, or
    not each has its result."""
    found: list[Turn] = []
    splits = False
    at = 0
    while at < len(turns):
        turn, at = turns[at], at + 1
        calls = turn.get("tool_calls") or []
        found.append(turn)
        if len(calls) < 2:  # one is no several
            continue
        results = {one.get("tool_call_id"): one for one in turns[at : at + len(calls)] if one["role"] == "tool"}
        if any(call["id"] not in results for call in calls):
            return None
        splits = True
        found.pop()
        for n, call in enumerate(calls):
            found += [{**turn, "content": "" if n else turn["content"], "tool_calls": [call]}, results[call["id"]]]
        at += len(calls)
    return found if splits else None


def _without_system(turns: Sequence[Turn]) -> list[Turn] | None:
    """The same with the system's message before the first user's; None where there is none, or no user."""
    if len(turns) < 2 or turns[0]["role"] != "system" or turns[1]["role"] != "user":  # two messages
        return None
    joined = f"{turns[0]['content']}\n\n{turns[1]['content']}"
    return [{**turns[1], "content": joined}, *turns[2:]]


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    """The same where nobody speaks twice in a row."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1]["role"] == turn["role"] and not found[-1].get("tool_calls"):
            both = "\n\n".join(one for one in (found[-1]["content"], turn["content"]) if one)
            found[-1] = {**turn, "content": both}
        else:
            found.append(turn)
    return found


# -- what is lost


def _is_whole(text: str, way: _Way, render: Render) -> bool:
    """Whether all contents but those beside calls stand in the text, and all calls, with arguments that are JSON."""
    if _is_left_out(text, way, with_calls=False) or not all(one in text for one in way.shown):
        return False
    calls = [call["function"] for turn in way.turns for call in turn.get("tool_calls") or ()]
    if any(isinstance(one["arguments"], dict) and _is_python(one["arguments"], text) for one in calls):
        return False
    return not calls or _shows_calls(way, render)


def _is_left_out(text: str, way: _Way, *, with_calls: bool) -> bool:
    """Whether the content of a turn is missing, of those with calls, too, or of the others alone."""
    turns = [one for one in way.turns if with_calls or not one.get("tool_calls")]
    return any(stand_in not in text for turn in turns for stand_in in _stand_ins(turn["content"]))


def _stand_ins(content: Any) -> list[str]:
    if isinstance(content, list):
        return [found for part in content for found in _stand_ins(part["text"])]
    # up to the quotation mark, which may be escaped in the text
    return [f"\ue000{piece.partition(chr(34))[0]}" for piece in (content or "").split("\ue000")[1:]]


def _is_python(arguments: Mapping[str, Any], text: str) -> bool:
    """Whether arguments, or a list or an object within them, stand there as Python writes them, which is no JSON."""
    parts = [arguments, *(value for value in arguments.values() if isinstance(value, list | dict))]
    return any(part and repr(part) != json.dumps(part, ensure_ascii=False) and repr(part) in text for part in parts)


def _shows_calls(way: _Way, render: Render) -> bool:
    """Whether the calls are in what is rendered: other names of theirs would be."""
    names: list[str] = []

    def renamed(call: Turn) -> Turn:
        names.append(f"q{len(names)}q\ue000q")
        return {**call, "function": {**call["function"], "name": names[-1]}}

    text = render([_with_calls(turn, renamed) for turn in way.turns]).get("text", "")
    return all(name in text for name in names)
