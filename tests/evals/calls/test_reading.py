"""Calls in each format are read as their models write them; talk, data and code are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aa_tui.engine.call_formats import GENERIC, formats
from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls.reading import Found, read, recognise

Named = tuple[str, dict[str, Any]]
F: Named = ("book_table", {"place": "Zum Löwen", "guests": 4})
G: Named = ("list_tables", {})

SAMPLES: dict[str, tuple[str, ...]] = {
    "hermes": (
        'One moment.\n<tool_call>\n{"name": "book_table", "arguments": {"place": "Zum Löwen", "gues'
        'ts": 4}}\n</tool_call>\n'
        '<tool_call>{"arguments": {}, "name": "list_tables"}</tool_call><|im_end|>',
        '<tool_call>{"name": "book_table", "arguments": "{\\"place\\": \\"Zum L\\u00f6wen\\", \\"guests\\": 4}"}'
        '<tool_call>{"name": "list_tables"}',
    ),
    "qwen-coder": (
        "<tool_call>\n<function=book_table>\n<parameter=place>\nZum Löwen\n</parameter>\n<parameter=guests>\n4\n"
        "</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=list_tables>\n</function>\n</tool_call>",
        "<seed:tool_call>\n<function=book_table>\n<parameter=place>Zum Löwen</parameter>\n<paramete"
        "r=guests>4</parameter>\n"
        "</function>\n</seed:tool_call><seed:tool_call><function=list_tables></function></seed:tool_call>",
        "<function=book_table>\n<parameter=place>\nZum Löwen\n<parameter=guests>\n4\n</function>\n<"
        "function=list_tables>",
    ),
    "glm": (
        "<tool_call>book_table\n<arg_key>place</arg_key>\n<arg_value>Zum Löwen</arg_value>\n<arg_key>guests</arg_key>\n"
        "<arg_value>4</arg_value>\n</tool_call>\n<tool_call>list_tables\n</tool_call><|observation|>",
        "<tool_call>book_table<arg_key>place</arg_key><arg_value>Zum Löwen</arg_value><arg_key>guests</arg_key>"
        "<arg_value>4</arg_value></tool_call><tool_call>list_tables</tool_call>",
    ),
    "minimax": (
        '<minimax:tool_call>\n<invoke name="book_table">\n<parameter name="place">Zum Löwen</parameter>\n'
        '<parameter name="guests">4</parameter>\n</invoke>\n<invoke name="list_tables">\n</invoke'
        ">\n</minimax:tool_call>[e~[",
    ),
    "minimax-m3": (
        ']<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="book_table">]<]minimax[>[<place>Zum Löwen'
        "]<]minimax[>[</place>]<]minimax[>[<guests>4]<]minimax[>[</guests>]<]minimax[>[</invoke>\n"
        ']<]minimax[>[<invoke name="list_tables">'
        "]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>[e~[",
        'Both.]<]minimax[>[<tool_call>]<]minimax[>[<invoke name="book_table">]<]minimax[>[<place>Zum Löwen'
        "]<]minimax[>[</place>]<]minimax[>[<guests>4]<]minimax[>[</guests>"
        ']<]minimax[>[<invoke name="list_tables">]<]minimax[>[</tool_call>',
    ),
    "functionary-v3.2": (
        'all\nBoth.>>>book_table\n{"place": "Zum Löwen", "guests": 4}>>>list_tables\n{}<|eot_id|>',
        '>>>book_table\n{"place": "Zum Löwen",\n "guests": 4}\n>>>list_tables\n{}',
    ),
    "step": (
        "<｜tool_calls_begin｜>\n<｜tool_call_begin｜>function<｜tool_sep｜>"
        '<steptml:invoke name="book_table">\n'
        '<steptml:parameter name="place">Zum Löwen</steptml:parameter>\n<steptml:parameter name="guests">4'
        "</steptml:parameter>\n</steptml:invoke><｜tool_call_end｜>\n<｜tool_call_begin｜>function<｜tool_sep｜>"
        '<steptml:invoke name="list_tables">\n</steptml:invoke><｜tool_call_end｜>\n<｜tool_calls_end｜>',
    ),
    "minicpm": (
        '<function name="book_table"><param name="place"><![CDATA[Zum Löwen]]></param><param name="guests">4</param>'
        '</function>\n<function name="list_tables"></function><|im_end|>',
    ),
    "muse": (
        '<atem:function_calls>\n<atem:invoke name="book_table">\n<atem:parameter name="place">Zum Löwen'
        '</atem:parameter><atem:parameter name="guests">4</atem:parameter>\n</atem:invoke>'
        '<atem:invoke name="list_tables"></atem:invoke>\n</atem:function_calls>',
    ),
    "hunyuan": (
        "<tool_calls:opensource>\n<tool_call:opensource>book_table<tool_sep:opensource>\n<arg_key:opensource>place"
        "</arg_key:opensource>\n<arg_value:opensource>Zum Löwen</arg_value:opensource>\n<arg_key:opensource>guests"
        "</arg_key:opensource>\n<arg_value:opensource>4</arg_value:opensource>\n</tool_call:opensource>\n"
        "<tool_call:opensource>list_tables<tool_sep:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>",
    ),
    "dsml": (
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="book_table">\n<｜DSML｜parameter name="place" st'
        'ring="true">Zum Löwen'
        '</｜DSML｜parameter>\n<｜DSML｜parameter name="guests" string="false">4</｜DSML｜parameter>\n'
        "</｜DSML｜invoke>\n"
        '<｜DSML｜invoke name="list_tables">\n</｜DSML｜invoke>\n</｜DSML｜function_calls><｜end▁of▁sentence｜>',
    ),
    "kimi": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.book_table:0<|tool_call_argument_begin|>"
        '{"place": "Zum Löwen", "guests": 4}<|tool_call_end|><|tool_call_begin|>functions.list_tables:1'
        "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|><|im_end|>",
    ),
    "kimi-k3": (
        '<|open|>tools<|sep|><|open|>call tool="book_table" index="1"<|sep|><|open|>argument key="p'
        'lace" type="string"<|sep|>'
        'Zum Löwen<|close|>argument<|sep|><|open|>argument key="guests" type="number"<|sep|>4<|close|>argument<|sep|>'
        '<|close|>call<|sep|><|open|>call tool="list_tables" index="2"<|sep|><|close|>call<|sep|><|close|>tools<|sep|>',
    ),
    "deepseek": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>book_table\n```json\n"
        '{"place": "Zum Löwen", "guests": 4}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜to'
        "ol▁sep｜>list_tables\n"
        "```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>book_table<｜tool▁sep｜>{"place": "Zum Löwen", "guests": 4}'
        "<｜tool▁call▁end｜><｜tool▁call▁begin｜>list_tables<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜>book_table\n```json\n"
        '{"place": "Zum Löwen", "guests": 4}\n```<｜tool_call_end｜><｜tool_call_begin｜>list_tables<｜tool_sep｜>{}'
        "<｜tool_call_end｜>",
    ),
    "solar": (
        "<|tool_calls|><|tool_call:begin|>c1<|tool_call:name|>book_table<|tool_call:args|>"
        '{"place": "Zum Löwen", "guests": 4}<|tool_call:end|><|tool_call:begin|>c2<|tool_call:name|>list_tables'
        "<|tool_call:args|>{}<|tool_call:end|>",
    ),
    "lfm2": (
        "<|tool_call_start|>[book_table(place='Zum Löwen', guests=4), list_tables()]<|tool_call_end|>I look.<|im_end|>",
        '<|tool_call_start|>[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "arguments": {}}]<|tool_call_end|>',
    ),
    "olmo": (
        "<function_calls>book_table(place='Zum Löwen', guests=4)\nlist_tables()</function_calls><|im_end|>",
        'I look.\n<function_calls>\nbook_table(place="Zum Löwen", guests=4)\nlist_tables()\n',
    ),
    "llama4": (
        '[book_table(place="Zum Löwen", guests=4,), list_tables()]<|eot|>',
        '<|python_start|>[book_table(place="Zum Löwen", guests=4), list_tables()]<|python_end|><|eom|>',
    ),
    "mistral": (
        '[TOOL_CALLS] [{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}, "id": "a1b2c3d4e"},'
        ' {"name": "list_tables", "arguments": {}}]</s>',
        '[TOOL_CALLS]book_table[CALL_ID]a1b2c3d4e[ARGS]{"place": "Zum Löwen", "guests": 4}[TOOL_CAL'
        "LS]list_tables[ARGS]{}",
    ),
    "command-r7b": (
        '<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "book_table", "parameters": {"place": "Zum Löwen", '
        '"guests": 4}},\n    {"tool_call_id": "1", "tool_name": "list_tables", "parameters": {}}\n]<|END_ACTION|>'
        "<|END_OF_TURN_TOKEN|>",
    ),
    "command-r": (
        'Action:\n```json\n[\n    {\n        "tool_name": "book_table",\n        "parameters": {"place": "Zum Löwen", '
        '"guests": 4}\n    },\n    {"tool_name": "list_tables", "parameters": {}}\n]```',
    ),
    "gemma4": (
        '<|tool_call>call:book_table{guests:4,place:<|"|>Zum Löwen<|"|>}<tool_call|><|tool_call>call:list_tables{}'
        "<tool_call|><|tool_response>",
    ),
    "functiongemma": (
        "<start_function_call>call:book_table{place:<escape>Zum Löwen<escape>,guests:4}<end_function_call>"
        "<start_function_call>call:list_tables{}<end_function_call><start_function_response>",
    ),
    "gemma": (
        '```tool_code\nprint(default_api.book_table(place="Zum Löwen", guests=4))\nlist_tables()\n```<end_of_turn>',
        '```python\n[book_table(place="Zum Löwen", guests=4), list_tables()]\n```',
        'Of course:\n```json\n[{"name": "book_table", "parameters": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "parameters": {}}]\n```',
        '[book_table(place="Zum Löwen", guests=4), list_tables()]',
    ),
    "apertus": (
        '<|tools_prefix|>[{"book_table": {"place": "Zum Löwen", "guests": 4}}, {"list_tables": {}}]<|tools_suffix|>',
    ),
    "granite": (
        '<|tool_call|>[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "arguments": {}}]<|end_of_text|>',
        '<tool_call>[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "arguments": {}}]',
    ),
    "phi4": (
        '<|tool_call|>[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "arguments": {}}]<|/tool_call|><|end|>',
        'functools[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, {"name": "list_tables"}]',
    ),
    "functools": (
        ' functools[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, {"name": "list_tables"}]',
    ),
    "nemotron": (
        '<TOOLCALL>[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "arguments": {}}]</TOOLCALL>',
    ),
    "apriel": (
        '\n<tool_calls>[{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}, "id": "a"}, '
        '{"name": "list_tables", "arguments": {}}]</tool_calls>',
        '<tool_calls>\n{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}\n'
        '{"name": "list_tables", "arguments": {}}\n</tool_calls>',
    ),
    "gigachat": (
        '<|function_call|>{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}'
        '<|function_call|>{"name": "list_tables", "arguments": {}}',
    ),
    "internlm": (
        'I look.<|action_start|><|plugin|>\n{"name": "book_table", "parameters": {"place": "Zum Löwen", "guests": 4}}'
        '<|action_end|>\n<|action_start|><|plugin|>{"name": "list_tables", "parameters": {}}<|action_end|><|im_end|>',
    ),
    "granite-20b": (
        '<function_call> {"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}\n'
        '<function_call> {"name": "list_tables", "arguments": {}}<|endoftext|>',
    ),
    "longcat": (
        '<longcat_tool_call>{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}'
        '</longcat_tool_call>\n<longcat_tool_call>\n{"name": "list_tables", "arguments": {}}\n</longcat_tool_call>',
    ),
    "functionary": (
        '<function=book_table>{"place": "Zum Löwen", "guests": 4}</function>\n<function=list_tables>{}</function>',
    ),
    "harmony": (
        "<|channel|>analysis<|message|>A table for four {4}.<|end|><|start|>assistant<|channel|>commentary "
        'to=functions.book_table <|constrain|>json<|message|>{"place": "Zum Löwen", "guests": 4}<|c'
        "all|><|start|>assistant"
        "<|channel|>commentary to=functions.list_tables <|constrain|>json<|message|>{}<|call|>",
        '<|start|>assistant to=functions.book_table<|channel|>commentary json<|message|>{"place": "'
        'Zum Löwen", "guests": 4}'
        "<|call|><|start|>assistant to=functions.list_tables<|channel|>commentary json<|message|>{}",
    ),
    "llama3": (
        '{"name": "book_table", "parameters": {"place": "Zum Löwen", "guests": 4}}; {"name": "list_tables", '
        '"parameters": {}}<|eot_id|>',
        '<|python_tag|>{"name": "book_table", "parameters": {"place": "Zum Löwen", "guests": 4}}\n'
        '{"type": "function", "name": "list_tables", "parameters": {}}<|eom_id|>',
        '<|python_tag|>book_table.call(place="Zum Löwen", guests=4); list_tables.call()<|eom_id|>',
    ),
    "plain": (
        '[{"function": "book_table", "parameters": {"place": "Zum Löwen", "guests": 4}}, '
        '{"type": "function", "function": {"name": "list_tables", "arguments": "{}"}}]',
        'I will do both.\n\n```json\n{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}\n'
        '{"name": "list_tables", "arguments": {}}\n```\n',
        '{"tool_calls": [{"name": "book_table", "arguments": {"place": "Zum Löwen", "guests": 4}}, '
        '{"name": "list_tables", "arguments": {}}]}',
    ),
}


def named(calls: tuple[Call, ...]) -> list[Named]:
    return [(call.name, json.loads(call.arguments)) for call in calls]


@pytest.mark.parametrize(("form", "text"), [(form, text) for form, texts in SAMPLES.items() for text in texts])
def test_the_calls_of_each_format_are_read(form: str, text: str) -> None:
    found = read(text, form)
    assert (named(found.calls), found.unread, found.other) == ([F, G], (), ())
    assert "<" not in found.text
    assert "{" not in found.text
    assert named(read(text, GENERIC).calls) == [F, G]


def test_every_format_has_a_sample() -> None:
    assert {one.name for one in formats().all} == set(SAMPLES)


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("{% for tool in tools %}…return a json object within <tool_call></tool_call> XML tags", "hermes"),
        ("<tool_call>\n<function=example>\n<parameter=a>\nvalue\n</parameter>", "qwen-coder"),
        ("<tool_call>{function-name}\n<arg_key>{k}</arg_key>\n<arg_value>{v}</arg_value>", "glm"),
        ("{{ '<|python_tag|>' }}", "llama3"),
        ("[AVAILABLE_TOOLS]{{ tools }}[/AVAILABLE_TOOLS]", "mistral"),
        ("{% set mark = ']<]minimax[>[' %}{{ mark + '<invoke name=\"' + name }}", "minimax-m3"),
        ("<|start_header_id|>{{ tools }} answer as >>>${recipient}\n{{ '>>>all\n' }}", "functionary-v3.2"),
        ("<|start_of_role|>…respond only with <|tool_call|> followed by a JSON list", "granite"),
        ("{{ '<|tool|>' + tools + '<|/tool|>' }}", "phi4"),
        ("<|channel|>commentary<|message|>…<|call|>", "harmony"),
        ("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>", "deepseek"),
        ("function call<|role_sep|>\n", "gigachat"),
        ("<|im_start|>user\n{{ content }}<|im_end|>", GENERIC),
        ("", GENERIC),
    ],
)
def test_the_format_is_the_one_that_the_template_teaches(template: str, form: str) -> None:
    assert recognise(template) == form


def test_arguments_within_arguments_are_read_by_the_functions_schema() -> None:
    mark = "]<]minimax[>["
    text = (
        f'{mark}<invoke name="order">{mark}<parts>'
        f"{mark}<item>{mark}<code>007{mark}</code>{mark}<n>2{mark}</n>{mark}</item>"
        f"{mark}<item>{mark}<code>a <b>{mark}</code>{mark}<n>1{mark}</n>{mark}</item>{mark}</parts>"
        f"{mark}<tags>{mark}<item>x{mark}</item>{mark}</tags>{mark}<gift>true{mark}</gift>{mark}<notes>{mark}</notes>"
        f"{mark}<none>{mark}</none>{mark}</invoke>"
    )
    part = {"type": "object", "properties": {"code": {"type": "string"}, "n": {"type": "integer"}}}
    properties = {
        "parts": {"type": "array", "items": part},
        "tags": {"type": "array", "items": {"type": "string"}},
        "gift": {"type": "boolean"},
        "notes": {"type": ["string", "null"]},
        "none": {"type": "array"},
    }
    (called,) = read(text, "minimax-m3", [Tool("order", "", {"type": "object", "properties": properties})]).calls
    assert json.loads(called.arguments) == {
        "parts": [{"code": "007", "n": 2}, {"code": "a <b>", "n": 1}],
        "tags": ["x"],
        "gift": True,
        "notes": "",
        "none": [],
    }
    (called,) = read(text, "minimax-m3").calls
    assert json.loads(called.arguments)["parts"][0] == {"code": "007", "n": 2}, "no JSON, so a text"


def test_an_output_that_begins_with_an_address_is_a_call_or_for_the_user() -> None:
    called = 'book_table\n{"place": "Zum Löwen", "guests": 4}'
    assert named(read(called, "functionary-v3.2").calls) == [F]
    assert read("all\nIt is booked.", "functionary-v3.2") == Found(text="It is booked.")
    assert read("Sure\nIt is booked.", "functionary-v3.2").text == "Sure\nIt is booked."
    assert not read(called, GENERIC).calls, "of other models a word before JSON is no address"
    python = Tool("list_tables", "")
    assert read("list_tables\nnow", "functionary-v3.2", [python]).unread


CALLED = '{"name": "f", "arguments": {}}'


@pytest.mark.parametrize(
    "text",
    [
        "You write a call between <tool_call> and </tool_call>, with its name and arguments.",
        f"The mark `<tool_call>{CALLED}</tool_call>` begins it.",
        f"An example:\n```xml\n<tool_call>\n{CALLED}\n</tool_call>\n```\nThat is how it is done.",
        'Here is the data: {"name": "Ada", "born": 1815}.',
        '{"name": "Ada", "arguments": 3}',
        '[{"name": "Ada"}, {"name": "Grace"}]',
        "[1, 2, 3]",
        "[see the notes](https://example.org)",
        "```python\nprint('hello')\n```\nThis prints a word.",
        "```python\ndef f(a=1):\n    return a\n```",
        f"A call in JSON looks like this:\n```json\n{CALLED}\n```\nIts arguments are empty here.",
        "Action: none is needed.",
        "functools is a module of Python.",
        "",
        "   \n",
    ],
)
@pytest.mark.parametrize(
    "form", [GENERIC, "hermes", "llama3", "plain", "gemma", "glm", "lfm2", "mistral", "command-r", "phi4"]
)
def test_talk_data_and_code_are_no_calls(text: str, form: str) -> None:
    found = read(text, form)
    assert (found.calls, found.unread, found.other) == ((), (), ())
    assert found.text == text.strip()


def test_calls_in_thinking_are_none() -> None:
    call = f"<tool_call>{CALLED}</tool_call>"
    assert read(f"<think>I could write {call} or not.</think>No.", "hermes") == Found(text="No.")
    assert read(f"<think>\n{call}\n", "hermes") == Found()
    assert len(read(f"<think>Now.</think>\n{call}", "hermes").calls) == 1
    for end in ("\n</think>\n\n", "[/THINK]", "◁/think▷", "<|END_THINKING|>"):
        found = read(f"{end}One moment. {call}", "hermes")
        assert (len(found.calls), found.text) == (1, "One moment."), end
    analysis = (
        f"<|channel|>analysis<|message|>{CALLED}<|end|><|start|>assistant<|channel|>final<|message|>No.<|return|>"
    )
    assert read(analysis, "harmony") == Found(text="No.")


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": 1,}}</tool_call>', "not JSON"),
        ("hermes", "<tool_call>{'name': 'f', 'arguments': {}}</tool_call>", "not JSON"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": ', "ends before"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": NaN}}</tool_call>', "NaN"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": -Infinity}}</tool_call>', "Infinity"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": 1, "a": 2}}</tool_call>', "twice"),
        ("hermes", '<tool_call>{"name": "f", "arguments": [1]}</tool_call>', "no object"),
        ("hermes", '<tool_call>{"name": "f", "arguments": "x"}</tool_call>', "not JSON"),
        ("hermes", '<tool_call>{"name": "f", "city": "Ulm"}</tool_call>', "no arguments"),
        ("hermes", '<tool_call>{"arguments": {}}</tool_call>', "no name"),
        ("hermes", '<tool_call>{"name": "f\\u001b[2J", "arguments": {}}</tool_call>', "control"),
        ("hermes", "<tool_call>\nf(a=1)\n</tool_call>", "no JSON"),
        ("qwen-coder", "<tool_call>\n<function=f>\n<parameter=a>\nhalf a val", "within an argument"),
        ("qwen-coder", "<function=f><parameter=a>1</parameter><parameter=a>2</parameter></function>", "twice"),
        ("qwen-coder", "<function=f>\n<b>Ulm</b>\n</function>", "not in their tags"),
        ("glm", "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1", "within an argument"),
        ("minimax-m3", ']<]minimax[>[<invoke name="f">]<]minimax[>[<a>1', "within an argument"),
        (
            "minimax-m3",
            ']<]minimax[>[<invoke name="f">]<]minimax[>[<a>1]<]minimax[>[</b>]<]minimax[>[</a>',
            "do not match",
        ),
        ("minimax-m3", ']<]minimax[>[<invoke name="f"', "first tag"),
        ("functionary-v3.2", '>>>f\n{"a": 1', "ends before"),
        ("functionary-v3.2", "all\nWell.>>>f\nnow", "no JSON object"),
        ("mistral", "[TOOL_CALLS]f[ARGS]{", "ends before"),
        ("mistral", "[TOOL_CALLS]f", "no arguments"),
        ("kimi", "<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{broken}<|tool_call_end|>", "not JSON"),
        ("lfm2", "<|tool_call_start|>[f(a=1, a=2)]<|tool_call_end|>", "twice"),
        ("lfm2", "<|tool_call_start|>[f(a=open('x'))]<|tool_call_end|>", "no plain value"),
        ("lfm2", "<|tool_call_start|>[f(a={'k': 1, 'k': 2})]<|tool_call_end|>", "twice"),
        ("lfm2", "<|tool_call_start|>[f(a=1e999)]<|tool_call_end|>", "too large"),
        ("lfm2", "<|tool_call_start|>[f('Ulm')]<|tool_call_end|>", "no name"),
        ("lfm2", "<|tool_call_start|>[f(a=1)", "not closed"),
        ("llama4", "[f(a=1), g(", "not closed"),
        ("llama3", '{"name": "f", "parameters": {"a": ', "ends before"),
        ("llama3", "<|python_tag|>import os", "no arguments"),
        ("plain", '```json\n{"name": "f", "arguments": {"a": 1\n```', "ends before"),
        ("gemma4", '<|tool_call>call:f{a:<|"|>x}<tool_call|>', "not closed"),
        ("gemma", "```tool_code\nf(a=b)\n```", "no plain value"),
        ("harmony", "<|channel|>commentary to=functions.f<|message|>a table<|call|>", "no whole JSON"),
        ("deepseek", "<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\n```<｜tool▁call▁end｜>", "ends before"),
    ],
)
def test_a_call_that_is_begun_and_broken_is_told_in_a_sentence(form: str, text: str, said: str) -> None:
    found = read(text, form)
    assert found.calls == ()
    assert len(found.unread) == 1
    assert said in found.unread[0]
    assert found.unread[0].endswith(".")


def test_a_broken_call_does_not_hide_those_beside_it() -> None:
    found = read(f"<tool_call>{{bad</tool_call>\n<tool_call>{CALLED}</tool_call>", "hermes")
    assert named(found.calls) == [("f", {})]
    assert len(found.unread) == 1


@pytest.mark.parametrize(
    ("form", "written", "other"),
    [
        ("hermes", CALLED, "plain"),
        ("hermes", f"```json\n{CALLED}\n```", "plain"),
        ("hermes", "<tool_call>\n<function=f>\n</function>\n</tool_call>", "qwen-coder"),
        ("hermes", "[f()]", "llama4"),
        ("glm", f"<tool_call>{CALLED}</tool_call>", "hermes"),
        ("mistral", f"<tool_call>{CALLED}</tool_call>", "hermes"),
        ("llama3", f"<tool_call>{CALLED}</tool_call>", "hermes"),
        ("lfm2", f"<|tool_call|>[{CALLED}]", "granite"),
        ("plain", "<|tool_call_start|>[f()]<|tool_call_end|>", "lfm2"),
    ],
)
def test_a_call_in_another_format_is_told_and_not_counted(form: str, written: str, other: str) -> None:
    found = read(written, form)
    assert (found.calls, found.unread) == ((), ())
    assert named(found.other) == [("f", {})]
    assert found.other_form == other
    assert named(read(written).calls) == [("f", {})]


def test_values_in_tags_have_the_types_of_the_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "n": {"type": "integer"},
            "on": {"type": "boolean"},
            "size": {"enum": ["1", "2"]},
        },
    }
    tool = Tool("f", "", schema)
    text = (
        "<function=f><parameter=code>0123</parameter><parameter=n>7</parameter><parameter=on>True</parameter>"
        "<parameter=size>2</parameter></function>"
    )
    assert named(read(text, "qwen-coder", (tool,)).calls) == [("f", {"code": "0123", "n": 7, "on": True, "size": "2"})]
    text = text.replace("0123", "[1, 2]")
    assert named(read(text, "qwen-coder", (tool,)).calls)[0][1]["code"] == "[1, 2]"


def test_arguments_without_names_are_those_of_the_function_in_order() -> None:
    tool = Tool("f", "", {"properties": {"city": {}, "days": {}}})
    assert named(read("[f('Ulm', days=2)]", "llama4", (tool,)).calls) == [("f", {"city": "Ulm", "days": 2})]


def test_marks_within_the_texts_of_arguments_end_nothing() -> None:
    body = {"text": 'He wrote "</tool_call>" and <tool_call>{"name": "x"}', "more": "[TOOL_CALLS] ```\n}]"}
    for form, written in {
        "hermes": f"<tool_call>{json.dumps({'name': 'f', 'arguments': body})}</tool_call>",
        "mistral": f"[TOOL_CALLS]f[ARGS]{json.dumps(body)}",
        "llama3": json.dumps({"name": "f", "parameters": body}),
        "lfm2": f"<|tool_call_start|>[f(text={body['text']!r}, more={body['more']!r})]<|tool_call_end|>",
    }.items():
        assert named(read(written, form).calls) == [("f", body)], form
