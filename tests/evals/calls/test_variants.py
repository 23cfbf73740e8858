"""Calls as models write them in earnest: with other white space, several at once, beside text and thinking, cut off,
quoted, or in a format of others. Each line of `variants.jsonl` is an output and what it is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aa_tui.engine.calling import Tool
from aa_tui.evals.calls.reading import Found, read

TEXT = {"type": "string"}
WEATHER = Tool(
    "weather",
    "",
    {
        "type": "object",
        "properties": {
            "city": TEXT,
            "days": {"type": "integer"},
            "hourly": {"type": "boolean"},
            "box": {"type": "object"},
            "opt": {"anyOf": [TEXT, {"type": "null"}]},
            "n": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["city"],
    },
)
TOOLS = (WEATHER, Tool("now", "", {"type": "object", "properties": {}}))
CASES = [
    json.loads(line) for line in (Path(__file__).parent / "variants.jsonl").read_text(encoding="utf-8").splitlines()
]


def what(found: Found) -> Any:
    if found.calls:
        return [[call.name, json.loads(call.arguments)] for call in found.calls]
    return "broken" if found.unread else "other" if found.other else "none"


@pytest.mark.parametrize("form", sorted({case["form"] for case in CASES}))
def test_each_output_is_read_as_what_it_is(form: str) -> None:
    for case in (case for case in CASES if case["form"] == form):
        found = read(case["text"], form, TOOLS)
        assert what(found) == case.get("calls", case.get("is")), case["text"]
        assert found.text == case.get("beside", found.text), case["text"]


def beginnings(text: str) -> Iterator[Found]:
    for end in range(1, len(text)):
        yield read(
            text[:end], "qwen-coder" if "<function=" in text else "glm" if "<arg_key>" in text else "dsml", TOOLS
        )


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>\n<function=weather>\n<parameter=city>\nUlm\n</parameter>\n</function>\n</tool_call>",
        "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Ulm</arg_value>\n</tool_call>",
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="weather">\n<｜DSML｜parameter name="city" string="true">Ulm'
        "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    ],
)
def test_a_call_in_tags_that_was_cut_off_is_broken_until_it_has_what_its_function_requires(text: str) -> None:
    states = [what(found) for found in beginnings(text)]
    assert [state for state, _ in itertools.groupby(states)] in (
        ["none", "broken", [["weather", {"city": "Ulm"}]]],
        ["none", "broken", [["weather", {"city": "Ulm"}]], "broken", [["weather", {"city": "Ulm"}]]],
    )
    assert all(state != [["weather", {}]] for state in states)


def test_a_call_in_thinking_between_two_others_is_none() -> None:
    one = '<tool_call>{"name": "now", "arguments": {}}</tool_call>'
    for opening, closing in (("<think>", "</think>"), ("[THINK]", "[/THINK]")):
        found = read(f"{one}\n{opening}Or {one}?{closing}\n{one}Done.", "hermes", TOOLS)
        assert (len(found.calls), found.text) == (2, "Done."), opening


def test_what_a_tag_holds_keeps_its_white_space_where_the_format_has_none_of_its_own() -> None:
    text = '<minimax:tool_call>\n<invoke name="weather">\n<parameter name="city">  Ulm\n</parameter>\n</invoke>'
    (call,) = read(f"{text}\n</minimax:tool_call>", "minimax", TOOLS).calls
    assert json.loads(call.arguments) == {"city": "  Ulm\n"}
