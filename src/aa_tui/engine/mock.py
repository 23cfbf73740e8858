"""An engine without a model: known answers, known counts and known faults, to test everything above an engine with.

Its tokens are the bytes of the text, and four control tokens beyond them. It writes through the same splitter, loop
guard, stop texts and clocks as the real one; its clock is its own and moves by `step_s` each step, so that the same
requests give the same events every time.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any, Literal, Self

from aa_tui.engine.calling import Grammar, Tool
from aa_tui.engine.chat import CHATML, ChatPrompt, Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.output import Output, never_started
from aa_tui.engine.requests import Event, Finished, FinishReason, Request, check_request
from aa_tui.engine.settings import EngineSettings
from aa_tui.engine.thinking import Marks
from aa_tui.gguf.reasoning import formats

START, END, THINK, ANSWER = range(256, 260)
_CONTROL = {START: b"<|im_start|>", END: b"<|im_end|>", THINK: b"<think>", ANSWER: b"</think>"}

Fault = Literal["error", "nan", "loop", "timeout", "length", "raise", "kill"]
"""error, nan: it ends with an error. loop, timeout, length: it goes in circles, gets stuck past its `max_s`, or
rambles on until its token limit. raise: the step raises EngineError. kill: the process is killed, as by an abort
inside llama.cpp."""

NAN = "llama.cpp computed no number (NaN): the file may be damaged."


@dataclass(frozen=True, slots=True)
class Reply:
    """What is written for a prompt, and what goes wrong after `fault_after` tokens of it."""

    answer: str
    thinking: str = ""
    fault: Fault | None = None
    fault_after: int = 3


Replies = Callable[[str, int], Reply]
"""From the text of the last message and the sampler's seed to what is written."""


def by_question(replies: Mapping[str, Reply | str], otherwise: Reply | str = "I do not know.") -> Replies:
    """The same reply to the same question every time; a question counts where the message contains it."""

    def reply(message: str, _seed: int) -> Reply:
        found = replies.get(message)
        if found is None:
            found = next((one for question, one in replies.items() if question in message), otherwise)
        return found if isinstance(found, Reply) else Reply(found)

    return reply


def by_chance(
    answers: Mapping[str, str],
    accuracy: float,
    *,
    wrong: str = "I do not know.",
    n_thinking: tuple[int, int] = (0, 0),
    faults: Mapping[Fault, float] | None = None,
    seed: int = 0,
) -> Replies:
    """Right answers with a known probability, thinking of a known range of tokens, faults with known probabilities.

    Depends on nothing but question, seed and the request's own seed: neither on order nor on what ran before.
    """

    def reply(message: str, request_seed: int) -> Reply:
        source = Random(hashlib.sha256(f"{seed}\0{request_seed}\0{message}".encode()).digest())
        right = next((answer for question, answer in answers.items() if question in message), wrong)
        text = right if source.random() < accuracy else wrong
        length = source.randint(*n_thinking)
        thinking = "".join(source.choices("abcdefghij klmnop qrstuv wxyz.", k=length))
        drawn, fault = source.random(), None
        for kind, share in (faults or {}).items():
            drawn -= share
            if drawn < 0:
                fault = kind
                break
        return Reply(text, thinking, fault)

    return reply


@dataclass(slots=True)
class _Slot:
    request: Request
    output: Output
    todo: Iterator[int]
    reply: Reply
    n_prefill: int  # tokens of the prompt that are still to be processed
    n_cached: int
    n_written: int = 0
    stuck_s: float = 0.0


