"""Calls that a chat template writes are read back by the format that it is taken to teach."""

from __future__ import annotations

import json

import pytest
from tests.support.templates import CODER, GIGA, KIMI, LLAMA, MISTRAL, QWEN, TAGGED, TEXTUAL

from aa_tui.engine import fallbacks
from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import ChatTemplate, Message
from aa_tui.evals.calls.reading import read, recognise

BOOK = Tool(
    "book",
    "Book a table.",
    {
        "type": "object",
        "properties": {
            "place": {"type": "string"},
            "guests": {"type": "integer"},
            "at": {"type": "object"},
            "inside": {"type": "boolean"},
        },
    },
)
ASK = Tool("ask", "Ask a person.", {"type": "object", "properties": {"words": {"type": "string"}}})
ARGUMENTS = {"place": 'Zum "Löwen"', "guests": 4, "at": {"hours": [19, True]}, "inside": True}
CALLS = (Call("book", json.dumps(ARGUMENTS), "call00000"), Call("ask", '{"words": "5"}', "call00001"))


def rendered(source: str, calls: tuple[Call, ...]) -> tuple[str, tuple[str, ...]]:
    """What stands between the user's message and the first result, and what was changed."""
    template = ChatTemplate(source, "<s>", "</s>")
    results = [Message("tool", f"zqresult{n}", name=call.name, call_id=call.id) for n, call in enumerate(calls)]
    try:
        found = template.rendered(
            [Message("user", "zquser"), Message("assistant", "", calls=calls), *results], [BOOK, ASK]
        )
    finally:
        template.close()
    text = "".join(part.text for part in found.parts)
    return text.partition("zquser")[2].partition(f"zqresult{len(calls) - 1}")[0], found.notes


@pytest.mark.parametrize(
    ("source", "form", "notes"),
    [
        (QWEN, "hermes", ()),
        (TEXTUAL, "hermes", ()),
        (MISTRAL, "mistral", ()),
        (KIMI, "kimi", ()),
        (CODER, "qwen-coder", (fallbacks.NESTED,)),
        (TAGGED, "minicpm", (fallbacks.NESTED,)),
        (GIGA, "gigachat", ()),
    ],
)
def test_a_call_is_read_as_the_template_writes_it(source: str, form: str, notes: tuple[str, ...]) -> None:
    text, said = rendered(source, CALLS[:1])
    assert (recognise(source), said) == (form, notes)
    found = read(text, form, [BOOK, ASK])
    assert [(call.name, json.loads(call.arguments)) for call in found.calls] == [("book", ARGUMENTS)]
    assert found.unread == ()


@pytest.mark.parametrize("source", [QWEN, MISTRAL, KIMI, CODER, TAGGED])
def test_so_are_two_at_once(source: str) -> None:
    found = read(rendered(source, CALLS)[0].partition("zqresult0")[0], recognise(source), [BOOK, ASK])
    assert [(call.name, json.loads(call.arguments)) for call in found.calls] == [
        ("book", ARGUMENTS),
        ("ask", {"words": "5"}),
    ]


@pytest.mark.parametrize("source", [LLAMA, GIGA])
def test_a_template_of_one_call_in_a_turn_is_given_two_one_after_the_other(source: str) -> None:
    text, notes = rendered(source, CALLS)
    assert notes == (fallbacks.ONE_BY_ONE,)
    first, _, second = text.partition("zqresult0")
    assert ('"book"' in first, '"ask"' in first) == (True, False)
    assert ('"book"' in second, '"ask"' in second) == (False, True)
    assert "<tool_call>" not in text, "no marks that the model was never taught"
