"""One question to one server: texts, ends, counts and clocks, from every dialect and through every fault."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, get_args

import pytest
from tests.support.served import Fault, ModelServer, Reply

from aa_tui.engine.chat import Message
from aa_tui.engine.served.bodies import Chat
from aa_tui.engine.served.chunks import Chunk, chunk_of
from aa_tui.engine.served.client import Client, Delta, Done
from aa_tui.engine.served.exchange import ServerError
from aa_tui.engine.served.values import Served, ServerKind, Target
from aa_tui.engine.served.writing import COUNTS_ITS_END
from aa_tui.engine.settings import SamplerSettings

pytestmark = pytest.mark.usefixtures("home")

TEXT, THINKING = "It is ☃ 42 für alle 😀.", "Let me think. Ja."
Answer = tuple[str, str, Done]


def asked(server: ModelServer, *, max_tokens: int = 1_000, **options: Any) -> Answer:
    """Thinking, text and end of a server's answer to a question."""
    found = asyncio.run(ask(server, Chat((Message("user", "why?"),), max_tokens, **options)))
    assert isinstance(found[-1], Done)
    deltas = [one for one in found if isinstance(one, Delta)]
    times = [found[-1].started, found[-1].first_byte, *(one.at for one in deltas), found[-1].at]
    assert times == sorted(times)
    assert all(one.thinking or one.text for one in deltas)
    return "".join(one.thinking for one in deltas), "".join(one.text for one in deltas), found[-1]


async def ask(server: ModelServer, chat: Chat, key: str = "") -> list[Delta | Done]:
    """All that comes of a question."""
    served = Served(server.url, "tiny", server.kind)
    async with Client() as client, aclosing(client.chat(Target(server.url, "tiny", key), served, chat)) as parts:
        return [part async for part in parts]


def server_with(
    kind: ServerKind = "llama-server", fault: Fault | None = None, reply: Reply | None = None
) -> ModelServer:
    """One that answers as above, with one fault in each answer."""
    server = ModelServer(kind, lambda _question: reply or Reply(TEXT, THINKING))
    if fault is not None:
        server.plan = lambda _asked: fault
    return server


@pytest.mark.parametrize("kind", get_args(ServerKind))
def test_every_dialect_tells_thinking_from_answer(kind: ServerKind) -> None:
    with server_with(kind) as server:
        thinking, text, done = asked(server)
    assert (thinking, text, done.ended) == (THINKING, TEXT, "stop")
    counts = done.counts
    n_output = None if kind == "llama-cpp-python" else 11 + (kind in COUNTS_ITS_END)
    assert (counts.n_output, counts.n_prompt) == (n_output, n_output and 1)
    assert counts.n_thinking == (4 if kind in ("vllm", "openrouter") else None)
    assert counts.cost_usd == (0.001 if kind == "openrouter" else None)
    assert dict(counts.timings).keys() == {
        "llama-server": {"predicted_n", "predicted_per_second"}, "ollama": {"eval_s"},
    }.get(kind, set())  # fmt: skip


@pytest.mark.parametrize("kind", get_args(ServerKind))
@pytest.mark.repeats
def test_the_token_limit_is_told_from_an_end(kind: ServerKind) -> None:
    with server_with(kind) as server:
        thinking, text, done = asked(server, max_tokens=5)
    assert (thinking, text, done.ended) == (THINKING, "It", "length")


@pytest.mark.parametrize("fault", [
    Fault(split=1), Fault(split=7), Fault(pings=True, crlf=True), Fault(line=b": " + b"x" * 500_000 + b"\n\n"),
    Fault(line=b"data: not json\n\ndata: [1]\n\ndata: 3\n\ndata: {}\n\n"), Fault(line=b'data: {"choices": []}\n\n'),
    Fault(line=b'data: {"choices": [{"delta": null}], "usage": "many"}\n\n'), Fault(whole=True), Fault(cut_at_end=True),
    Fault(line=b'data: {"choices": [{"delta": {"content": 3, "reasoning": []}}], "error": null}\n\n'),
])  # fmt: skip
@pytest.mark.repeats
def test_what_changes_nothing(fault: Fault) -> None:
    with server_with(fault=fault) as server:
        thinking, text, done = asked(server)
    assert (thinking, text, done.ended) == (THINKING, TEXT, "stop")


