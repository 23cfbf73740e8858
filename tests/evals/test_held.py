"""What answers are held to: an item's schema, or calls of the functions on offer."""

from __future__ import annotations

import json

import pytest

from aa_tui.engine import native
from aa_tui.engine.calling import Grammar, Tool
from aa_tui.engine.gate import Gate
from aa_tui.engine.grammars import check_grammar
from aa_tui.engine.vocabulary import open_vocabulary
from aa_tui.evals.held import grammar_of
from aa_tui.evals.items import Item
from aa_tui.gguf.bundled import bundled_model

TOOLS = (
    Tool("find", "Finds.", {"type": "object", "properties": {"id": {"enum": [1, 2]}}, "required": ["id"]}),
    Tool("end", "Ends."),
)
END = '<tool_call>{"name":"end","arguments":{}}</tool_call>'
FREE = Item("i", "any", "What?", "x")


def allows(gbnf: str, text: str) -> bool:
    """Whether the grammar holds a text, and may end there."""
    with open_vocabulary(bundled_model()) as words:
        gate = Gate(native.library(), words, gbnf)
        try:
            for token in words.tokenize(text, add_special=False):
                if not gate.allows(token):
                    return False
                gate.accept(token)
            return words.eos is not None and gate.allows(words.eos)
        finally:
            gate.close()


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('<tool_call>\n{"name": "find", "arguments": {"id": 2}}\n</tool_call>', True),
        (f"{END}\n{END}", True),
        ('<tool_call>\n{"name": "find", "arguments": {"id": 3}}\n</tool_call>', False),
        ('<tool_call>\n{"name": "lose", "arguments": {"id": 2}}\n</tool_call>', False),
        ('<tool_call>\n{"name": "find", "arguments": {"id": 2}}', False),
    ],
)  # fmt: skip
def test_calls_are_of_the_functions_on_offer(text: str, holds: bool) -> None:
    grammar = grammar_of(FREE, TOOLS, "hermes")
    assert grammar is not None
    assert grammar.triggers == ("<tool_call>",)
    assert allows(check_grammar(grammar), text) is holds


def test_a_plain_call_is_json_alone() -> None:
    grammar = grammar_of(FREE, TOOLS, "json")
    assert grammar is not None
    assert allows(check_grammar(grammar), '{"name": "find", "arguments": {"id": 1}}')
    assert grammar_of(FREE, TOOLS, "a format of nobody's") is None


def test_an_item_without_schema_and_functions_is_free() -> None:
    assert grammar_of(FREE) is None


def test_what_may_be_null_is_held_to_the_rest_of_its_schema_too() -> None:
    """Of a list of types the converter that llama-cpp-python has keeps the types alone."""
    schema = {
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "enum": ["twin", "double", None]},
            "date": {"type": ["string", "null"], "format": "date"},
            "tags": {"type": ["array", "null"], "items": {"type": ["integer", "null"]}, "minItems": 1, "maxItems": 2},
            "more": {"$ref": "#/$defs/more"},
        },
        "required": ["type", "date", "tags", "more"],
        "additionalProperties": False,
        "$defs": {"more": {"type": ["object", "null"], "properties": {"n": {"const": 7}}, "required": ["n"]}},
    }
    good = {"type": None, "date": "2024-06-29", "tags": [1, None], "more": {"n": 7}}
    gbnf = check_grammar(Grammar(schema=schema))
    assert allows(gbnf, json.dumps(good))
    assert allows(gbnf, json.dumps({"type": "twin", "date": None, "tags": None, "more": None}))
    bad = {"type": "king", "date": "2024-06-29T00:00:00Z", "tags": ["x"], "more": {"n": 8}}
    for name, value in bad.items():
        assert not allows(gbnf, json.dumps({**good, name: value})), name
