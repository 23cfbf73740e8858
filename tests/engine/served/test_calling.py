"""Functions over HTTP: offered in each dialect, and their calls read however a server sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from tests.engine.served.test_batcher import opened, results
from tests.support.served import Fault, ModelServer, Reply

from aa_tui.engine.calling import Call, Grammar, Tool
from aa_tui.engine.chat import Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.requests import Finished, Piece, Request
from aa_tui.engine.served.batcher import ServedBatcher
from aa_tui.engine.served.calling import MOST_CALLS, MOST_CHARS, CallPart, Gathered, parts_of, told
from aa_tui.engine.served.values import ServerKind

pytestmark = pytest.mark.usefixtures("home")

WEATHER = Tool("weather", "The weather in a town.", {"type": "object", "properties": {"town": {"type": "string"}}})
ASKED = (Message("user", "Weather?"),)
CALLS: tuple[tuple[str, Any], ...] = (
    ("weather", {"town": "Bergen"}),
    ("weather", {"town": "Ås, by “night”"}),
    ("time", {}),
)


def request(
    batcher: ServedBatcher,
    messages: Iterable[Message] = ASKED,
    name: str = "a",
    **options: Any,
) -> Request:
    """A request with a function on offer."""
    prompt = batcher.prompt(list(messages), (WEATHER,))
    given = {"messages": prompt.messages, "counted": prompt.counted, "tools": prompt.tools, **options}
    return Request(name, prompt.tokens, given.pop("max_tokens", 500), **given)


def answer(server: ModelServer, **options: Any) -> Finished:
    """What one request comes to."""
    with opened(server) as batcher:
        return results(batcher.run([request(batcher, **options)]))["a"]


def read(finished: Finished) -> list[tuple[str, Any]]:
    """The calls with their arguments read."""
    assert finished.calls is not None
    return [(call.name, json.loads(call.arguments)) for call in finished.calls]


@pytest.mark.parametrize(
    "kind", ["llama-server", "llama-cpp-python", "vllm", "sglang", "ollama", "openrouter", "other"]
)
def test_calls_come_back_from_every_kind_of_server(kind: ServerKind) -> None:
    with ModelServer(kind, lambda _: Reply("Let me look.", calls=CALLS)) as server:
        finished = answer(server)
    assert read(finished) == list(CALLS)
    assert (finished.reason, finished.answer, finished.raw) == ("stop", "Let me look.", "Let me look.")
    (asked,) = server.asked
    assert asked.body["tools"] == [WEATHER.to_dict()]
    assert finished.answered_by is not None
    if finished.answered_by.tokens_from == "usage":
        assert finished.n_answer == asked.n_pieces


@pytest.mark.parametrize("style", ["bits", "whole", "unnumbered", "own", "object"])
@pytest.mark.parametrize("whole", [False, True])
def test_calls_are_read_however_they_are_sent(style: str, whole: bool) -> None:
    with ModelServer("other", lambda _: Reply("", calls=CALLS, style=style)) as server:
        server.plan = lambda _: Fault(whole=whole)
        finished = answer(server)
    assert read(finished) == list(CALLS)
    assert (finished.reason, finished.answer) == ("stop", "")


def test_thinking_is_kept_apart_from_calls_and_text() -> None:
    with ModelServer("vllm", lambda _: Reply("Text.", "Hmm, the weather.", calls=CALLS[:1])) as server:
        finished = answer(server)
    assert (finished.thinking, finished.answer, read(finished)) == ("Hmm, the weather.", "Text.", list(CALLS[:1]))


def test_no_call_is_an_empty_tuple_where_functions_were_on_offer_and_none_elsewhere() -> None:
    text = '<tool_call>{"name": "weather"}</tool_call>'
    with ModelServer(reply=lambda _: Reply(text)) as server, opened(server) as batcher:
        prompt = batcher.prompt([Message("user", "Weather?")])
        without = Request("b", (), 100, messages=prompt.messages, counted=prompt.counted)
        found = results(batcher.run([request(batcher), without]))
    assert (found["a"].calls, found["a"].answer, found["a"].raw) == ((), text, text)
    assert (found["b"].calls, found["b"].answer, found["b"].raw) == (None, text, "")
    assert "tools" not in server.asked[1].body or "tools" not in server.asked[0].body


def test_bits_of_calls_are_pieces_of_the_answer_in_the_clocks() -> None:
    with ModelServer(reply=lambda _: Reply("", calls=CALLS[:1])) as server, opened(server) as batcher:
        events = list(batcher.run([request(batcher)]))
    pieces = [one for one in events if isinstance(one, Piece)]
    assert len(pieces) == server.asked[0].n_pieces > 2
    assert {(one.text, one.thinking) for one in pieces} == {("", False)}
    finished = results(events)["a"]
    assert finished.clocks.ttfat_s is not None
    assert finished.clocks.ttfat_s == finished.clocks.ttft_s


CONVERSATION = (
    Message("system", "Be brief."),
    Message("user", "Weather in Bergen and Oslo?"),
    Message("assistant", "", calls=(Call("weather", '{"town": "Bergen"}'), Call("weather", '{"town": NaN}', "mine"))),
    Message("tool", "rain", name="weather"),
    Message("tool", "sun", name="weather", call_id="mine"),
)


def test_a_conversation_is_told_in_openais_form() -> None:
    with ModelServer() as server:
        answer(server, messages=CONVERSATION)
    _, _, called, *results_ = server.asked[0].body["messages"]
    first, second = called["tool_calls"]
    assert first == {
        "id": "call00001",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"town": "Bergen"}'},
    }
    assert (second["id"], json.loads(second["function"]["arguments"])) == ("mine", {"town": "NaN"})
    assert [(one["role"], one["content"], one["tool_call_id"]) for one in results_] == [
        ("tool", "rain", "call00001"),
        ("tool", "sun", "mine"),
    ]


def test_a_conversation_is_told_in_ollamas_form() -> None:
    with ModelServer("ollama") as server:
        answer(server, messages=CONVERSATION)
    _, _, called, rain, _ = server.asked[0].body["messages"]
    assert called["tool_calls"][0]["function"] == {"name": "weather", "arguments": {"town": "Bergen"}}
    assert (rain["role"], rain["tool_name"]) == ("tool", "weather")


@pytest.mark.parametrize("arguments", ["", "weather", "[1]", '{"a": 1e999}', '{"a": "\\ud800"}', '{"a"', "[" * 5_000])
def test_arguments_that_are_no_object_are_told_as_one(arguments: str) -> None:
    called = Message("assistant", "", calls=(Call("weather", arguments),))
    for kind in ("ollama", "other"):
        with ModelServer(kind) as server:
            assert answer(server, messages=[Message("user", "x"), called, Message("tool", "no")]).reason == "stop"
        (one,) = server.asked[0].body["messages"][1]["tool_calls"]
        found = one["function"]["arguments"]
        assert isinstance(found if kind == "ollama" else json.loads(found), dict)


def test_ids_of_calls_are_named_once_each() -> None:
    calls = (Call("a", "{}"), Call("a", "{}"))
    turn = (Message("assistant", "", calls=calls), Message("tool", "1"), Message("tool", "2"))
    found = told([*turn, *turn])
    ids = [one["id"] for message in found for one in message.get("tool_calls", ())]
    assert ids == [message["tool_call_id"] for message in found if message["role"] == "tool"]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("status", [400, 500, 501])
def test_a_server_without_tools_is_told_of_in_one_sentence_and_no_request_ends_as_an_error(status: int) -> None:
    with ModelServer("other") as server, opened(server) as batcher:
        server.refuses_tools = status
        batcher.submit(request(batcher))
        with pytest.raises(EngineError) as caught:
            list(iter(batcher.step, None))
        assert f"refuses a request that offers functions ({status}: this model takes no tools)" in str(caught.value)
        assert "--jinja" in str(caught.value)
        assert len(server.asked) <= 3, "the request, once more where it may pass, and a tiny one"
        assert server.asked[-1].body["max_tokens"] == 1


def test_a_run_of_refusals_ends() -> None:
    with ModelServer("other") as server, opened(server) as batcher:
        server.refuses_tools = 400
        with pytest.raises(EngineError, match="refuses a request that offers functions"):
            results(batcher.run([request(batcher, name=f"r{number}") for number in range(40)]))
        assert len(server.asked) < 40


def test_a_request_that_is_refused_for_itself_is_an_error_and_the_others_go_on() -> None:
    with ModelServer("other", lambda _: Reply("Yes.")) as server, opened(server) as batcher:
        server.plan = lambda asked: Fault(status=400) if asked.question == "bad" else Fault()
        bad = [Message("user", "bad")]
        found = results(batcher.run([request(batcher, bad), request(batcher, bad, "b"), request(batcher, name="c")]))
        assert [found[name].reason for name in "abc"] == ["error", "error", "stop"]
        assert "refuses (400: as planned)" in found["a"].message


def test_another_server_takes_over_from_one_without_tools() -> None:
    with ModelServer("other") as one, ModelServer("other", lambda _: Reply("Yes.")) as other:
        one.refuses_tools = 400
        with opened(one, other) as batcher:
            found = results(batcher.run([request(batcher, name=f"r{number}") for number in range(12)]))
            assert {finished.reason for finished in found.values()} == {"stop"}
            assert len(found) == 12
            assert "offers functions" in batcher.standing()[0].why_down


def test_a_failure_after_answers_with_functions_is_tried_again() -> None:
    with ModelServer("other", lambda _: Reply("Yes.", calls=CALLS)) as server, opened(server) as batcher:
        server.plan = lambda asked: Fault(status=500) if asked.number in (1, 2) else Fault()
        assert results(batcher.run([request(batcher)]))["a"].reason == "stop"
        assert results(batcher.run([request(batcher, name="b")]))["b"].reason == "stop"


def test_the_prompt_counts_functions_and_tells_whether_they_are_in_it() -> None:
    messages = [Message("user", "Weather?")]
    with ModelServer(reply=lambda _: Reply("x")) as server, opened(server) as batcher:
        shown = batcher.prompt(messages, (WEATHER,))
        assert (shown.tools, shown.shows_tools) == ((WEATHER,), True)
        assert shown.n_tokens > batcher.prompt(messages).n_tokens
        assert batcher.prompt(messages).shows_tools is None
        assert batcher.calls_from == "server"
        batcher.release("a")
    with ModelServer(reply=lambda _: Reply("x")) as server, opened(server) as batcher:
        server.template_takes_tools = False
        assert batcher.prompt(messages, (WEATHER,)).shows_tools is False
    with ModelServer(reply=lambda _: Reply("x")) as server, opened(server) as batcher:
        server.template_takes_tools = False
        asked = [Message("user", f"What does {WEATHER.name} do?")]
        assert batcher.prompt(asked, (WEATHER,)).shows_tools is False, "a question's word is no function on offer"
    with ModelServer("ollama") as server, opened(server) as batcher:
        assert batcher.prompt(messages, (WEATHER,)).shows_tools is None


def test_calls_are_not_held_to_a_grammar_of_ours() -> None:
    calls = Grammar(schema={"type": "object"}, triggers=("<tool_call>",))
    with ModelServer() as server, opened(server) as batcher, pytest.raises(EngineError, match="grammar"):
        batcher.submit(request(batcher, grammar=calls))


def test_a_call_that_never_ends_is_cut_at_the_limit() -> None:
    endless = Reply("", calls=[("weather", '{"town": "' + "x" * 400_000)], style="whole")
    with ModelServer("other", lambda _: endless) as server:
        server.plan = lambda _: Fault(ignores_limit=True)
        finished = answer(server, max_tokens=10)
    assert finished.reason == "length"
    many = Reply("", calls=[("weather", {"n": number}) for number in range(300)], style="whole")
    with ModelServer("other", lambda _: many) as server:
        server.plan = lambda _: Fault(ignores_limit=True)
        finished = answer(server, max_tokens=40)
    assert finished.reason == "length"
    assert finished.calls is not None
    assert 40 <= len(finished.calls) < 300


def test_too_many_and_too_long_calls_are_cut() -> None:
    gathered = Gathered()
    for number in range(MOST_CALLS + 10):
        gathered.take(CallPart(number, "", "f", "{}"))
    assert gathered.is_full
    assert len(gathered.calls) == MOST_CALLS
    long = Gathered()
    long.take(CallPart(0, "", "f", '{"a": "'))
    while not long.is_full:
        long.take(CallPart(0, arguments="x" * 50_000))
    (call,) = long.calls
    assert len(call.arguments) <= MOST_CHARS


def calls_of(*deltas: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The calls in pieces of a stream."""
    gathered = Gathered()
    for delta in deltas:
        for part in parts_of(delta):
            gathered.take(part)
    return [(call.name, call.arguments, call.id) for call in gathered.calls]