@pytest.mark.parametrize(("fault", "said", "passes"), [
    (Fault(cut_after=0), "broke off", True),
    (Fault(cut_after=3), "broke off", True),
    (Fault(status=500), "fails (500: as planned)", True),
    (Fault(status=429, headers={"Retry-After": "7"}), "too much to do (429", True),
    (Fault(status=400), "refuses (400: as planned)", False),
    (Fault(status=401), "wants a key", False),
    (Fault(status=404), "refuses (404: as planned)", False),
    (Fault(status=302, headers={"Location": "http://evil.example/"}), "sends us on to http://evil.example", False),
    (Fault(body=b"<html>hello</html>"), "web page", False),
    (Fault(body=b"{}"), "without saying why", True),
    (Fault(body=b'{"error": {"message": "boom \\u001b[31m"}}'), "broke off its answer (boom)", True),
    (Fault(line=b"data: " + b"x" * (1 << 20) + b"\n\n"), "more than 1 MiB", False),
    (Fault(line=b"data: x\n" * 30), "no JSON", False),
    (Fault(line=b'data: {"error": {"message": "busy", "code": 503}}\n\n'), "broke off its answer (busy)", True),
    (Fault(line=b'data: {"error": {"message": "no", "code": 400}}\n\n'), "broke off its answer (no)", False),
    (Fault(line=b'error: {"message": "old", "error": "old"}\n\n'), "broke off its answer (old)", True),
    (Fault(line=b'data: {"object": "error", "message": "too long", "code": 400}\n\n'), "answer (too long)", False),
    (Fault(no_choices=True), "without saying why", True),
    (Fault(ends_with="abort"), "without saying why", True),
])  # fmt: skip
def test_what_comes_to_no_end_is_one_sentence(fault: Fault, said: str, passes: bool) -> None:
    with server_with(fault=fault) as server, pytest.raises(ServerError) as refused:
        asked(server)
    assert said in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert refused.value.is_passing is passes
    assert refused.value.wait_s == (7.0 if fault.headers.get("Retry-After") else None)


def test_a_kept_connection_that_its_server_has_closed_costs_no_answer() -> None:
    async def both(server: ModelServer) -> list[str]:
        target, served = Target(server.url), Served(server.url, "tiny", server.kind)
        found = []
        async with Client() as client:
            for _ in range(2):
                parts = client.chat(target, served, Chat((Message("user", "x"),), 9))
                found.append("".join([part.text async for part in parts if isinstance(part, Delta)]))
        return found

    with server_with() as server:
        server.plan = lambda asked: Fault(drops=asked.number == 1)
        first, second = asyncio.run(both(server))
        assert first == second == "It is ☃ 42 für"
        assert [one.is_finished for one in server.asked] == [True, False, True]


def test_a_request_over_a_new_connection_is_sent_once() -> None:
    with server_with(fault=Fault(drops=True)) as server:
        with pytest.raises(ServerError, match="broke off"):
            asked(server)
        assert len(server.asked) == 1


def test_a_server_that_falls_silent_is_given_up() -> None:
    async def stalled(server: ModelServer) -> None:
        async with Client(stall_s=0.2) as client:
            chat = Chat((Message("user", "x"),), 9)
            async for _ in client.chat(Target(server.url), Served(server.url, "tiny", "other"), chat):
                pass

    for fault in (Fault(hangs_after=2), Fault(hangs_after=2, pings_for_ever=True)):
        with server_with(fault=fault) as server, pytest.raises(ServerError) as refused:
            asyncio.run(stalled(server))
        assert refused.value.is_passing


def test_the_newer_name_of_a_limit_is_learnt_once() -> None:
    old = b'{"error": {"message": "no", "code": "unsupported_parameter", "param": "max_tokens"}}'

    async def twice(server: ModelServer) -> None:
        chat = Chat((Message("user", "x"),), 9)
        async with Client() as client:
            for _ in range(2):
                parts = [one async for one in client.chat(Target(server.url), Served(server.url, "m", "other"), chat)]
                assert isinstance(parts[-1], Done)

    with server_with("other") as server:
        server.plan = lambda asked: Fault(status=400, body=old) if "max_tokens" in asked.body else Fault()
        asyncio.run(twice(server))
        limits = [(one.body.get("max_tokens"), one.body.get("max_completion_tokens")) for one in server.asked]
    assert limits == [(9, None), (None, 9), (None, 9)]


