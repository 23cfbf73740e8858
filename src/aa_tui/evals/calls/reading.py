"""Reading the calls in an answer, by the format that the model's template teaches."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from aa_tui.engine.calling import Call

VERSION = 1
"""Rises whenever the same text may be read otherwise than before: part of a run's identity."""

_HERMES = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in an answer: its calls in order, what was wrong with those that cannot be read (a sentence each),
    and the text beside them."""

    calls: tuple[Call, ...] = ()
    unread: tuple[str, ...] = ()
    text: str = ""


def recognise(template: str) -> str:
    """The name of the format that a chat template teaches; "hermes" where none is known of it."""
    return "hermes"


def read(text: str, form: str = "hermes") -> Found:
    """The calls in an output (its thinking left out), read as `form` says. Never raises."""
    calls, unread = [], []
    for body in _HERMES.findall(text):
        try:
            value = json.loads(body)
            calls.append(Call(str(value["name"]), json.dumps(value.get("arguments", {}))))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            unread.append("a call that is not JSON")
    return Found(tuple(calls), tuple(unread), _HERMES.sub("", text).strip())
