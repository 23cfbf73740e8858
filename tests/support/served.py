"""A server of models on the loopback, in each of the dialects, with faults as planned. It records what it is asked.

Its tokens are words: a piece of the stream is one, `usage` and `/tokenize` count them; the kinds that count the token
which ends an output do so here. `Fault` says what goes wrong with one request, `ModelServer.plan` which request gets
which.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.served_calls import bits, whole

from aa_tui.engine.served.values import ServerKind
from aa_tui.engine.served.writing import COUNTS_ITS_END

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
NAMES_OF_REASONING: dict[str, str] = {"vllm": "reasoning", "openrouter": "reasoning", "ollama": "thinking"}
"""In which field thinking comes; elsewhere it is `reasoning_content`."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What is written for a question. With `tagged` the thinking stands within the content, in <think> tags.

    `calls` are names and arguments of what is called after the text, sent as `style` says: "bits" in numbered bits,
    "whole" each in one piece with its number, "unnumbered" in pieces without one, "own" with an id and the number 0
    for each, "object" as an object without a number.
    """

    text: str
    thinking: str = ""
    tagged: bool = False
    calls: Sequence[tuple[str, Any]] = ()
    style: str = "bits"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; without any field nothing does.

    `status`, `headers` and `body` are answered instead of a stream. `cut_after` closes the connection after so many
    pieces, `cut_at_end` after the one that says why it ended, `hangs_after` leaves it open and silent from there, with
    `pings_for_ever` but for comments. `endless` goes on writing without end, `ignores_limit` past `max_tokens` to the
    reply's end. `split` sends so many bytes at once. `line` is a line put before the first piece, `last_line` one put
    before the end. `usage` is told instead of the true one, `{}` for none; `ends_with` is the finish reason. `whole`
    answers without streaming. `drops` closes the connection without a byte.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    after_s: float = 0.0
    every_s: float = 0.0
    cut_after: int | None = None
    cut_at_end: bool = False
    hangs_after: int | None = None
    pings_for_ever: bool = False
    endless: bool = False
    ignores_limit: bool = False
    split: int = 0
    line: bytes = b""
    last_line: bytes = b""
    usage: Json | None = None
    ends_with: str | None = None
    no_choices: bool = False
    pings: bool = False
    crlf: bool = False
    whole: bool = False
    drops: bool = False


NONE = Fault()


@dataclass
class Asked:
    """A request for an answer. `is_finished`: its end was written, whatever came of the connection then."""

    number: int
    question: str
    body: Json
    authorization: str
    is_finished: bool = False
    n_pieces: int = 0
    has_a_slot: bool = False


def words(text: str) -> list[str]:
    """The tokens of a text."""
    return re.findall(r"\s*\S+|\s+$", text)


class ModelServer:
    """Serves `models` until `close`. `reply` makes an answer of a question, the last message's text."""

    def __init__(
        self,
        kind: ServerKind = "llama-server",
        reply: Callable[[str], Reply] = lambda question: Reply(f"You said: {question}"),
        *,
        models: Sequence[str] = ("tiny",),
        key: str = "",
        n_slots: int = 4,
        context_tokens: int = 8_192,
        most_at_once: int | None = None,
        tls: ssl.SSLContext | None = None,
        says: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind, self.reply, self.models, self.key = kind, reply, list(models), key
        self.n_slots, self.context_tokens, self.most_at_once = n_slots, context_tokens, most_at_once
        self.plan: Callable[[Asked], Fault] = lambda _asked: NONE
        self.says: dict[str, Any] = dict(says or {})  # by path: what is answered there instead; bytes as they are
        self.statuses: dict[str, int] = {}  # by path
        self.sends_on_to = ""  # an address to which everybody is redirected
        self.asked: list[Asked] = []
        self.paths: list[str] = []
        self.authorizations: list[str] = []
        self.n_running = self.peak = 0
        self.template_takes_tools = True
        self.refuses_tools = 0  # the status that requests with tools get
        self.n_loading = 0  # so many questions about itself are answered with 503 first
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Its root."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def finished(self) -> list[str]:
        """The questions whose answers were written to their end."""
        return [one.question for one in self.asked if one.is_finished]

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._call(self._listen())

    def stop(self) -> None:
        """Be gone: whoever is connected is cut off, and nobody gets in."""
        self._call(self._end())

    def close(self) -> None:
        """Stop for good."""
        if self._loop.is_closed():
            return
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort() if self._tls else writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        _method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        data = await reader.readexactly(int(headers.get("content-length", "0")))
        path, authorization = target.partition("?")[0], headers.get("authorization", "")
        body: Json = json.loads(data) if data else {}
        self.paths.append(path)
        self.authorizations.append(authorization)
        if path in ("/v1/chat/completions", "/api/chat") and self._is_let_in(path, authorization):
            return await self._chat(writer, body, authorization)
        status, answer = self._look_up(path, body, authorization)
        return await self._send(writer, status, answer, {"Location": self.sends_on_to + path} if status == 302 else {})

    def _is_let_in(self, path: str, authorization: str) -> bool:
        is_planned = self.sends_on_to or path in self.statuses or path in self.says
        return not is_planned and self.key in ("", authorization.removeprefix("Bearer "))

    def _look_up(self, path: str, body: Json, authorization: str) -> tuple[int, Any]:
        if self.sends_on_to:
            return 302, b""
        if path in self.statuses:
            return self.statuses[path], _error("as planned", self.statuses[path])
        if path in self.says:
            return 200, self.says[path]
        if path != "/health" and not self._is_let_in(path, authorization):
            return 401, _error(f"Invalid key: {authorization}", 401)
        if self.n_loading > 0 and path != "/health":
            self.n_loading -= 1
            return 503, _error("Loading model", 503)
        answer = self._about(path, body)
        return (404, {"detail": "Not Found"}) if answer is None else (200, answer)

    async def _send(
        self, writer: asyncio.StreamWriter, status: int, answer: Any, headers: Mapping[str, str] | None = None
    ) -> bool:
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        kind = "text/html" if data[:1] == b"<" else "application/json"
        told = {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}
        writer.write(_head(status, told) + data)
        await writer.drain()
        return True

    async def _chat(self, writer: asyncio.StreamWriter, body: Json, authorization: str) -> bool:
        asked = Asked(len(self.asked), str(body["messages"][-1]["content"]), body, authorization)
        if body.get("tools") and self.refuses_tools:
            self.asked.append(asked)
            return await self._send(writer, self.refuses_tools, _error("this model takes no tools", self.refuses_tools))
        self.asked.append(asked)
        fault = self.plan(asked)
        if self.most_at_once is not None and self.n_running >= self.most_at_once:
            fault = Fault(status=429, headers={"Retry-After": "0"})
        asked.has_a_slot = True
        self.n_running += 1
        self.peak = max(self.peak, self.n_running)
        try:
            if fault.after_s:
                await asyncio.sleep(fault.after_s)
            if fault.status != 200 or fault.body is not None:
                return await self._send(
                    writer, fault.status, _error("as planned", fault.status) if fault.body is None else fault.body,
                    fault.headers,
                )  # fmt: skip
            if fault.drops:
                writer.transport.abort()
                return False
            if fault.whole:
                return await self._whole(writer, asked)
            return await self._stream(writer, asked, fault)
        finally:
            self._leave(asked)

    def _leave(self, asked: Asked) -> None:
        """Its slot is free: before its end is told, since whoever has heard that may ask again at once."""
        self.n_running -= asked.has_a_slot
        asked.has_a_slot = False

    async def _whole(self, writer: asyncio.StreamWriter, asked: Asked) -> bool:
        reply = self.reply(asked.question)
        message: Json = {
            "role": "assistant",
            "content": reply.text or None,
            "reasoning_content": reply.thinking or None,
        }
        if reply.calls:
            message["tool_calls"] = [whole(number, *call, reply.style) for number, call in enumerate(reply.calls)]
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if reply.calls else "stop"}
        asked.is_finished = True
        self._leave(asked)
        return await self._send(
            writer, 200, {"choices": [choice], "usage": self._usage(asked, reply, len(words(reply.text)))}
        )

    async def _stream(self, writer: asyncio.StreamWriter, asked: Asked, fault: Fault) -> bool:
        native = "options" in asked.body
        kind = "application/x-ndjson" if native else "text/event-stream"
        writer.write(_head(200, {"Content-Type": kind, "Transfer-Encoding": "chunked"}))
        for number, line in enumerate(self._lines(asked, fault, native)):
            if _is_past(asked, fault.cut_after):
                asked.is_finished = False
                writer.transport.abort()
                return False
            if _is_past(asked, fault.hangs_after):
                asked.is_finished = False
                while fault.pings_for_ever:
                    await self._write(writer, b": ping\n\n", NONE)
                    await asyncio.sleep(0.02)
                await asyncio.sleep(3_600)
            if fault.every_s and number:
                await asyncio.sleep(fault.every_s)
            if asked.is_finished:
                self._leave(asked)
            await self._write(writer, line, fault)
            if asked.is_finished and fault.cut_at_end:
                await writer.drain()
                await asyncio.sleep(0.02)  # what was written arrives before the cut
                writer.transport.abort()
                return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _write(self, writer: asyncio.StreamWriter, line: bytes, fault: Fault) -> None:
        size = fault.split or len(line)
        for at in range(0, len(line), size):
            part = line[at : at + size]
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            if fault.split:
                await writer.drain()
                await asyncio.sleep(0)
        await writer.drain()

    def _lines(self, asked: Asked, fault: Fault, native: bool) -> Iterator[bytes]:
        wrap = _ndjson if native else (_sse_crlf if fault.crlf else _sse)
        if fault.pings and not native:
            yield b": ping\n\n"
        if not native and not fault.no_choices:
            yield wrap(
                {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
            )
        if fault.line:
            yield fault.line
        reply, limit = self.reply(asked.question), self._limit(asked.body)
        reason = "stop"
        for is_thinking, piece in self._pieces(reply, fault):
            if asked.n_pieces >= limit and not fault.ignores_limit and not fault.endless:
                reason = "length"
                break
            asked.n_pieces += 1
            if fault.pings and not native:
                yield b": still there\n\n"
            chunk = self._chunk(piece, is_thinking, native) | (self._so_far(asked) if fault.usage is None else {})
            yield wrap({"choices": []} if fault.no_choices else chunk)
        for bit in bits(reply.calls, "object" if native else reply.style):
            if asked.n_pieces >= limit and not fault.ignores_limit:
                reason = "length"
                break
            asked.n_pieces += 1
            yield wrap(_with_calls([bit], native))
        if fault.last_line:
            yield fault.last_line
        n_end = self.kind in COUNTS_ITS_END and reason == "stop"
        usage = self._usage(asked, reply, asked.n_pieces + n_end) if fault.usage is None else fault.usage
        if fault.no_choices:
            yield wrap({"usage": usage})
            return
        asked.is_finished = True
        reason = fault.ends_with or ("tool_calls" if reply.calls and reason == "stop" and not native else reason)
        if native:
            yield wrap({"model": "m", "message": {"role": "assistant", "content": ""}, "done": True,
                        "done_reason": reason, **usage})  # fmt: skip
            return
        yield wrap({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if usage and (asked.body.get("stream_options") or {}).get("include_usage") and self.kind != "llama-cpp-python":
            yield wrap({"choices": [], "usage": usage, **self._timings(usage)})
        yield b"data: [DONE]\n\n"

    def _pieces(self, reply: Reply, fault: Fault) -> Iterator[tuple[bool, str]]:
        if reply.tagged and reply.thinking:
            yield from ((False, one) for one in words(f"<think>\n{reply.thinking}\n</think>\n\n{reply.text}"))
        else:
            yield from ((True, one) for one in words(reply.thinking))
            yield from ((False, one) for one in words(reply.text))
        number = 0
        while fault.endless:
            number += 1
            yield False, f" word{number}"

    def _so_far(self, asked: Asked) -> Json:
        """Counts that come with each piece, where they are asked for."""
        if asked.body.get("timings_per_token"):
            return {"timings": {"predicted_n": asked.n_pieces}}
        if (asked.body.get("stream_options") or {}).get("continuous_usage_stats"):
            return {"usage": {"completion_tokens": asked.n_pieces}}
        return {}

    def _chunk(self, piece: str, is_thinking: bool, native: bool) -> Json:
        name = NAMES_OF_REASONING.get(self.kind, "reasoning_content") if is_thinking else "content"
        if native:
            message = {"role": "assistant", "content": "", name: piece}
            return {"model": "m", "message": message, "done": False}
        delta: Json = {name: piece}
        if self.kind == "openrouter" and is_thinking:
            delta["reasoning_details"] = [{"type": "reasoning.text", "text": piece}]
        return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    def _limit(self, body: Json) -> int:
        limit = body["options"].get("num_predict") if "options" in body else body.get("max_tokens")
        return int(limit) if limit else 1 << 30

    def _usage(self, asked: Asked, reply: Reply, n_pieces: int) -> Json:
        n_prompt = sum(len(words(str(one["content"]))) for one in asked.body["messages"]) + len(
            asked.body.get("tools", ())
        )
        if "options" in asked.body:
            return {"prompt_eval_count": n_prompt, "eval_count": n_pieces, "eval_duration": n_pieces * 10_000_000}
        usage: Json = {"prompt_tokens": n_prompt, "completion_tokens": n_pieces, "total_tokens": n_prompt + n_pieces}
        usage["prompt_tokens_details"] = {"cached_tokens": 1}
        if self.kind in ("vllm", "openrouter"):
            usage["completion_tokens_details"] = {"reasoning_tokens": min(len(words(reply.thinking)), n_pieces)}
        if self.kind == "openrouter":
            usage["cost"] = 0.001
        return usage

    def _timings(self, usage: Json) -> Json:
        if self.kind != "llama-server":
            return {}
        return {"timings": {"predicted_n": usage.get("completion_tokens", 0), "predicted_per_second": 50.0}}

    def _about(self, path: str, body: Json) -> Any:
        """What it says of itself; None for what it does not know."""
        if path == "/v1/models":
            return {"object": "list", "data": [self._listed(name) for name in self.models]}
        about = {
            "llama-server": self._of_llama_server, "llama-cpp-python": self._of_llama_cpp_python, "vllm": self._of_vllm,
            "sglang": self._of_sglang, "ollama": self._of_ollama, "lm-studio": self._of_lm_studio,
        }.get(self.kind)  # fmt: skip
        return about(path, body) if about is not None else None

    def _listed(self, name: str) -> Json:
        owner = {"llama-server": "llamacpp", "vllm": "vllm", "sglang": "sglang", "llama-cpp-python": "me"}
        entry: Json = {"id": name, "object": "model", "owned_by": owner.get(self.kind, "someone")}
        if self.kind == "llama-server":
            entry["meta"] = {"n_params": 1_000_000, "size": 2_000_000, "n_vocab": 512, "n_ctx_train": 32_768}
        if self.kind in ("vllm", "sglang"):
            entry["max_model_len"] = self.context_tokens
        if self.kind == "openrouter":
            entry |= {
                "context_length": self.context_tokens,
                "pricing": {"prompt": "0.0000002", "completion": "0.000001"},
            }
        return entry

    def _of_llama_server(self, path: str, body: Json) -> Any:
        if path == "/props":
            params = {"temperature": 0.800000011920929, "top_k": 40, "top_p": 0.949999988079071}
            return {
                "default_generation_settings": {"n_ctx": self.context_tokens, "params": params},
                "total_slots": self.n_slots, "model_path": f"/models/{self.models[0]}-Q4_K_M.gguf",
                "chat_template": TEMPLATE, "build_info": "b9999-abcdef",
            }  # fmt: skip
        return {
            "/health": {"status": "ok"},
            "/apply-template": {"prompt": " ".join(self._parts_of_prompt(body))},
            "/tokenize": {"tokens": list(range(len(words(str(body.get("content", ""))))))},
        }.get(path)

    def _parts_of_prompt(self, body: Json) -> Iterator[str]:
        if self.template_takes_tools:
            yield from (json.dumps(tool) for tool in body.get("tools", ()))
        yield from (str(one["content"]) for one in body.get("messages", []))

    def _of_llama_cpp_python(self, path: str, body: Json) -> Any:
        return {
            "/openapi.json": {"info": {"title": "llama.cpp Python API", "version": "0.3.36"}},
            "/extras/tokenize/count": {"count": len(words(str(body.get("input", ""))))},
        }.get(path)

    def _of_vllm(self, path: str, body: Json) -> Any:
        text = " ".join(str(one["content"]) for one in body.get("messages", [])) or str(body.get("prompt", ""))
        return {"/version": {"version": "0.11.0"}, "/tokenize": {"count": len(words(text)), "tokens": []}}.get(path)

    def _of_sglang(self, path: str, _body: Json) -> Any:
        return {
            "/get_model_info": {"model_path": self.models[0], "is_generation": True},
            "/get_server_info": {"version": "0.5.6"},
        }.get(path)

    def _of_ollama(self, path: str, _body: Json) -> Any:
        return {
            "/api/version": {"version": "0.13.0"},
            "/api/tags": {"models": [{"name": name, "size": 2_000_000} for name in self.models]},
            "/api/show": {
                "details": {"quantization_level": "Q4_K_M"}, "template": "{{ .Prompt }}",
                "parameters": 'stop    "<|im_end|>"\ntemperature    0.6',
                "model_info": {"general.parameter_count": 1_000_000, "qwen3.context_length": self.context_tokens},
            },
        }.get(path)  # fmt: skip

    def _of_lm_studio(self, path: str, _body: Json) -> Any:
        if path != "/api/v0/models":
            return {"error": f"Unexpected endpoint or method. ({path})"}
        return {
            "data": [
                {"id": name, "quantization": "Q4_K_M", "max_context_length": 32_768,
                 "loaded_context_length": self.context_tokens}
                for name in self.models
            ]
        }  # fmt: skip


def _with_calls(calls: list[Json], native: bool) -> Json:
    if native:
        return {"model": "m", "message": {"role": "assistant", "content": "", "tool_calls": calls}, "done": False}
    return {"choices": [{"index": 0, "delta": {"tool_calls": calls}, "finish_reason": None}]}


def _is_past(asked: Asked, n_pieces: int | None) -> bool:
    """Whether the next line is one too many."""
    if n_pieces is None:
        return False
    return asked.n_pieces > n_pieces or (asked.is_finished and asked.n_pieces >= n_pieces)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Planned", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _error(words: str, status: int) -> Json:
    return {"error": {"message": words, "code": status, "type": "planned"}}


def _sse(value: Json) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n\n"


def _sse_crlf(value: Json) -> bytes:
    return b"data:" + json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\r\n\r\n"


def _ndjson(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