@dataclass(slots=True)
class MockEngine:
    """A Batcher (`aa_tui.engine.protocol`) that writes what `replies` says.

    `faults` strike the n-th request submitted (from 0), whatever its reply. At `raises_at_step` the step (from 0)
    raises EngineError, at `dies_at_step` the process is killed. A step takes `step_s` on the mock's clock, and as
    long on everybody's where `sleeps`; it processes `n_prefill` tokens of each waiting prompt.
    """

    replies: Replies = field(default_factory=lambda: by_question({}))
    settings: EngineSettings = field(default_factory=lambda: EngineSettings(n_ctx=65_536, n_parallel=4))
    faults: Mapping[int, Fault] = field(default_factory=dict)
    raises_at_step: int | None = None
    dies_at_step: int | None = None
    step_s: float = 0.01
    sleeps: bool = False
    n_prefill: int = 512
    opens_thinking: bool = False
    reasoning_format: str = "think"
    system_turn: str = ""
    loop_guard: bool = True
    n_steps: int = 0
    n_submitted: int = 0
    n_forks: int = 0
    is_closed: bool = False
    devices_used: tuple[dict[str, Any], ...] = ()
    _queue: deque[tuple[Request, Fault | None, float]] = field(default_factory=deque)
    _slots: dict[str, _Slot] = field(default_factory=dict)
    _held: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _events: list[Event] = field(default_factory=list)
    _now: float = 0.0
    _prefix: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop everything."""
        self._queue.clear()
        self._slots.clear()
        self._held.clear()
        self._events.clear()
        self.is_closed = True

    @property
    def marks(self) -> Marks:
        """Its thinking tags are tokens of their own."""
        return _marks()

    @property
    def template(self) -> str:
        """ChatML, with an open thinking tag at its end where `opens_thinking`."""
        return CHATML.replace("assistant\n", "assistant\n<think>\n") if self.opens_thinking else CHATML

    @property
    def n_ctx(self) -> int:
        """Tokens of a slot's context."""
        return self.settings.n_ctx

    @property
    def n_slots(self) -> int:
        """Requests that run at once."""
        return self.settings.n_parallel

    @property
    def n_running(self) -> int:
        """Requests that have a slot."""
        return len(self._slots)

    @property
    def is_busy(self) -> bool:
        """Whether anything is running or waiting, or an event has not been told yet."""
        return bool(self._slots or self._queue or self._events)

    @property
    def n_held(self) -> int:
        """Ended requests that something is held of; each keeps its slot."""
        return len(self._held)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt:
        """ChatML, the messages as data; functions on offer in a turn of their own, calls as Hermes writes them."""
        tokens: list[int] = []
        if tools:
            offer = "\n".join(json.dumps(tool.to_dict()) for tool in tools)
            tokens += [START, *f"system\n{offer}".encode(), END, *b"\n"]
        for message in messages:
            written = message.content + "".join(
                f'<tool_call>{{"name": {json.dumps(call.name)}, "arguments": {call.arguments}}}</tool_call>'
                for call in message.calls
            )
            tokens += [START, *f"{message.role}\n{written}".encode(), END, *b"\n"]
        tokens += [START, *b"assistant\n"]
        if self.opens_thinking:
            tokens += [THINK, *b"\n"]
        return ChatPrompt(tuple(tokens), self.opens_thinking, tools=tuple(tools), shows_tools=True if tools else None)

    def tokenize(self, text: str) -> tuple[int, ...]:
        """A token for each byte."""
        return tuple(text.encode())

    def closing_tag(self) -> tuple[int, ...]:
        """The token that ends the thinking."""
        return (ANSWER,)

    def answer(self, tokens: Sequence[int]) -> str:
        """The text of what a copy wrote: its replies have no marks around their answers."""
        return self.text(tokens)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, control tokens written out."""
        return b"".join(map(_piece, tokens)).decode(errors="replace")

    def submit(self, request: Request) -> None:
        """Queue a request. Raises EngineError where the real engine would."""
        check_request(request, self.n_ctx)
        if request.id in self._slots or any(one.id == request.id for one, _, _ in self._queue):
            raise EngineError(f"There is a request {request.id} already.")
        self._queue.append((request, self.faults.get(self.n_submitted), self._now))
        self.n_submitted += 1

    def cancel(self, request_id: str) -> None:
        """End a request now. An unknown one is none of ours."""
        if request_id in self._slots:
            self._finish(self._slots[request_id], "cancelled")
            return
        for entry in self._queue:
            if entry[0].id == request_id:
                self._queue.remove(entry)
                self._events.append(never_started(entry[0], self._now - entry[2]))
                return

    def held_by(self, _grammar: Grammar) -> str:
        """What is written here is written beforehand."""
        return "sampler"

    def check_grammars(self, _grammars: Iterable[Grammar]) -> None:
        """What is written here is written beforehand."""

    def release(self, request_id: str) -> None:
        """Let go of what an ended request holds."""
        self._held.pop(request_id, None)

    def run(self, requests: Iterable[Request] = ()) -> Iterator[Event]:
        """Submit requests and give every event until nothing is left to do."""
        for request in requests:
            self.submit(request)
        while self.is_busy:
            yield from self.step()

    def fork(self, request_id: str, cue: Sequence[int], max_tokens: int) -> tuple[int, ...]:
        """The answer that the request would come to, as if its thinking ended now."""
        slot = self._slots.get(request_id)
        if slot is None or not slot.output.tokens:
            raise EngineError(f"The request {request_id} is not writing: there is nothing to fork.")
        if not cue:
            raise EngineError("A fork needs a cue to begin with.")
        if len(slot.request.prompt) + len(slot.output.tokens) + len(cue) + max_tokens > self.n_ctx:
            raise EngineError("The context is too full for a fork.")
        self.n_forks += 1
        return self.tokenize(slot.reply.answer)[:max_tokens]

    def step(self) -> list[Event]:
        """One token of every running request."""
        if self.n_steps == self.dies_at_step:
            _die()
        self.n_steps += 1
        if self.n_steps - 1 == self.raises_at_step:
            raise EngineError("llama.cpp failed while computing (a fault of the mock): run `aa-tui doctor`.")
        self._now += self.step_s
        if self.sleeps:
            time.sleep(self.step_s)
        for entry in list(self._queue):
            if entry[0].continues in self._held or len(self._slots) + len(self._held) < self.n_slots:
                self._queue.remove(entry)
                self._start(*entry)
        for slot in list(self._slots.values()):
            slot.n_prefill -= self.n_prefill
            if slot.n_prefill <= 0:
                self._write(slot)
        events, self._events = self._events, []
        return events

    def _start(self, request: Request, fault: Fault | None, submitted: float) -> None:
        message = self.text(request.prompt).rpartition("<|im_end|>")[0].rpartition("<|im_start|>")[2]
        reply = self.replies(message.partition("\n")[2], request.sampler.seed)
        if fault is not None:
            reply = Reply(reply.answer, reply.thinking, fault, reply.fault_after)
        shared = request.prompt[: min(request.n_shared, len(request.prompt) - 1)]
        n_cached = len(shared) if self.settings.shares_prefix and shared == self._prefix else 0
        self._prefix = shared
        held = self._held.pop(request.continues, ())
        n_cached = max(n_cached, _n_common(held, request.prompt[:-1]))
        output = Output(
            request, self.marks, queued_s=self._now - submitted, started=self._now, loop_guard=self.loop_guard
        )
        todo = _tokens(reply, opens_thinking=self.opens_thinking)
        self._slots[request.id] = _Slot(request, output, todo, reply, len(request.prompt) - n_cached, n_cached)

    def _write(self, slot: _Slot) -> None:
        token, fault = next(slot.todo), slot.reply.fault
        if slot.n_written == slot.reply.fault_after and fault is not None:
            if fault == "kill":
                _die()
            if fault == "raise":
                raise EngineError("llama.cpp failed while computing (a fault of the mock): run `aa-tui doctor`.")
            if fault in ("error", "nan"):
                self._finish(slot, "error", NAN if fault == "nan" else "The mock was told to fail.")
                return
            if fault == "timeout":
                slot.stuck_s = slot.request.max_s or 0.0
        slot.n_written += 1
        piece = slot.output.take(token, _piece(token), self._now + slot.stuck_s, is_end=token == END)
        if piece is not None:
            self._events.append(piece)
        if slot.output.reason is not None:
            self._finish(slot, slot.output.reason)

    def _finish(self, slot: _Slot, reason: FinishReason, message: str = "") -> None:
        del self._slots[slot.request.id]
        done: Finished = slot.output.finished(reason, self._now, n_cached=slot.n_cached, message=message)
        if slot.request.holds:
            self._held[done.id] = (*slot.request.prompt, *done.tokens)
            done = replace(done, raw=self.text(done.tokens))
        self._events.append(done)


def _n_common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((at for at, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(one), len(other)))


def _tokens(reply: Reply, *, opens_thinking: bool) -> Iterator[int]:
    """What is written, to its end or without one."""
    whole: list[int] = []
    if reply.thinking or opens_thinking:
        whole += [*([] if opens_thinking else [THINK]), *reply.thinking.encode(), ANSWER]
    whole += [*reply.answer.encode(), END]
    if reply.fault not in ("loop", "length", "timeout"):
        yield from whole
        return
    yield from whole[: min(reply.fault_after, len(whole) - 1)]
    source = Random(0)
    while True:  # a loop says the same again and again, the others always something new
        yield from b"and again " if reply.fault == "loop" else source.choices(range(97, 123), k=10)


@cache
def _marks() -> Marks:
    return Marks(formats().named("think"), {"<think>": THINK, "</think>": ANSWER}.get)


def _piece(token: int) -> bytes:
    return _CONTROL[token] if token in _CONTROL else bytes([token])


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
