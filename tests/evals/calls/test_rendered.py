"""Generated calls, written in each format, are read back the same; any text at all is read without an error and within
its bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aa_tui.engine.call_formats import GENERIC, formats
from aa_tui.evals.calls.pieces import MOST_CALLS, MOST_CHARACTERS, Source, json_end
from aa_tui.evals.calls.reading import _GRAMMARS, read

Named = tuple[str, dict[str, Any]]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _object(name: str, arguments: dict[str, Any], key: str = "arguments") -> str:
    return _json({"name": name, key: arguments})


def _python(calls: list[Named]) -> str:
    return ", ".join(f"{name}({', '.join(f'{key}={value!r}' for key, value in args.items())})" for name, args in calls)


def _listed(opening: str, closing: str, key: str = "arguments", name: str = "name") -> Callable[[list[Named]], str]:
    return lambda calls: opening + _json([{name: one, key: args} for one, args in calls]) + closing


RENDERED: dict[str, Callable[[list[Named]], str]] = {
    "hermes": lambda calls: "\n".join(f"<tool_call>\n{_object(*one)}\n</tool_call>" for one in calls),
    "mistral": lambda calls: "".join(f"[TOOL_CALLS]{name}[ARGS]{_json(args)}" for name, args in calls),
    "kimi": lambda calls: "".join(
        f"<|tool_call_begin|>functions.{name}:{index}<|tool_call_argument_begin|>{_json(args)}<|tool_call_end|>"
        for index, (name, args) in enumerate(calls)
    ),
    "deepseek": lambda calls: "".join(
        f"<｜tool▁call▁begin｜>{name}<｜tool▁sep｜>{_json(args)}<｜tool▁call▁end｜>" for name, args in calls
    ),
    "harmony": lambda calls: "<|start|>assistant".join(
        f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{_json(args)}<|call|>"
        for name, args in calls
    ),
    "functionary-v3.2": lambda calls: "all\nBoth." + "".join(f">>>{name}\n{_json(args)}" for name, args in calls),
    "lfm2": lambda calls: f"<|tool_call_start|>[{_python(calls)}]<|tool_call_end|>",
    "llama4": lambda calls: f"[{_python(calls)}]",
    "llama3": lambda calls: "; ".join(_object(name, args, "parameters") for name, args in calls),
    "granite": _listed("<|tool_call|>", ""),
    "phi4": _listed("<|tool_call|>", "<|/tool_call|>"),
    "command-r7b": _listed("<|START_ACTION|>", "<|END_ACTION|>", "parameters", "tool_name"),
    "nemotron": _listed("<TOOLCALL>", "</TOOLCALL>"),
    "plain": _listed("```json\n", "\n```"),
    "gemma": lambda calls: f"```tool_code\n[{_python(calls)}]\n```",
}

NAMES = st.from_regex(r"[a-z][a-z_]{0,12}[a-z]", fullmatch=True).filter(
    lambda name: name not in ("print", "true", "false", "null", "None", "in", "is", "as", "if", "or", "not", "and")
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CALLS = st.lists(st.tuples(NAMES, st.dictionaries(NAMES, VALUES, max_size=3)), min_size=1, max_size=3)
MARKS = sorted({mark for form in formats().all for mark in (*form.openings, *form.closings, *form.separators)})
PARTS = (
    *MARKS, "<function=f>", "<parameter=a>", "<|message|>", "<|channel|>", "to=functions.f", "```", "\n", "}", "]", "[",
    '{"name": "f", "arguments": {', '"', "\\", "f(a=", ")", ",", "call:f{", "\x1b[2J",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=25).map("".join)


@settings(max_examples=20, deadline=None)
@given(calls=CALLS)
def test_a_call_that_is_written_in_a_format_is_read_back(calls: list[Named]) -> None:
    for form, rendered in RENDERED.items():
        found = read(rendered(calls), form)
        assert found.unread == (), form
        assert [(call.name, json.loads(call.arguments)) for call in found.calls] == calls, form


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE, form=st.sampled_from([GENERIC, *(one.name for one in formats().all)]))
def test_any_text_is_read_without_an_error(text: str, form: str) -> None:
    found = read(text, form)
    assert all(isinstance(json.loads(call.arguments), dict) for call in (*found.calls, *found.other))
    assert all(one.endswith(".") and one.isprintable() for one in found.unread)


@pytest.mark.parametrize("form", [one for one in formats().all if one.openings], ids=lambda one: one.name)
def test_too_many_begun_calls_are_counted_to_a_bound_and_the_work_grows_with_the_text(form: Any) -> None:
    work = []
    for n in (500, 2_000):
        text = f'{form.openings[0]}{{"name": "f", "arguments": {{"a": "\n' * n
        source = Source.of(text)
        pieces = _GRAMMARS[form.grammar](source, form)
        assert len(pieces) <= MOST_CALLS + 1
        work.append(source.work.spent)
    assert work[1] <= 4 * work[0] + 2 * MOST_CHARACTERS


def test_the_end_of_json_is_looked_for_no_more_than_a_few_times_the_text() -> None:
    text = '<tool_call>{"a": "' * 5_000
    source = Source.of(text)
    for at in range(0, len(text), 18):
        json_end(text, at + 11, source.work)
    assert source.work.spent <= source.work.limit + MOST_CHARACTERS
    assert source.work.is_spent


def test_a_model_that_never_stops_calling_is_read_up_to_a_bound() -> None:
    found = read('<tool_call>{"name": "f", "arguments": {}}</tool_call>\n' * 400, "hermes")
    assert len(found.calls) == MOST_CALLS
    assert found.unread == (f"More than {MOST_CALLS} calls are begun: the others are not read.",)


def test_arguments_too_long_or_too_deep_are_refused_with_a_sentence() -> None:
    long = _object("f", {"a": "x" * 1_000_000})
    deep = '{"name": "f", "arguments": ' + '{"a":' * 5_000 + "1" + "}" * 5_001
    for body, said in ((long, "too long"), (deep, "deep")):
        found = read(f"<tool_call>{body}</tool_call>", "hermes")
        assert (found.calls, len(found.unread)) == ((), 1)
        assert said in found.unread[0]
    brackets = read("[f(a=" + "[" * 5_000 + "]" * 5_000 + ")]", "llama4")
    assert (brackets.calls, len(brackets.unread)) == ((), 1)
    assert "deep" in brackets.unread[0]


def test_a_name_that_is_a_path_stays_a_name() -> None:
    found = read('<tool_call>{"name": "../../etc/passwd", "arguments": {}}</tool_call>', "hermes")
    assert [call.name for call in found.calls] == ["../../etc/passwd"]
