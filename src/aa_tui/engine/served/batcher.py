"""Servers as one engine with slots: the same promises as llama.cpp in process, kept over HTTP.

All talking happens in one thread with a loop of its own. The caller's side only queues requests and takes events, so
that no server, however slow, keeps `step` longer than STEP_S.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Literal, NoReturn, Self, TypeVar

from aa_tui.engine.calling import Grammar, Tool
from aa_tui.engine.chat import ChatPrompt, Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.requests import Event, Finished, Request, check_request
from aa_tui.engine.served import counting
from aa_tui.engine.served.bodies import Chat
from aa_tui.engine.served.client import STALL_S, Client
from aa_tui.engine.served.holding import way_of
from aa_tui.engine.served.pace import Pace
from aa_tui.engine.served.pool import Job, Pool, limits
from aa_tui.engine.served.server import Server, ServerStanding
from aa_tui.engine.served.values import Served, Target
from aa_tui.engine.settings import EngineSettings
from aa_tui.engine.thinking import Marks
from aa_tui.gguf.reasoning import Format, formats
from aa_tui.textsafe import clean_line

_T = TypeVar("_T")

STEP_S = 0.25
"""So long `step` waits for something to happen."""

CLOSE_S = 5.0
"""So long `close` waits for connections to end; what does not, ends with the process."""

MOST_UNCOUNTED = 3
"""After so many prompts in a row that it did not count, a server is not asked for that any more."""

SURELY = 2
"""A prompt has no more tokens than so many times what is guessed of it."""

PATIENCE_S = 60.0
FORMAT = "served"
"""The format of servers that say nothing of it: thinking in a field of its own, or in any of the usual tags."""

_ALSO_USUAL = (("[THINK]", "[/THINK]"), ("<seed:think>", "</seed:think>"), ("<mm:think>", "</mm:think>"))


def open_served(
    servers: Sequence[tuple[Target, Served]],
    settings: EngineSettings,
    *,
    loop_guard: bool = True,
    max_usd: float | None = None,
    caches_prompts: bool = True,
    count_tokens: bool = True,
    switches: Mapping[str, bool] | None = None,
    patience_s: float = PATIENCE_S,
    stall_s: float = STALL_S,
    longest_output: int | None = None,
) -> ServedBatcher:
    """Servers that answer as one; use the result as a context manager.

    Each gets at most `settings.n_parallel` requests at once. `max_usd` is what all answers may cost; without
    `caches_prompts` each prompt is computed anew; `count_tokens` asks the servers' tokenizers where nothing else tells.
    A prompt that fits beside the `longest_output` twice over is not counted before it is asked: the server does it
    then. `switches` are the chat template's, such as `enable_thinking`. Where no server answers for `patience_s`, it is
    over; an answer without a byte for `stall_s` is begun again. Raises EngineError where there is no server.
    """
    if not servers:
        raise EngineError("There is no server to ask: name one, like http://box:8080.")
    if max_usd is not None and not max_usd > 0:
        raise EngineError("What answers may cost must be above 0 dollars.")
    if settings.n_parallel < 1:
        raise EngineError(f"The setting n_parallel is {settings.n_parallel}: it must be above 0.")
    template = servers[0][1].template or ""
    format_ = _format_of(template)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    pool = Pool(
        Client(stall_s=stall_s),
        [Server(target, served, Pace(served.n_slots, settings.n_parallel)) for target, served in servers],
        Marks(format_ or _usual()),
        events.put,
        loop_guard=loop_guard,
        counts_tokens=count_tokens,
        max_usd=max_usd,
        patience_s=patience_s,
    )
    talk = _Talk(pool, events)
    talk.start()
    return ServedBatcher(
        talk,
        settings,
        template=template,
        reasoning_format=format_.name if format_ is not None else FORMAT,
        chat=Chat((), 1, caches_prompt=caches_prompts, switches=tuple((switches or {}).items())),
        counts=count_tokens,
        longest_output=longest_output,
    )


def _format_of(template: str) -> Format | None:
    known = formats()
    return known.recognise(template, lambda _: False) if template and known.thinks(template) else None


def _usual() -> Format:
    unstated = formats().all[-1]
    return replace(unstated, name=FORMAT, pairs=(*unstated.pairs, *_ALSO_USUAL))


@dataclass(slots=True, eq=False)
class _Talk:
    """The thread that talks to the servers, and what it and the caller hand each other."""

    pool: Pool
    events: queue.SimpleQueue[Event]
    fault: BaseException | None = None
    _is_ready: threading.Event = field(default_factory=threading.Event)
    _loop: asyncio.AbstractEventLoop | None = None
    _ends: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to talk."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="served", daemon=True)
        self._thread.start()
        self._is_ready.wait()

    async def _main(self) -> None:
        self._loop, self._ends = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._note_fault)
        self._is_ready.set()
        await self._ends.wait()
        await self.pool.close()

    def _note_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if self.fault is None and isinstance(error, BaseException):
            self.fault = error

    def call(self, work: Callable[..., object], *values: object) -> None:
        """Have something done over there."""
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            raise EngineError("The engine is closed: open it again.")
        self._loop.call_soon_threadsafe(work, *values)

    def result(self, work: Coroutine[Any, Any, _T], seconds: float) -> _T | None:
        """What comes of a question over there; None where that takes too long."""
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            work.close()
            raise EngineError("The engine is closed: open it again.")
        asked = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return asked.result(seconds)
        except TimeoutError:
            asked.cancel()
            return None

    def end(self) -> None:
        """Stop talking, wherever an answer is."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None or self._ends is None:
            return
        if thread.is_alive():
            self._loop.call_soon_threadsafe(self._ends.set)
            thread.join(CLOSE_S)


