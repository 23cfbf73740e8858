"""A small conversation for tests: a function that adds two numbers, and an item that asks for a sum."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support.evaluating import on_mock, planned, write_pack

from aa_tui.catalog import samples
from aa_tui.catalog.rows import ScoreRow
from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import Message
from aa_tui.engine.mock import Replies, by_question
from aa_tui.engine.mock import Reply as Written
from aa_tui.evals.calls.reading import read
from aa_tui.evals.conversation import talks
from aa_tui.evals.conversation.turns import Reply, Said
from aa_tui.evals.items import Item, Pack

MOST_TURNS = 6
ADD = Tool(
    "add",
    "Adds two numbers.",
    {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]},
)


@dataclass(slots=True)
class Sums:
    """Hears calls of `add` until there is none in a turn."""

    form: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = (ADD,)
    n_turns: int = 0

    def hear(self, said: Said) -> Reply:
        found = read(said.answer, self.form)
        calls = found.calls if said.calls is None else said.calls
        self.n_turns += 1
        given = [Message("assistant", found.text, calls)]
        given += [Message("tool", _sum(call), name=call.name) for call in calls]
        given += [Message("tool", f"error: {why}") for why in found.unread]
        is_capped = self.n_turns >= MOST_TURNS and len(given) > 1
        reply = Reply(calls, found.unread, tuple(given), len(given) == 1 or is_capped, is_capped)
        self.messages += reply.messages
        return reply


def _sum(call: Call) -> str:
    try:
        values = json.loads(call.arguments)
        return str(values["a"] + values["b"])
    except (ValueError, KeyError, TypeError):
        return "error: two numbers are wanted"


def make(_pack: Pack, item: Item, form: str) -> Sums:
    return Sums(form, (Message("system", "You add."), Message("user", item.prompt)))


def register(patch: pytest.MonkeyPatch) -> None:
    """Have the items of packs with the grader "contains" be such conversations: it looks in all of their turns."""
    patch.setitem(talks._TALKS, "contains", "tests.support.toy_talk:make")


def call(a: float, b: float, name: str = "add") -> str:
    """As a model writes it."""
    return f'<tool_call>{{"name": "{name}", "arguments": {{"a": {a}, "b": {b}}}}}</tool_call>'


def sums_pack(folder: Path, **changes: Any) -> Path:
    """A pack of four sums of three numbers."""
    return write_pack(folder, {question(n): f"The sum is {total(n)}" for n in range(4)}, grader="contains", **changes)


def question(n: int) -> str:
    return f"Add {n} and 10, then 1000."


def total(n: int) -> int:
    return n + 10 + 1000


@dataclass(slots=True)
class Sayings:
    """What a model writes that does it right; `special` replaces replies by the message they are to."""

    special: Mapping[str, Written | str] = field(default_factory=dict)

    def replies(self) -> Replies:
        found: dict[str, Written | str] = {}
        for n in range(4):
            found[question(n)] = Written(call(n, 10), thinking="first those two")
            found[str(n + 10)] = Written(f"And now {call(n + 10, 1000)}", thinking="then the rest")
            found[str(total(n))] = f"The sum is {total(n)}."
        return by_question({**found, **self.special})


HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202e[@click=app.leave]x[/]"


def evaluated_sums(conn: sqlite3.Connection, folder: Path, patch: pytest.MonkeyPatch) -> int:
    """A finished run of such a pack. Item 1 calls something else and says hostile things, and the fault is told of it;
    what is called in item 2 cannot be read."""
    register(patch)
    special: dict[str, Written | str] = {
        question(1): Written(f"Well {HOSTILE} {call(1, 10, name='sub')}", thinking=f"so {HOSTILE}\nlast thought"),
        "11": f"It is 11 {HOSTILE}",
        question(2): "<tool_call>{not json</tool_call>",
        "error: A call cannot be read: its first tag is not complete.": "I give up.",
    }
    run_id = planned(conn, sums_pack(folder / "sums"), n_parallel=2)
    on_mock(conn, run_id, Sayings(special).replies())
    faults = {"item-001": "model: function", "item-002": "format: broken"}
    for row in samples.scored(conn, run_id):
        fault = faults.get(row.item_id)
        outcome, detail = ("wrong", "not so") if fault else ("correct", "")
        samples.add_score(conn, row.id, ScoreRow("tools/1", outcome, "add", detail, None, (), "", fault))
    return run_id
