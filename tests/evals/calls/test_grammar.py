"""Calls that are held to a grammar: llama.cpp takes it, what it allows are calls of functions on offer, and what models
write is allowed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.evals.calls.test_reading import SAMPLES
from tests.support.gbnf_texts import Texts

from aa_tui.engine import native
from aa_tui.engine.call_formats import formats
from aa_tui.engine.calling import Tool
from aa_tui.engine.gate import Gate
from aa_tui.engine.grammars import Grammars
from aa_tui.engine.vocabulary import Vocabulary, open_vocabulary
from aa_tui.evals.calls.compare import flaws
from aa_tui.evals.calls.grammar import grammar_of
from aa_tui.evals.calls.reading import read
from aa_tui.gguf.bundled import bundled_model

TEXT: dict[str, Any] = {"type": "string"}
TOOLS = (
    Tool(
        "book_table",
        "",
        {
            "type": "object",
            "properties": {
                "place": TEXT,
                "guests": {"type": "integer"},
                "inside": {"type": "boolean"},
                "at": {"enum": ["noon", "night"]},
                "rate": {"type": "number"},
                "note": {"type": ["string", "null"]},
                "wishes": {"type": "array", "items": TEXT},
                "by": {"type": "object", "properties": {"name": TEXT}, "required": ["name"]},
            },
            "required": ["place", "guests"],
        },
    ),
    Tool("list_tables", "", {"type": "object", "properties": {}}),
    Tool("find", "", {"type": "object", "properties": {"id": {"enum": [1, 2]}, "why": TEXT}}),
)
HELD = [one.name for one in formats().all if one.written is not None]
FREE = {"harmony", "minimax-m3", "gemma"}
N_TEXTS = 12
SPACED = "deepseek"
"""Its marks have U+2581 in them, which is a space in the bundled model's vocabulary."""


@pytest.fixture(scope="module")
def tried() -> dict[str, str]:
    """The grammars of all formats, as llama.cpp took them."""
    made = {form: grammar for form in HELD if (grammar := grammar_of(TOOLS, form)) is not None}
    all_of_them = Grammars()
    all_of_them.check(made.values())
    return {form: all_of_them.gbnf(grammar) for form, grammar in made.items()}


@pytest.fixture(scope="module")
def words() -> Any:
    with open_vocabulary(bundled_model()) as found:
        yield found


def allows(gbnf: str, text: str, words: Vocabulary) -> bool:
    """Whether the grammar holds a text, and may end there."""
    gate = Gate(native.library(), words, gbnf)
    try:
        for token in words.tokenize(text, add_special=False):
            if not gate.allows(token):
                return False
            gate.accept(token)
        return words.eos is not None and gate.allows(words.eos)
    finally:
        gate.close()


def test_every_format_has_a_grammar_or_is_known_to_have_none() -> None:
    assert set(HELD) == {one.name for one in formats().all} - FREE
    assert all(grammar_of(TOOLS, form) is None for form in FREE)


@pytest.mark.parametrize("form", HELD)
def test_all_that_a_grammar_allows_are_calls_of_functions_on_offer(
    form: str, tried: dict[str, str], words: Any
) -> None:
    by_name = {tool.name: tool for tool in TOOLS}
    for seed in range(N_TEXTS):
        text = Texts(tried[form], seed).one()
        found = read(text, form, TOOLS)
        assert found.calls, text
        assert (found.unread, found.other, found.text) == ((), (), ""), text
        assert all(call.name in by_name for call in found.calls), text
        assert not any(flaws(call, by_name[call.name]) for call in found.calls if form in ("hermes", "kimi")), text
        if seed < 2 and form != SPACED:
            assert allows(tried[form], text, words), text


FIND = '{"name": "find", "arguments": {"id": 2}}'
WRITTEN = {form: texts[0] for form, texts in SAMPLES.items() if form in HELD} | {
    "hermes": f"One moment.\n<tool_call>\n{FIND}\n</tool_call>\n<tool_call>\n{FIND}\n</tool_call>",
    "functools": f" functools[{FIND}]",
    "functionary-v3.2": 'all\nI look.>>>find\n{"id": 2}>>>list_tables\n{}',
    "gemma4": '<|tool_call>call:book_table{place:<|"|>Zum Löwen<|"|>,guests:4}<tool_call|>',
    "internlm": '<|action_start|><|plugin|>\n{"name": "find", "parameters": {"id": 2}}<|action_end|>',
    "lfm2": "<|tool_call_start|>[book_table(place='Zum Löwen', guests=4), list_tables()]<|tool_call_end|>",
    "llama4": "[book_table(place='Zum Löwen', guests=4, by={'name': 'A'}), list_tables()]",
    "plain": FIND,
}
ENDS = re.compile(
    r"(?:<\|(?:im_end|observation|eot_id|end_of_text|endoftext|end|END_OF_TURN_TOKEN)\|>|</s>|\[e~\[|<｜end▁of▁sentence｜>|<start_function_response>)+$"
)


@pytest.mark.parametrize("form", [form for form in HELD if form != SPACED])
def test_what_models_write_is_allowed_from_where_a_call_begins(form: str, tried: dict[str, str], words: Any) -> None:
    grammar, text = grammar_of(TOOLS, form), ENDS.sub("", WRITTEN[form])
    assert grammar is not None
    begins = min(at for one in grammar.triggers if (at := text.find(one)) >= 0)
    assert allows(tried[form], text[begins:], words), text[begins:]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("mistral", '[TOOL_CALLS]lose[ARGS]{"id": 1}'),
        ("mistral", '[TOOL_CALLS]find[ARGS]{"id": 3}'),
        ("kimi", '<|tool_call_begin|>functions.find:0<|tool_call_argument_begin|>{"id": 1}'),
        (
            "qwen-coder",
            "<tool_call>\n<function=book_table>\n<parameter=place>\nUlm\n</parameter>\n</function>\n</tool_call>",
        ),
        ("qwen-coder", "<tool_call>\n<function=find>\n<parameter=id>\n3\n</parameter>\n</function>\n</tool_call>"),
        ("lfm2", "<|tool_call_start|>[book_table(place='Ulm')]<|tool_call_end|>"),
        ("lfm2", "<|tool_call_start|>[find(id=1, who='x')]<|tool_call_end|>"),
        ("llama3", '{"name": "find", "parameters": {"id": "1"}}'),
        ("granite", '<|tool_call|>[{"name": "find"}]'),
    ],
)
def test_what_is_no_call_of_theirs_is_not(form: str, text: str, tried: dict[str, str], words: Any) -> None:
    assert not allows(tried[form], text, words)


def test_a_call_that_only_its_name_shows_is_not_held_where_there_are_many() -> None:
    many = [Tool(f"f{number}", "") for number in range(40)]
    assert grammar_of(many, "llama4") is None
    assert grammar_of(many, "lfm2") is not None
