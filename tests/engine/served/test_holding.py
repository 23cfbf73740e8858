"""What answers are held to, told to each kind of server in its own words, and to none that is not known to take it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.engine.served.test_batcher import answer, opened, request
from tests.support.served import ModelServer, Reply

from aa_tui.engine.calling import Grammar
from aa_tui.engine.errors import EngineError
from aa_tui.engine.served.holding import fields_of, way_of
from aa_tui.engine.served.values import Served, ServerKind

pytestmark = pytest.mark.usefixtures("home")

SCHEMA = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
WHOLE = Grammar(schema=SCHEMA)
CSV = Grammar(gbnf='root ::= "a\\n"')
CALLS = Grammar('root ::= "<tool_call>" call', triggers=("<tool_call>",), parts={"call": SCHEMA})
OPENAI = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("llama-server", {"response_format": OPENAI}),
        ("vllm", {"response_format": OPENAI}),
        ("sglang", {"response_format": OPENAI}),
        ("lm-studio", {"response_format": OPENAI}),
        ("other", {"response_format": OPENAI}),
        ("openrouter", {"response_format": OPENAI, "provider": {"require_parameters": True}}),
        ("llama-cpp-python", {"response_format": {"type": "json_object", "schema": SCHEMA}}),
        ("ollama", {"format": SCHEMA}),
    ],
)
def test_a_schema_is_sent_as_the_server_knows_it(kind: ServerKind, expected: dict[str, Any]) -> None:
    with ModelServer(kind, lambda _: Reply('{"sum": 2}')) as server:
        free, held = answer(server), answer(server, grammar=WHOLE)
    assert json.loads(held.answer) == {"sum": 2} == json.loads(free.answer)
    before, asked = server.asked
    assert {name: value for name, value in asked.body.items() if name not in before.body} == expected


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        ("llama-server", "b1", {"grammar": CSV.gbnf}),
        ("llama-cpp-python", "0.3.36", {"grammar": CSV.gbnf}),
        ("sglang", "0.5.6", {"ebnf": CSV.gbnf}),
        ("vllm", "0.10.2", {"guided_grammar": CSV.gbnf}),
        ("vllm", "0.12.0", {"structured_outputs": {"grammar": CSV.gbnf}}),
        ("vllm", "", {"structured_outputs": {"grammar": CSV.gbnf}}),
        ("ollama", "0.13.0", {}),
        ("openrouter", "", {}),
        ("other", "", {}),
    ],
)
def test_a_grammar_goes_to_those_that_read_llama_cpps_notation(
    kind: ServerKind, version: str, expected: dict[str, Any]
) -> None:
    served = Served("http://a:1", "m", kind, version=version)
    assert fields_of(served, CSV) == expected
    assert way_of(served, CSV) == next(iter(expected), "")
    assert not way_of(served, CALLS), "calls are nobody's whole answer"


def test_a_grammar_is_not_told_where_it_would_hold_the_thinking_too() -> None:
    thinks = "{{ messages }}<think>{% if enable_thinking %}{% endif %}</think>"
    served = Served("http://a:1", "m", "llama-server", template=thinks)
    assert not fields_of(served, CSV)
    assert fields_of(served, WHOLE), "of a schema the server leaves the thinking out itself"


def test_what_no_server_is_known_to_hold_is_refused_before_it_is_asked() -> None:
    with ModelServer("ollama") as server, opened(server) as batcher:
        assert (batcher.held_by(WHOLE), batcher.held_by(CSV)) == ("format", "")
        with pytest.raises(EngineError, match="not known to hold"):
            batcher.submit(replace(request(batcher, "a"), grammar=CSV))
        assert not server.asked
