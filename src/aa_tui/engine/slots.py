"""Many requests at once over llama.cpp: continuous batching, a shared prefix, forks.

Each slot is a sequence of llama.cpp with a sampler chain of its own. One step decodes one batch: the next token of
every running slot, and a bounded piece of the prompts that are still to be processed, so that running slots do not
starve. A slot that has finished is refilled at the next step.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import isnan
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from aa_tui.engine import native
from aa_tui.engine.errors import EngineError
from aa_tui.engine.loops import EVERY, is_loop
from aa_tui.engine.requests import Clocks, Event, Finished, FinishReason, Piece, Request
from aa_tui.engine.sampling import Sampler
from aa_tui.engine.settings import GREEDY
from aa_tui.engine.thinking import Splitter, Tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aa_tui.engine.llama import LlamaEngine

N_PREFILL = 128
"""Prompt tokens in one step: more would make running slots wait, fewer would waste the wide kernels."""


@dataclass(slots=True)
class _Slot:
    """A sequence at work. `n_past` tokens of it are in the KV cache; `todo` are the prompt's tokens still to come."""

    request: Request
    seq_id: int
    sampler: Sampler
    splitter: Splitter
    queued_s: float
    started: float
    todo: Sequence[int]
    n_past: int = 0
    n_cached: int = 0
    n_done: int = 0  # of todo
    tokens: list[int] = field(default_factory=list)
    first: float | None = None
    first_answer: float | None = None
    last: float = 0.0
    row: int = -1  # of this step's batch, where a token is to be sampled; else -1

    @property
    def is_running(self) -> bool:
        """Whether its prompt has been processed."""
        return self.n_done == len(self.todo)


