"""One question to one server, and its answer as it comes, with the time at which each bit of it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from aa_tui.engine.served import exchange
from aa_tui.engine.served.bodies import Chat, body_of, path_of
from aa_tui.engine.served.calling import CallPart
from aa_tui.engine.served.chunks import NOTHING, Chunk, Counts, Ended, chunk_of
from aa_tui.engine.served.exchange import Connections, ServerError
from aa_tui.engine.served.stream import DONE, Lines, TooLongError, events, rows
from aa_tui.engine.served.values import Served, Target
from aa_tui.textsafe import clean_line, cut

if TYPE_CHECKING:
    import httpx

STALL_S = 600.0
"""Without a byte for so long a connection is taken for dead: a long prompt takes minutes on a slow machine."""

TAIL_S = 3.0
"""After an answer's end its counts are waited for so long."""

PINGS = 3
"""A server that keeps the connection alive and writes nothing is waited for so many times as long."""

LIMIT, NEWER_LIMIT = "max_tokens", "max_completion_tokens"

_DRAIN_S = 0.2
_ODD_LINES = 20


@dataclass(frozen=True, slots=True)
class Delta:
    """New text, in one of the two or in both, and bits of calls; `at` is when they arrived, by `time.perf_counter`.

    `n_output` is how many tokens the server counts so far, where it tells.
    """

    at: float
    thinking: str = ""
    text: str = ""
    n_output: int | None = None
    calls: tuple[CallPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The answer's end: the server said why it ended, at `at`. `started` is when the request was sent."""

    at: float
    ended: Ended
    counts: Counts
    started: float
    first_byte: float


@dataclass(slots=True)
class Seen:
    """What is known of an answer while it comes, for whoever may leave before its end."""

    started: float = 0.0
    first_byte: float | None = None
    counts: Counts = NOTHING


class Client:
    """Asks servers, on connections that are kept. Belongs to one asyncio loop; use it as a context manager.

    An answer without a byte for `stall_s` is given up.
    """

    def __init__(self, *, stall_s: float = STALL_S) -> None:
        self.connections = Connections()
        self._stall_s = stall_s
        self._renames: set[str] = set()  # the servers that know OpenAI's newer name for a limit alone

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give up every connection."""
        await self.connections.close()

    async def chat(
        self, target: Target, served: Served, chat: Chat, *, seen: Seen | None = None
    ) -> AsyncGenerator[Delta | Done, None]:
        """The answer to a question, ending with Done. To stop earlier, close the iterator (`contextlib.aclosing`).

        What is no text is not told: a role alone, an empty delta, a comment. Raises ServerError for a refusal, and for
        an answer that comes to no end; after an end nothing is raised any more.
        """
        seen = Seen() if seen is None else seen
        answer = await self._sent(target, served, chat, seen)
        try:
            with exchange.failures(target):
                kind = answer.headers.get("Content-Type", "").lower()
                if kind.startswith(("application/json", "text/html")):
                    parts = _of_whole(target, answer, seen)
                else:
                    reader = _Reader(target, answer, seen, is_rows="ndjson" in kind, patience_s=PINGS * self._stall_s)
                    parts = reader.parts()
                async with aclosing(parts):
                    async for part in parts:
                        yield part
        finally:
            await answer.aclose()

    async def _sent(self, target: Target, served: Served, chat: Chat, seen: Seen) -> httpx.Response:
        """The beginning of an answer that is one. Raises ServerError."""
        path, body = path_of(served.kind), body_of(served, chat)
        while True:
            if target.url in self._renames:
                body[NEWER_LIMIT] = body.pop(LIMIT)
            request = self._request(target, path, body)
            seen.started = perf_counter()
            with exchange.failures(target):
                answer, seen.started = await self.connections.sent(target, request)
                if answer.is_success:
                    return answer
                try:
                    refusal = await exchange.refused(target, answer, path)
                finally:
                    await answer.aclose()
            if refusal.unsupported != LIMIT or LIMIT not in body:
                raise refusal
            self._renames.add(target.url)

    def _request(self, target: Target, path: str, body: dict[str, Any]) -> httpx.Request:
        request = self.connections.request(target, path, body)
        limits = {"connect": exchange.CONNECT_S, "read": self._stall_s, "write": self._stall_s, "pool": None}
        request.extensions = {**request.extensions, "timeout": limits}
        return request


async def _of_whole(target: Target, answer: httpx.Response, seen: Seen) -> AsyncGenerator[Delta | Done, None]:
    """An answer that came in one, although a stream was asked for."""
    data = await exchange.whole(target, answer)
    now = seen.first_byte = perf_counter()
    chunk = chunk_of(data)  # as lenient as with a stream: a model may have written NaN into arguments
    if chunk is None:
        exchange.read_json(target, data, answer.headers.get("Content-Type", ""))  # says what it is instead
        raise _unfinished(target)
    _raise_error(target, chunk)
    if chunk.thinking or chunk.text or chunk.calls:
        yield Delta(now, chunk.thinking, chunk.text, calls=chunk.calls)
    if chunk.ended in (None, "broken"):
        raise _unfinished(target)
    seen.counts = chunk.counts or NOTHING
    yield Done(now, chunk.ended or "stop", seen.counts, seen.started, now)


class _Reader:
    """Reads one streamed answer."""

    def __init__(self, target: Target, answer: httpx.Response, seen: Seen, *, is_rows: bool, patience_s: float) -> None:
        self._target, self._answer, self._seen = target, answer, seen
        self._patience_s, self._wrote = patience_s, perf_counter()
        self._split = rows if is_rows else events
        self._lines = Lines()
        self._ended: tuple[Ended, float] | None = None
        self._is_done = False
        self._n_odd = 0

    async def parts(self) -> AsyncGenerator[Delta | Done, None]:
        """Deltas and the end. Raises ServerError where there is none."""
        import httpx

        source = self._answer.aiter_raw().__aiter__()
        async with aclosing(source):  # type: ignore[type-var]  # it is a generator, which httpx does not say
            while not self._is_done:
                try:
                    async with asyncio.timeout(TAIL_S if self._ended else None):
                        data = await anext(source, b"")
                except (httpx.HTTPError, TimeoutError):
                    if self._ended is None:
                        raise
                    data = b""
                now = perf_counter()
                if self._seen.first_byte is None and data:
                    self._seen.first_byte = now
                for delta in self._read(data, now):
                    yield delta
                    self._wrote = now
                if not data:
                    break
                if now - self._wrote > self._patience_s and self._ended is None:
                    raise exchange.too_slow(self._target, self._patience_s)
            yield self._done()
            await self._drain(source)

    async def _drain(self, source: AsyncIterator[bytes]) -> None:
        """Read what is left, so that the connection can be used again."""
        import httpx

        try:
            async with asyncio.timeout(_DRAIN_S):
                while await anext(source, b""):
                    pass
        except (httpx.HTTPError, TimeoutError):
            return

    def _done(self) -> Done:
        seen = self._seen
        if self._ended is None:
            raise _unfinished(self._target)
        reason, at = self._ended
        return Done(at, reason, seen.counts, seen.started, seen.started if seen.first_byte is None else seen.first_byte)

    def _read(self, data: bytes, now: float) -> Iterator[Delta]:
        try:
            lines = self._lines.feed(data) if data else self._lines.end()
        except TooLongError:
            if self._ended is not None:
                self._is_done = True
                return
            raise ServerError(
                f"{self._name} sends a line of more than 1 MiB, which is no answer of a model: is it the right address?"
            ) from None
        for event in self._split(lines):
            if event == DONE:
                self._is_done = True
                return
            chunk = chunk_of(event)
            if chunk is None:
                self._odd()
                continue
            if self._ended is None:
                _raise_error(self._target, chunk)
            if chunk.counts is not None:
                self._seen.counts = _merged(self._seen.counts, chunk.counts)
            if self._ended is None and (chunk.thinking or chunk.text or chunk.calls):
                n_output = chunk.counts.n_output if chunk.counts is not None else None
                yield Delta(now, chunk.thinking, chunk.text, n_output, chunk.calls)
            if chunk.ended is not None and self._ended is None:
                if chunk.ended == "broken":
                    raise _unfinished(self._target)
                self._ended = chunk.ended, now
                self._is_done = self._split is rows

    def _odd(self) -> None:
        """A line that is no JSON may come of anything in between; many of them are no answer."""
        self._n_odd += 1
        if self._n_odd > _ODD_LINES and self._ended is None:
            raise ServerError(f"{self._name} answers with what is no JSON: is it the address of a model server?")

    @property
    def _name(self) -> str:
        return cut(clean_line(self._target.url), 100)


def _merged(old: Counts, new: Counts) -> Counts:
    """The newest of each count."""
    names = ("n_prompt", "n_cached", "n_output", "n_thinking", "cost_usd")
    found = {name: value for name in names if (value := getattr(new, name)) is not None}
    return replace(old, **found, timings=new.timings or old.timings)


def _raise_error(target: Target, chunk: Chunk) -> None:
    """What a server says in the midst of an answer, where its status has been told already."""
    error = chunk.error
    if error is None:
        return
    said = exchange.own_words(target, {"error": error}) or "no reason given"
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and not isinstance(code, bool) and 100 <= code < 600 else None
    name = cut(clean_line(target.url), 100)
    raise ServerError(
        f"{name} broke off its answer ({said}).",
        status=status,
        is_passing=status is None or status in exchange.PASSING,
        is_busy=status in (429, 503, 529),
    )


def _unfinished(target: Target) -> ServerError:
    name = cut(clean_line(target.url), 100)
    return ServerError(f"{name} ended its answer without saying why: look at its log.", is_passing=True)
