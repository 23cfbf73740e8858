"""One queue of requests, shared by all servers: whoever has room takes the next.

Everything here happens in one asyncio loop. Only what has come to no end is asked again; what has ended is never asked
twice, whatever became of the connection then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from random import Random
from time import perf_counter

from aa_tui.engine.calling import Tool
from aa_tui.engine.chat import Message
from aa_tui.engine.output import never_started
from aa_tui.engine.requests import Dropped, Event, Finished, FinishReason, Request
from aa_tui.engine.served import counting, exchange
from aa_tui.engine.served.bodies import Chat
from aa_tui.engine.served.chunks import Ended
from aa_tui.engine.served.client import Client, Done, Seen
from aa_tui.engine.served.exchange import ServerError
from aa_tui.engine.served.probing import look
from aa_tui.engine.served.server import Server
from aa_tui.engine.served.waits import backoff_s
from aa_tui.engine.served.writing import Writing, cost_usd
from aa_tui.engine.thinking import Marks

MOST_TRIES_WITH_TOOLS = 2
"""Of a request that offers functions, at a server that fails at it and never answered to one that does."""

_REFUSES_TOOLS = frozenset({400, 404, 405, 415, 422, 500, 501})
"""How servers say that they cannot take functions: llama-server with 500, Ollama with 400."""

MOST_TRIES = 5
"""Of one request that breaks off again and again; servers that cannot be reached, or have too much to do, are none."""

TRIAL_S = 120.0
"""So long a server is waited for that is asked whether it takes functions at all."""

BUSY_PATIENCE_S = 600.0
"""So long may servers say that they have too much to do, and nothing else."""

_LOOK_S = 10.0
_TRIAL = Tool("nothing", "Does nothing.", {"type": "object", "properties": {}})


@dataclass(slots=True, eq=False)
class Job:
    """A request on its way. `n_broken` counts tries that a server began and did not end."""

    request: Request
    chat: Chat
    submitted: float
    n_tries: int = 0
    n_broken: int = 0
    ready_at: float = 0.0
    avoids: Server | None = None
    is_cancelled: bool = False
    server: Server | None = None
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """One request to one server, and what came of it."""

    job: Job
    server: Server
    writing: Writing
    seen: Seen
    done: Done | None = None


_REASONS: dict[Ended, tuple[FinishReason, str]] = {
    "length": ("length", ""),
    "filter": ("error", "The server's filter stopped the answer."),
}


@dataclass(slots=True, eq=False)
class Pool:
    """The servers and their queue. `tell` is given each event as it happens.

    `failure` becomes a sentence where nothing goes on any more: no server answers, or the money is spent.
    """

    client: Client
    servers: list[Server]
    marks: Marks
    tell: Callable[[Event], object]
    loop_guard: bool = True
    counts_tokens: bool = True
    max_usd: float | None = None
    patience_s: float = 60.0
    spent_usd: float = 0.0
    failure: str | None = None
    waiting: deque[Job] = field(default_factory=deque)
    running: dict[str, Job] = field(default_factory=dict)
    chance: Random = field(default_factory=Random)
    _n_priced: int = 0
    _unpriced: str = ""
    _looks: set[asyncio.Task[None]] = field(default_factory=set)

    def submit(self, job: Job) -> None:
        """Queue a request."""
        self.waiting.append(job)

    def cancel(self, request_id: str) -> None:
        """End a request."""
        job = self.running.get(request_id)
        if job is not None:
            job.is_cancelled = True
            if job.task is not None:
                job.task.cancel()
            return
        for waiting in self.waiting:
            if waiting.request.id == request_id:
                self.waiting.remove(waiting)
                self.tell(never_started(waiting.request, perf_counter() - waiting.submitted))
                return

    async def close(self) -> None:
        """End everything, without a word."""
        self.waiting.clear()
        tasks = [job.task for job in self.running.values() if job.task is not None] + list(self._looks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.client.close()

    def tick(self) -> None:
        """Start what may start. Raises what a request's own task raised, which is a fault of ours."""
        now = perf_counter()
        self._look_after(now)
        while self.waiting and self._may_spend() and (found := self._next(now)) is not None:
            job, server = found
            self.waiting.remove(job)
            self._start(job, server)
        if self.waiting and not self.running and self.failure is None:
            self.failure = self._why_over(now)

    def _next(self, now: float) -> tuple[Job, Server] | None:
        """The next request, and the server that takes it: not the one where it came to nothing, if there is another."""
        with_room = sorted((one for one in self.servers if one.has_room(now)), key=lambda one: one.load)
        if not with_room:
            return None
        n_alive = sum(one.is_asked_soon(now) for one in self.servers)
        for job in self.waiting:
            if job.ready_at > now:
                continue
            for server in with_room:
                if server is not job.avoids or n_alive == 1:
                    return job, server
        return None

    def _start(self, job: Job, server: Server) -> None:
        job.n_tries += 1
        server.n_running += 1
        job.server = server
        self.running[job.request.id] = job
        job.task = asyncio.create_task(self._run(job, server))
        job.task.add_done_callback(lambda task: self._ended(task, job))

    def _release(self, job: Job) -> None:
        """A request has left its server; to be said before its end is told."""
        server, job.server = job.server, None
        if server is not None:
            server.n_running -= 1
            del self.running[job.request.id]

    def _ended(self, task: asyncio.Task[None], job: Job) -> None:
        self._release(job)
        if not task.cancelled():
            task.result()  # what is no ServerError is a fault of ours: the loop's handler has it

    async def _run(self, job: Job, server: Server) -> None:
        request, seen, started = job.request, Seen(), perf_counter()
        writing = Writing(request, self.marks, queued_s=started - job.submitted, loop_guard=self.loop_guard)
        done: Done | None = None
        reason: FinishReason | None = None
        try:
            async with asyncio.timeout(request.max_s):
                async with aclosing(self.client.chat(server.target, server.served, job.chat, seen=seen)) as parts:
                    async for part in parts:
                        if isinstance(part, Done):
                            done = part
                            continue
                        for piece in writing.take(part):
                            self.tell(piece)
                        server.pace.piece(part.at)
                        if writing.reason is not None:
                            break
        except TimeoutError:
            reason = "timeout"
        except asyncio.CancelledError:
            if not job.is_cancelled:
                raise
            reason = "cancelled"
        except ServerError as error:
            tried = _Try(job, server, writing, seen)
            if not await self._refuses_tools(tried, error):
                self._failed(tried, error)
            return
        writing.end()
        ended = done.ended if done is not None else None
        said = ""
        if writing.reason is not None:
            reason = writing.reason
        elif ended is not None:
            reason, said = _REASONS.get(ended, ("stop", ""))
        tried = _Try(job, server, writing, seen, done)
        self._finish(tried, await self._made(tried, reason or "stop", said))

    async def _made(self, tried: _Try, why: FinishReason, said: str) -> Finished:
        now, writing, server = perf_counter(), tried.writing, tried.server
        by_tokenizer = None
        if self.counts_tokens and writing.n_pieces and writing.told(tried.seen.counts) is None and why != "cancelled":
            by_tokenizer = await self._by_tokenizer(server, writing)
        return writing.finished(
            why,
            server.served,
            tried.seen,
            now=now,
            done=tried.done,
            by_tokenizer=by_tokenizer,
            n_tries=tried.job.n_tries,
            message=said,
        )

    async def _by_tokenizer(self, server: Server, writing: Writing) -> tuple[int, int] | None:
        if not counting.can_count(server.served):
            return None
        found = [
            await counting.n_text(self.client.connections, server.target, server.served, text)
            for text in writing.written
        ]
        return None if found[0] is None or found[1] is None else (found[0], found[1])

    def _finish(self, tried: _Try, finished: Finished) -> None:
        server, cost = tried.server, finished.answered_by.cost_usd if finished.answered_by is not None else None
        if cost is not None:
            self.spent_usd += cost
            self._n_priced += 1
        elif tried.done is not None:
            self._unpriced = server.target.url
        if finished.reason not in ("cancelled", "timeout"):
            server.answered(perf_counter(), was_full=server.n_running >= server.pace.limit)
            server.n_with_tools += bool(tried.job.request.tools)
        self._release(tried.job)
        self.tell(finished)

    async def _refuses_tools(self, tried: _Try, error: ServerError) -> bool:
        """Whether a failure has been seen to: the request offers functions, which this server may not take.

        A tiny request with a function tells its refusal of all functions, after which it is asked no more, from one of
        this very request.
        """
        job, server = tried.job, tried.server
        if not job.request.tools or server.n_with_tools or error.status not in _REFUSES_TOOLS or tried.writing.n_pieces:
            return False
        job.n_broken += 1
        if error.is_passing and job.n_broken < MOST_TRIES_WITH_TOOLS:
            self._again(tried, backoff_s(1, self.chance))
            return True
        takes = None if server.is_out else await self._takes_tools(tried)
        if takes is False:
            server.is_out, server.why = True, str(exchange.without_tools(server.target, error))
        elif takes:
            server.n_with_tools += 1
            return False
        elif not server.is_out and job.n_broken >= MOST_TRIES:
            return False
        self._again(tried, backoff_s(job.n_broken, self.chance))
        return True

    async def _takes_tools(self, tried: _Try) -> bool | None:
        """Whether a server takes functions at all; None where it does not tell."""
        job, server, seen = tried.job, tried.server, Seen()
        chat = replace(job.chat, messages=(Message("user", "Hello"),), tools=(_TRIAL,), max_tokens=1)
        try:
            async with asyncio.timeout(TRIAL_S):
                async with aclosing(self.client.chat(server.target, server.served, chat, seen=seen)) as parts:
                    async for _ in parts:
                        pass
        except ServerError as error:
            return False if error.status in _REFUSES_TOOLS else None
        except TimeoutError:
            return None
        except asyncio.CancelledError:
            if not job.is_cancelled:
                raise
            return None
        counts = seen.counts
        self.spent_usd += cost_usd(server.served, counts, counts.n_prompt or 0, counts.n_output or 0) or 0.0
        return True

    def _failed(self, tried: _Try, error: ServerError) -> None:
        """A request came to nothing: it is asked again, or is told as an error."""
        job, server, writing, counts = tried.job, tried.server, tried.writing, tried.seen.counts
        now = perf_counter()
        writing.end()
        if writing.n_pieces:  # a service lets one pay for what it wrote
            n_prompt = counts.n_prompt or job.request.n_prompt
            self.spent_usd += cost_usd(server.served, counts, n_prompt, writing.tokens(counts).n_output) or 0.0
        if not error.is_passing and (error.status is not None or not server.n_done):
            if server.refused(error):
                self._give_up(tried, error)
            else:
                self._again(tried, 0.0)
            return
        server.failed(error, tried.seen.started or now, now)
        if error.is_busy:
            self._again(tried, 0.0)
            return
        job.n_broken += tried.seen.first_byte is not None or error.status is not None
        if job.n_broken >= MOST_TRIES:
            self._give_up(tried, error)
        else:
            self._again(tried, backoff_s(max(job.n_broken, 1), self.chance))

    def _again(self, tried: _Try, wait_s: float) -> None:
        """Back to the front of the queue; where there is another server it need not wait."""
        job = tried.job
        self._release(job)
        job.avoids, job.task = tried.server, None
        job.ready_at = perf_counter() + wait_s if len(self.servers) == 1 else 0.0
        if job.is_cancelled:
            self.tell(never_started(job.request, perf_counter() - job.submitted))
            return
        if tried.writing.n_pieces:
            self.tell(Dropped(job.request.id))
        self.waiting.appendleft(job)

    def _give_up(self, tried: _Try, error: ServerError) -> None:
        finished = tried.writing.finished(
            "error", tried.server.served, tried.seen, now=perf_counter(), n_tries=tried.job.n_tries, message=str(error)
        )
        if finished.answered_by is not None:  # what it cost has been counted
            finished = replace(finished, answered_by=replace(finished.answered_by, cost_usd=None))
        self._release(tried.job)
        self.tell(finished)

    def _look_after(self, now: float) -> None:
        """Ask servers that are down whether they are well again."""
        for server in self.servers:
            if server.is_down and not server.is_out and not server.is_looked_at and now >= server.ready_at:
                server.is_looked_at = True
                task = asyncio.create_task(self._look(server))
                self._looks.add(task)
                task.add_done_callback(self._looks.discard)

    async def _look(self, server: Server) -> None:
        try:
            target = replace(server.target, model=server.served.model)
            found = await look(self.client.connections, target, patience_s=_LOOK_S)
        except ServerError as error:
            server.why = str(error)
            server.go_down(perf_counter())
        else:
            if found.identity() == server.served.identity():
                server.came_back()
            else:
                server.is_out = True
                server.why = f"{server.target.url} serves something else since it came back: probe it again."
        finally:
            server.is_looked_at = False

    def _may_spend(self) -> bool:
        """Whether another answer may be paid for: what runs is expected to cost what others did."""
        if self.max_usd is None:
            return True
        if self._unpriced:
            return False
        each = self.spent_usd / self._n_priced if self._n_priced else 0.0
        n_running = len(self.running)
        return self.spent_usd < self.max_usd and (not n_running or self.spent_usd + n_running * each < self.max_usd)

    def _why_over(self, now: float) -> str | None:
        """Why nothing goes on, with requests waiting and none running; None while something may."""
        if not self._may_spend():
            if self._unpriced:
                return (
                    f"{self._unpriced} says neither what an answer costs nor its prices, so that ${self.max_usd:g} "
                    "cannot be kept to: leave out the limit."
                )
            return f"${self.spent_usd:.2f} are spent, of ${self.max_usd:g} that may be: raise the limit to go on."
        hopeless = [one.is_hopeless(now, self.patience_s, BUSY_PATIENCE_S) for one in self.servers]
        if not all(hopeless):
            return None
        if len(self.servers) == 1:
            return self.servers[0].why
        whys = "; ".join(dict.fromkeys(one.why.rstrip(".") for one in self.servers))
        return f"None of the {len(self.servers)} servers answers any more: {whys}."


def limits(servers: Iterable[Server]) -> int:
    """How many requests may run at once at most, over all servers."""
    return sum(one.pace.most for one in servers)