def test_leaving_an_answer_ends_the_request_at_the_server() -> None:
    async def leave(server: ModelServer) -> None:
        served = Served(server.url, "tiny", "llama-server")
        chat = Chat((Message("user", "x"),), 9)
        async with Client() as client:
            async with aclosing(client.chat(Target(server.url), served, chat)) as parts:
                async for _ in parts:
                    break
            async with asyncio.timeout(60):
                while server.n_running:
                    await asyncio.sleep(0.01)

    with server_with(fault=Fault(endless=True, every_s=0.005)) as server:
        asyncio.run(leave(server))
        assert not server.asked[0].is_finished


def test_the_key_goes_to_its_host_and_into_no_sentence() -> None:
    with server_with(fault=Fault(body=b'{"error": "I saw Bearer sk-hunter2"}')) as server:
        with pytest.raises(ServerError) as refused:
            asyncio.run(ask(server, Chat((Message("user", "x"),), 9), key="sk-hunter2"))
        assert server.asked[0].authorization == "Bearer sk-hunter2"
    assert "hunter2" not in str(refused.value)


def body(kind: ServerKind, **options: Any) -> dict[str, Any]:
    """What a server is asked."""
    with server_with(kind) as server:
        asked(server, **options)
        return server.asked[0].body


def test_each_dialect_is_asked_in_its_own_words() -> None:
    sampler = SamplerSettings(temperature=0.5, top_k=0, top_p=0.9, min_p=0.1, repeat_penalty=1.1, seed=7)
    switches = (("enable_thinking", False),)
    llama = body("llama-server", sampler=sampler, switches=switches, caches_prompt=False)
    assert (llama["top_k"], llama["min_p"], llama["repeat_penalty"], llama["seed"]) == (0, 0.1, 1.1, 7)
    assert (llama["cache_prompt"], llama["chat_template_kwargs"]) == (False, {"enable_thinking": False})
    assert llama["messages"] == [{"role": "user", "content": "why?"}]
    vllm = body("vllm", sampler=sampler, caches_prompt=False)
    assert (vllm["top_k"], vllm["repetition_penalty"]) == (-1, 1.1)
    assert vllm["messages"] != [{"role": "user", "content": "why?"}]  # digits of chance stand before it
    ollama = body("ollama", sampler=sampler, switches=switches, n_ctx=2_048)
    options = ollama["options"]
    assert isinstance(options, dict)
    assert (options["num_ctx"], options["num_predict"], options["min_p"], ollama["think"]) == (2_048, 1_000, 0.1, False)
    service = body("openrouter", switches=switches)
    assert service["reasoning"] == {"enabled": False}
    assert not {"top_k", "min_p", "repeat_penalty", "repetition_penalty"} & service.keys()


@pytest.mark.parametrize(("line", "chunk"), [
    (b'{"choices":[{"delta":{"reasoning_details":[{"text":"a"},{"text":"b"},3],"reasoning":"c"}}]}', Chunk("ab")),
    (b'{"choices":[{"delta":{"reasoning_content":"","reasoning":"c","thinking":"d"}}]}', Chunk("c")),
    (b'{"choices":[{"delta":{"thinking":"d","content":null}}]}', Chunk("d")),
    (b'{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"text":"u"}]}}]}',
     Chunk("t", "u")),
    (b'{"choices":[{"delta":{"content":"\\ud83d"},"finish_reason":"length"}]}', Chunk("", "\ufffd", "length")),
    (b'{"choices":[{"delta":{"content":"\\ud83d\\ude00"},"finish_reason":null}]}', Chunk("", "😀")),
    (b'{"choices":[{"delta":{"refusal":"no"}}]}', Chunk("", "no")),
    (b'{"choices":{}}', Chunk()), (b'{"choices":[null]}', Chunk()), (b"[" * 100_000, None), (b'"x"', None), (b"", None),
])  # fmt: skip
@pytest.mark.repeats
def test_what_a_line_says(line: bytes, chunk: Chunk | None) -> None:
    assert chunk_of(line) == chunk


@pytest.mark.parametrize("usage", [
    b"3", b"[1]", b'{"completion_tokens":-1}', b'{"completion_tokens":true}', b'{"completion_tokens":1e400}',
    b'{"completion_tokens":"12","completion_tokens_details":[],"cost":"x"}', b'{"completion_tokens":NaN}',
])  # fmt: skip
@pytest.mark.repeats
def test_wrong_counts_are_none(usage: bytes) -> None:
    chunk = chunk_of(b'{"choices":[],"usage":' + usage + b"}")
    assert chunk is not None
    assert chunk.counts is not None
    assert (chunk.counts.n_output, chunk.counts.n_thinking, chunk.counts.cost_usd) == (None, None, None)