class ServedBatcher:
    """A Batcher (`aa_tui.engine.protocol`) over one or more servers: made by `open_served`.

    `prompt_tokens_from` says whether prompts were counted by a server's tokenizer, or guessed by their characters, or
    need not be counted before their answers tell.
    """

    def __init__(
        self,
        talk: _Talk,
        settings: EngineSettings,
        *,
        template: str,
        reasoning_format: str,
        chat: Chat,
        counts: bool,
        longest_output: int | None,
    ) -> None:
        self._talk, self._chat, self._counts = talk, chat, counts
        self._servers = talk.pool.servers
        self._template, self._reasoning_format = template, reasoning_format
        contexts = [one for server in self._servers if (one := _context(server.served, settings)) is not None]
        self._settings = replace(
            settings,
            n_ctx=min(contexts, default=settings.n_ctx),
            n_parallel=limits(self._servers),
            shares_prefix=False,
            forks=False,
        )
        self._open_ids: set[str] = set()
        self._longest_output = longest_output
        self._counted, self._guessed = False, not counts
        self._n_uncounted = 0
        self._asked_for_tools = False
        self._shows_tools: bool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def settings(self) -> EngineSettings:
        """The settings as they are used: the slots of all servers, and the shortest of their contexts."""
        return self._settings

    @property
    def devices_used(self) -> tuple[dict[str, Any], ...]:
        """None of this machine."""
        return ()

    @property
    def template(self) -> str:
        """The template of the first server; empty where it does not tell."""
        return self._template

    @property
    def reasoning_format(self) -> str:
        """The format that the template speaks of, else FORMAT."""
        return self._reasoning_format

    @property
    def system_turn(self) -> str:
        """Not known of a server."""
        return ""

    @property
    def n_ctx(self) -> int:
        """Tokens of context for one request."""
        return self._settings.n_ctx

    @property
    def n_slots(self) -> int:
        """Requests that may run at once, on all servers together."""
        return self._settings.n_parallel

    @property
    def n_running(self) -> int:
        """Requests that a server has."""
        return len(self._talk.pool.running)

    @property
    def is_busy(self) -> bool:
        """Whether anything is running or waiting, or an event has not been told yet."""
        return bool(self._open_ids)

    @property
    def spent_usd(self) -> float:
        """What the answers cost so far, as far as servers or their prices tell."""
        return self._talk.pool.spent_usd

    @property
    def prompt_tokens_from(self) -> Literal["tokenizer", "characters", "usage"]:
        """Who counted the prompts so far; nobody yet where the server does it with each answer."""
        return "characters" if self._guessed else "tokenizer" if self._counted else "usage"

    @property
    def calls_from(self) -> Literal["server", ""]:
        """Who reads the calls in the answers; empty where no functions were on offer so far."""
        return "server" if self._asked_for_tools else ""

    def standing(self) -> tuple[ServerStanding, ...]:
        """How each server does."""
        return tuple(one.standing for one in self._servers)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt:
        """The conversation, and how many tokens a server counts in it; where none does, rather too many."""
        counted, guess = None, counting.estimate(messages, tools)
        server = next((one for one in self._servers if not one.standing.why_down), self._servers[0])
        connections = self._talk.pool.client.connections
        if tools and not self._asked_for_tools:  # the template decides, and is the same for all prompts
            self._asked_for_tools = True
            shows = counting.shows_tools(connections, server.target, server.served, messages, tools)
            self._shows_tools = self._talk.result(shows, counting.PATIENCE_S)
        prompt = ChatPrompt(
            (),
            opens_thinking=False,
            messages=tuple(messages),
            counted=guess,
            tools=tuple(tools),
            shows_tools=self._shows_tools if tools else None,
        )
        if self._longest_output is not None and SURELY * guess + self._longest_output <= self.n_ctx:
            return prompt
        if self._counts:
            switches = dict(self._chat.switches)
            asked = counting.n_prompt(connections, server.target, server.served, messages, switches, tools=tools)
            counted = self._talk.result(asked, 3 * counting.PATIENCE_S)
            self._n_uncounted = self._n_uncounted + 1 if counted is None else 0
            self._counts = self._n_uncounted < MOST_UNCOUNTED
        self._counted |= counted is not None
        self._guessed |= counted is None
        return prompt if counted is None else replace(prompt, counted=counted)

    def tokenize(self, _text: str) -> tuple[int, ...]:
        """Nothing: a server takes texts."""
        return ()

    def closing_tag(self) -> tuple[int, ...]:
        """Nothing, so that nobody asks for forks."""
        return ()

    def answer(self, _tokens: Sequence[int]) -> str:
        """Nothing: there are no forks."""
        return ""

    def text(self, _tokens: Sequence[int]) -> str:
        """Nothing: there are no tokens."""
        return ""

    def submit(self, request: Request) -> None:
        """Queue a request. It starts with a step, as soon as a server has room."""
        check_request(request, self.n_ctx)
        if not request.messages:
            raise EngineError("A server needs the messages of a prompt: make it with this engine.")
        if request.grammar is not None and not self.held_by(request.grammar):
            raise EngineError("This server is not known to hold answers to such a grammar: leave it out.")
        if request.id in self._open_ids:
            raise EngineError(f"There is a request {clean_line(request.id)} already.")
        chat = replace(
            self._chat,
            messages=request.messages,
            max_tokens=request.max_tokens,
            sampler=request.sampler,
            ignore_eos=request.ignore_eos,
            n_ctx=self.n_ctx,
            tools=request.tools,
            grammar=request.grammar,
        )
        self._talk.call(self._talk.pool.submit, Job(request, chat, perf_counter()))
        self._open_ids.add(request.id)

    def step(self) -> list[Event]:
        """What has come since the last step; waits up to STEP_S for something. Nothing waiting starts without it.

        Raises EngineError where nothing goes on any more: no server answers, or the money is spent.
        """
        if not self._open_ids:
            return []
        self._talk.call(self._talk.pool.tick)
        found = self._take()
        if not found:
            if self._talk.fault is not None:
                raise self._talk.fault
            if self._talk.pool.failure is not None:
                raise EngineError(self._talk.pool.failure)
        self._open_ids.difference_update(event.id for event in found if isinstance(event, Finished))
        return found

    def _take(self) -> list[Event]:
        found: list[Event] = []
        waits = True
        while True:
            try:
                found.append(self._talk.events.get(waits, STEP_S if waits else None))
            except queue.Empty:
                return found
            waits = False

    def run(self, requests: Iterable[Request] = ()) -> Iterator[Event]:
        """Submit requests and give every event until nothing is left to do."""
        for request in requests:
            self.submit(request)
        while self.is_busy:
            yield from self.step()

    def cancel(self, request_id: str) -> None:
        """End a request now; its Finished event comes with a step. An unknown one is none of ours."""
        if request_id in self._open_ids:
            self._talk.call(self._talk.pool.cancel, request_id)

    def held_by(self, grammar: Grammar) -> str:
        """The field of a request that says it; empty where a server is not known to take it."""
        ways = [way_of(one.served, grammar) for one in self._servers]
        return ways[0] if all(ways) else ""

    def check_grammars(self, _grammars: Iterable[Grammar]) -> None:
        """Each server does that for itself, and refuses what it cannot hold."""

    def release(self, _request_id: str) -> None:
        """Nothing is held here: a server keeps what it likes."""

    def fork(self, _request_id: str, _cue: Sequence[int], _max_tokens: int) -> NoReturn:
        """No server can do that."""
        raise EngineError("A server cannot continue a copy of an answer that it is writing.")

    def close(self) -> None:
        """End all requests and connections, wherever they are. Calling it again does nothing."""
        self._talk.end()
        self._open_ids.clear()


def _context(served: Served, settings: EngineSettings) -> int | None:
    """Ollama gives a model the context that is asked for; of others one gets what they were started with."""
    if served.kind == "ollama" and served.context_tokens is not None:
        return min(served.context_tokens, settings.n_ctx)
    return served.context_tokens
