"""What is said of grammars before anything is run: each is tried in a process that may die of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aa_tui.engine.calling import Grammar
from aa_tui.engine.errors import EngineError
from aa_tui.engine.grammars import Grammars, check_grammar

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
SENTENCE = re.compile(r"Answers cannot be held to this grammar \([^\n]+\): change it, or ask without one\.")
BAD = {
    "left recursion": Grammar('root ::= root "a" | "b"'),
    "left recursion by another rule": Grammar('root ::= x\nx ::= y\ny ::= x | "a"'),
    "nothing": Grammar(),
    "blanks": Grammar("  \n"),
    "no root": Grammar('other ::= "a"'),
    "half a set": Grammar("root ::= [^"),
    "repetition of nothing": Grammar('root ::= ("" *)* "a"'),
    "repetitions of repetitions": Grammar('root ::= ("a"{1,1000}){1,1000}'),
    "no text": Grammar('root ::= ""'),
    "both": Grammar('root ::= "a"', PERSON),
    "much": Grammar("root ::= " + '"a" ' * 100_000),
    "many rules": Grammar('root ::= "a"\n' + "".join(f'r{n} ::= "a"\n' for n in range(3_000))),
    "a schema of nothing known": Grammar(schema={"type": "colour"}),
    "a schema from elsewhere": Grammar(schema={"$ref": "https://127.0.0.1/none.json"}),
    "a schema of endless arrays": Grammar(schema={"type": "array", "items": {"type": "null"}, "minItems": 10**6}),
    "a large schema": Grammar(schema={"enum": ["x" * 100] * 1_000}),
    "no JSON": Grammar(schema={"enum": [object()]}),
    "an empty trigger": Grammar('root ::= "a"', triggers=("",)),
    "a way without an end": Grammar(r'root ::= "a" [\U7FFFFFFF]'),
}


def test_what_answers_cannot_be_held_to_is_said_in_one_sentence_each() -> None:
    tried = Grammars()
    good = Grammar('root ::= "a" [0-9]{1,3}')
    with pytest.raises(EngineError):
        tried.check([good, *BAD.values(), Grammar(schema=PERSON)])
    for name, grammar in BAD.items():
        assert SENTENCE.fullmatch(refused(tried, grammar)), name
    assert tried.gbnf(good) == good.gbnf
    assert "name" in tried.gbnf(Grammar(schema=PERSON)), "what is good is not taken along by what is bad"


@pytest.mark.parametrize(
    "schema",
    [PERSON, {"enum": ["red", "blue"]}, {"type": "array", "items": PERSON, "maxItems": 3}, {"type": "object"}],
)
def test_schemas_become_grammars(schema: dict[str, Any]) -> None:
    assert "root ::=" in check_grammar(Grammar(schema=schema))


def test_a_huge_repetition_does_no_harm() -> None:
    tried = Grammars()
    refused(tried, Grammar('root ::= "a"{1,1000000}'))
    assert refused(tried, Grammar('root ::= "a"')) == ""


@pytest.mark.long
def test_what_grows_without_bounds_ends_no_process_but_its_own() -> None:
    tried = Grammars()
    doubles = "".join(f"x{n + 1} ::= x{n} x{n}? | x{n} x{n}\n" for n in range(16))
    one = Grammar('root ::= x16 "b"\nx0 ::= "a" | "a"\n' + doubles)
    good = [Grammar('root ::= "a"'), Grammar('root ::= "b"')]
    with pytest.raises(EngineError, match="too much time or memory"):
        tried.check([good[0], one, good[1]])
    assert tried.gbnf(good[1]) == good[1].gbnf


def refused(tried: Grammars, grammar: Grammar) -> str:
    """What is said against a grammar, empty for nothing."""
    try:
        tried.gbnf(grammar)
    except EngineError as error:
        return str(error)
    return ""