def bit(name: str | None = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    """A piece with a bit of a call."""
    return {"tool_calls": [{**more, "function": {"name": name, "arguments": arguments}}]}


def test_odd_ways_of_sending_calls() -> None:
    # an id of its own for each bit, a name in bits, a name and an id repeated with each bit, bits without numbers
    assert calls_of(bit("f", "", index=0, id="a"), bit(None, "{}", index=0, id="b")) == [("f", "{}", "a")]
    assert calls_of(bit("get_", index=0, id="a"), bit("town", index=0), bit(None, "{}", index=0)) == [
        ("get_town", "{}", "a")
    ]
    assert calls_of(bit("f", '{"a"', index=0, id="a"), bit("f", ": {}}", index=0, id="a")) == [("f", '{"a": {}}', "a")]
    assert calls_of(bit("f", ""), bit(None, '{"a":'), bit(None, " 1}"), bit("g", "{}")) == [
        ("f", '{"a": 1}', ""),
        ("g", "{}", ""),
    ]
    assert calls_of(bit("f", "", id="a"), bit("g", "", id="b"), bit(None, "{}", id="a")) == [
        ("f", "{}", "a"),
        ("g", "{}", "b"),
    ]
    # the first form of OpenAI's, beside the new one and alone; a call that is not in a list, and one without a function
    both = bit("f", "{}", index=0, id="a") | {"function_call": {"name": "f", "arguments": "{}"}}
    assert calls_of(both) == [("f", "{}", "a")]
    assert calls_of({"function_call": {"name": "f", "arguments": '{"a"'}}, {"function_call": {"arguments": ":1}"}}) == [
        ("f", '{"a":1}', "")
    ]
    assert calls_of({"tool_calls": {"name": "f", "parameters": {"a": 1}}}) == [("f", '{"a": 1}', "")]


@pytest.mark.parametrize(
    "listed",
    [None, 3, "x", [], [None, 3, "x", []], [{}], [{"function": 3}], [{"function": {"name": 3, "arguments": None}}]],
)
def test_what_is_no_call_is_none(listed: Any) -> None:
    assert parts_of({"tool_calls": listed}) == ()


def test_hostile_calls_stay_texts() -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    found = calls_of(
        bit("n\x1b[31m\x00", float("nan"), index=0),
        bit("f", {"a": float("inf")}, index=1),
        bit("g" * 10_000, "\ud800", index=True, id="i" * 10_000),
        bit("h", deep, index=-1),
        bit("k", "{}", index=10**30),
    )
    assert found[0] == ("n\x1b[31m\x00", "NaN", "")
    assert found[1] == ("f", '{"a": Infinity}', "")
    assert (len(found[2][0]), found[2][1], len(found[2][2])) == (400, "\ufffd", 400)
    assert [one[0] for one in found[3:]] == ["h", "k"]