class SlotEngine:
    """Continuous batching over a loaded model; not safe to share between threads.

    The model must have been loaded with `n_parallel` slots (`EngineSettings`): so many requests run at once, each
    with `n_ctx` tokens of its own. With `shares_prefix` a common prefix is processed once and copied, with `forks`
    running requests can be forked.
    """

    def __init__(self, engine: LlamaEngine, tags: Tags | None = None, *, loop_guard: bool = True) -> None:
        self._low = low = native.library()
        self._engine = engine
        self._context = engine.context
        self._memory = engine.memory
        self._tags = tags or Tags()
        self._loop_guard = loop_guard
        self.n_slots = engine.settings.n_parallel
        self._free = deque(range(self.n_slots))
        self._prefix_seq = self.n_slots if engine.settings.shares_prefix else None
        self._fork_seq = self.n_slots + engine.settings.shares_prefix if engine.settings.forks else None
        self._prefix: tuple[int, ...] = ()
        self._queue: deque[tuple[Request, float]] = deque()
        self._slots: dict[str, _Slot] = {}
        self._room = engine.settings.n_batch
        self._batch: Any = low.llama_batch_init(self._room, 0, 1)
        self._pieces: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self._events: list[Event] = []
        self.n_decoded = 0
        self.n_copied = 0
        engine.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free what belongs to the slots; the model stays loaded."""
        for slot in self._slots.values():
            slot.sampler.close()
        self._slots.clear()
        self._queue.clear()
        if self._batch is not None:
            self._low.llama_batch_free(self._batch)
            self._batch = None

    # -- asking

    @property
    def is_busy(self) -> bool:
        """Whether anything is running or waiting, or an event has not been told yet."""
        return bool(self._slots or self._queue or self._events)

    @property
    def n_running(self) -> int:
        """Requests that have a slot."""
        return len(self._slots)

    def submit(self, request: Request) -> None:
        """Queue a request. Raises EngineError for an empty prompt, or one that leaves no room for the output."""
        limit = self._engine.settings.n_ctx
        if not request.prompt or request.max_tokens < 1:
            raise EngineError("There is nothing to generate: the prompt or the output has no tokens.")
        if len(request.prompt) + request.max_tokens > limit:
            raise EngineError(
                f"A prompt of {len(request.prompt):,} tokens and {request.max_tokens:,} to generate do not fit the "
                f"{limit:,} tokens of a slot: ask for less or raise n_ctx."
            )
        if request.id in self._slots or any(one.id == request.id for one, _ in self._queue):
            raise EngineError(f"There is a request {request.id} already.")
        self._queue.append((request, perf_counter()))

    def cancel(self, request_id: str) -> None:
        """End a request now; what it has written is told by its Finished event. An unknown one is none of ours."""
        if request_id in self._slots:
            self._finish(self._slots[request_id], "cancelled")
            return
        for entry in self._queue:
            if entry[0].id == request_id:
                self._queue.remove(entry)
                waited = perf_counter() - entry[1]
                self._events.append(
                    Finished(request_id, "cancelled", "", "", len(entry[0].prompt), 0, 0, 0, Clocks(waited), None, ())
                )
                return

    def run(self, requests: Iterable[Request] = ()) -> Iterator[Event]:
        """Submit requests and give every event until nothing is left to do."""
        for request in requests:
            self.submit(request)
        while self.is_busy:
            yield from self.step()

    def fork(self, request_id: str, cue: Sequence[int], max_tokens: int) -> tuple[int, ...]:
        """Continue a copy of a running request with other tokens, greedily, and drop the copy.

        Returns the tokens after `cue`, until an end of generation or `max_tokens`. The request itself goes on as if
        nothing had been. Raises EngineError where it has no slot, has not begun to write, or the context is full.
        """
        if (seq_id := self._fork_seq) is None:
            raise EngineError("This engine was made without room for forks.")
        slot = self._slots.get(request_id)
        if slot is None or not slot.tokens:
            raise EngineError(f"The request {request_id} is not writing: there is nothing to fork.")
        if not cue:
            raise EngineError("A fork needs a cue to begin with.")
        # the last token has been sampled but not yet decoded: the copy decodes it before the cue
        tokens = [slot.tokens[-1], *cue]
        if slot.n_past + len(tokens) + max_tokens > self._engine.settings.n_ctx:
            raise EngineError("The context is too full for a fork.")
        low = self._low
        low.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        low.llama_memory_seq_cp(self._memory, slot.seq_id, seq_id, -1, -1)
        position, written = slot.n_past, list[int]()
        chain = self._engine.sampler(GREEDY)
        try:
            while True:
                for start in range(0, len(tokens), self._room):
                    part = tokens[start : start + self._room]
                    for offset, token in enumerate(part):
                        is_last = start + offset + 1 == len(tokens)
                        self._put(offset, token, position + start + offset, seq_id, wanted=is_last)
                    self._decode(len(part))
                position += len(tokens)
                token = int(low.llama_sampler_sample(chain.pointer, self._context, -1))
                if self._is_end(token) or len(written) == max_tokens:
                    return tuple(written)
                written.append(token)
                tokens = [token]
        finally:
            chain.close()
            low.llama_memory_seq_rm(self._memory, seq_id, -1, -1)

    # -- working

    def step(self) -> list[Event]:
        """Decode one batch and tell what it brought."""
        while self._free and self._queue:
            self._start(*self._queue.popleft())
        if self._slots:
            count = self._fill()
            self._decode(count)
            for slot in [slot for slot in self._slots.values() if slot.row >= 0]:
                self._take(slot)
        events, self._events = self._events, []
        return events

    def _start(self, request: Request, submitted: float) -> None:
        now = perf_counter()
        seq_id = self._free.popleft()
        slot = _Slot(
            request=request,
            seq_id=seq_id,
            sampler=self._engine.sampler(request.sampler),
            splitter=Splitter(self._tags, opens_thinking=request.opens_thinking),
            queued_s=now - submitted,
            started=now,
            todo=request.prompt,
        )
        # the last token is always decoded by the slot itself: its logits are wanted
        shared = request.prompt[: min(request.n_shared, len(request.prompt) - 1)]
        if shared and self._prefix_seq is not None:
            self._share(shared, self._prefix_seq)
            self._low.llama_memory_seq_cp(self._memory, self._prefix_seq, seq_id, -1, -1)
            slot.n_past = slot.n_cached = len(shared)
            slot.todo = request.prompt[len(shared) :]
            self.n_copied += len(shared)
        self._slots[request.id] = slot

    def _share(self, prefix: tuple[int, ...], seq_id: int) -> None:
        """Have the prefix in its sequence, processing it if another one is there."""
        if prefix == self._prefix:
            return
        self._low.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        self._prefix = ()
        for start in range(0, len(prefix), self._room):
            part = prefix[start : start + self._room]
            for offset, token in enumerate(part):
                self._put(offset, token, start + offset, seq_id, wanted=False)
            self._decode(len(part))
        self._prefix = prefix

    def _fill(self) -> int:
        """The batch of this step: a token of each running slot, then pieces of prompts. Returns its length."""
        count = 0
        for slot in self._slots.values():
            slot.row = -1
            if slot.is_running:
                self._put(count, slot.tokens[-1], slot.n_past, slot.seq_id, wanted=True)
                slot.row, slot.n_past = count, slot.n_past + 1
                count += 1
        room = min(self._room - count, N_PREFILL if count else self._room)
        for slot in self._slots.values():
            if slot.row >= 0 or not room:
                continue
            part = slot.todo[slot.n_done : slot.n_done + room]
            slot.n_done += len(part)
            for token in part:
                self._put(count, token, slot.n_past, slot.seq_id, wanted=False)
                slot.n_past += 1
                count += 1
            room -= len(part)
            if slot.is_running:
                slot.row = count - 1
                self._batch.logits[slot.row] = 1
        return count

    def _put(self, row: int, token: int, position: int, seq_id: int, *, wanted: bool) -> None:
        batch = self._batch
        batch.token[row] = token
        batch.pos[row] = position
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = seq_id
        batch.logits[row] = wanted

    def _decode(self, count: int) -> None:
        self._batch.n_tokens = count
        self._engine.check(self._low.llama_decode(self._context, self._batch))
        self.n_decoded += count

    def _take(self, slot: _Slot) -> None:
        """Choose the slot's next token and see whether that ends it."""
        request = slot.request
        if isnan(self._low.llama_get_logits_ith(self._context, slot.row)[0]):
            self._finish(slot, "error", "llama.cpp computed no number (NaN): the file may be damaged.")
            return
        token = int(self._low.llama_sampler_sample(slot.sampler.pointer, self._context, slot.row))
        now = perf_counter()
        slot.last = now
        if slot.first is None:
            slot.first = now
        if self._is_end(token) and not request.ignore_eos:
            self._finish(slot, "stop")
            return
        slot.tokens.append(token)
        text = slot.splitter.feed(token, self._piece(token))
        thinking = slot.splitter.in_thinking
        if slot.first_answer is None and not thinking and slot.splitter.n_answer:
            slot.first_answer = now
        self._events.append(Piece(request.id, token, text, thinking))
        count = len(slot.tokens)
        if request.stop and text and not thinking and (cut := _first_stop(slot.splitter.answer, request.stop)) >= 0:
            self._finish(slot, "stop", answer=slot.splitter.answer[:cut])
        elif count >= request.max_tokens:
            self._finish(slot, "length")
        elif self._loop_guard and count % EVERY == 0 and is_loop(slot.tokens):
            self._finish(slot, "loop")
        elif request.max_s is not None and now - slot.started > request.max_s:
            self._finish(slot, "timeout")

    def _finish(self, slot: _Slot, reason: FinishReason, message: str = "", answer: str | None = None) -> None:
        request, splitter = slot.request, slot.splitter
        splitter.end()
        slot.sampler.close()
        self._low.llama_memory_seq_rm(self._memory, slot.seq_id, -1, -1)
        del self._slots[request.id]
        self._free.append(slot.seq_id)
        count = len(slot.tokens)
        rate = None
        if count >= 2 and slot.first is not None and slot.last > slot.first:
            # the end-of-generation token took a step as well, though it is not counted as output
            steps = count if reason == "stop" and answer is None else count - 1
            rate = steps / (slot.last - slot.first)
        since = slot.started
        self._events.append(
            Finished(
                id=request.id,
                reason=reason,
                thinking=splitter.thinking,
                answer=splitter.answer if answer is None else answer,
                n_prompt=len(request.prompt),
                n_cached=slot.n_cached,
                n_thinking=splitter.n_thinking,
                n_answer=splitter.n_answer,
                clocks=Clocks(
                    queued_s=slot.queued_s,
                    ttft_s=None if slot.first is None else slot.first - since,
                    ttfat_s=None if slot.first_answer is None else slot.first_answer - since,
                    e2e_s=(slot.last or perf_counter()) - since,
                ),
                output_tps=rate,
                tokens=tuple(slot.tokens),
                message=message,
            )
        )

    def _is_end(self, token: int) -> bool:
        found = self._ends.get(token)
        if found is None:
            found = self._ends[token] = self._engine.is_eog(token)
        return found

    def _piece(self, token: int) -> bytes:
        found = self._pieces.get(token)
        if found is None:
            found = self._pieces[token] = self._engine.piece(token)
        return found


def _first_stop(text: str, stops: Sequence[str]) -> int:
    """Where the first of the stop texts begins, -1 where there is none."""
    found = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
    return min(found, default=-1)
