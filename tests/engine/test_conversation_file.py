"""Conversations from files of others: OpenAI's form is read, and what is none is one sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.engine.calling import Call
from aa_tui.engine.conversation_file import MOST_BYTES, MOST_MESSAGES, SAMPLE, read
from aa_tui.engine.errors import EngineError

CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
OTHER = {"function": {"name": "g", "arguments": {"y": 2}}}
NAMES = ["messages", "tools", "role", "content", "tool_calls", "function", "name", "arguments", "text"]
USER = {"role": "user", "content": "hello"}


def test_a_conversation_in_openais_form_is_read() -> None:
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "be "}, {"type": "text", "text": "brief"}]},
        USER,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [CALL, {"function": {"name": "g", "arguments": {"y": 2}}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "1"},
    ]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, {"name": "g"}]
    found = read(json.dumps({"messages": messages, "tools": tools}).encode())
    assert [one.content for one in found.messages] == ["be brief", "hello", "", "1"]
    assert found.messages[2].calls == (Call("f", '{"x": 1}', "a"), Call("g", '{"y": 2}'))
    assert found.messages[3].call_id == "a"
    assert [(one.name, one.parameters) for one in found.tools] == [("f", {"type": "object"}), ("g", {})]
    assert read(json.dumps([USER]).encode()).messages[0].content == "hello"


def test_the_built_in_one_has_a_side_without_functions() -> None:
    plain = SAMPLE.without_tools()
    assert SAMPLE.tools
    assert not plain.tools
    assert [one.role for one in plain.messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "has no conversation"),
        ([], "has no conversation"),
        ("text", "has no conversation"),
        ([{"role": "developer", "content": "x"}], "message 1 without a role"),
        ([USER, 1], "message 2 without a role"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "no text"),
        ([{"role": "user", "content": 5}], "no text"),
        ([{"role": "assistant", "tool_calls": {}}, USER], None),
        ([{"role": "assistant", "tool_calls": "f"}], "no list"),
        ([{"role": "assistant", "tool_calls": [{"function": {}}]}], "without a function's name"),
        ({"messages": [USER], "tools": "f"}, "no list of functions"),
        ({"messages": [USER], "tools": [{"function": {"name": " "}}]}, "function 1 without a name"),
        ({"messages": [USER], "tools": [{"name": "\x1b[31mf", "parameters": [1]}]}, "“f” whose `parameters`"),
        ([USER] * (MOST_MESSAGES + 1), "more than 1,000 messages"),
    ],
)
def test_what_is_no_conversation_is_one_sentence(value: object, words: str | None) -> None:
    data = json.dumps(value).encode()
    if words is None:
        assert read(data).messages[0].calls == ()
        return
    with pytest.raises(EngineError, match=words):
        read(data)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 5000, b" " * (MOST_BYTES + 1), b'{"messages": [', b"NaN"])
def test_hostile_files_are_refused(data: bytes) -> None:
    with pytest.raises(EngineError) as caught:
        read(data)
    assert len(str(caught.value)) < 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "tools", "role", "content", "tool_calls", "function", "name", "arguments", "text"]
            ),
            inner | st.sampled_from(["user", "assistant", "tool", "f"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_a_file_holds_is_read_or_refused(value: object) -> None:
    try:
        found = read(json.dumps({"messages": [value]} if not isinstance(value, dict) else value).encode())
    except EngineError:
        return
    assert found.messages
