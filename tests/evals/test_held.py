"""What answers are held to: an item's schema, or calls of the functions on offer."""

from __future__ import annotations

import pytest

from aa_tui.engine import native
from aa_tui.engine.calling import Tool
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
