"""Many requests at once over llama.cpp: continuous batching, a shared prefix, forks.

Each slot is a sequence of llama.cpp with a sampler of its own. One step decodes one batch: the next token of
every running slot, and a bounded piece of the prompts that are still to be processed, so that running slots do not
starve. A slot that has finished is refilled at the next step.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from aa_tui.engine import native, phases
from aa_tui.engine.constrained import DeadEndError
from aa_tui.engine.errors import EngineError
from aa_tui.engine.grammars import Grammars
from aa_tui.engine.held import Held, move
from aa_tui.engine.logits import NotANumberError
from aa_tui.engine.output import Output, never_started
from aa_tui.engine.requests import Event, FinishReason, Request, check_request
from aa_tui.engine.settings import GREEDY, EngineSettings
from aa_tui.engine.thinking import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aa_tui.engine.calling import Grammar
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.engine.sampling import Sampler

N_PREFILL = 128
"""Prompt tokens in one step beside running slots: more would make them wait, fewer would waste the wide kernels."""

LAST = ""
"""The name under which a slot that `keeps` holds what its last request left: no request is called so."""


@dataclass(slots=True)
class _Slot:
    """A sequence at work. `n_past` tokens of it are in the KV cache; `todo` are the prompt's tokens still to come."""

    request: Request
    seq_id: int
    sampler: Sampler
    output: Output
    todo: Sequence[int]
    n_past: int = 0
    n_cached: int = 0
    n_done: int = 0  # of todo
    row: int = -1  # of this step's batch, where a token is to be sampled; else -1
    is_wanted: bool = False  # what it leaves, by a request that is to continue it

    @property
    def is_running(self) -> bool:
        """Whether its prompt has been processed."""
        return self.n_done == len(self.todo)


class SlotEngine:
    """Continuous batching over a loaded model; not safe to share between threads.

    The model must have been loaded with `n_parallel` slots (`EngineSettings`): so many requests run at once, each
    with `n_ctx` tokens of its own. `n_slots` fewer than that can be asked for. With `shares_prefix` a common prefix is
    processed once and copied, with `forks` running requests can be forked. With `keeps`, for one slot alone, what a
    request begins with in common with the one before it is not processed again; of requests that hold and continue
    each other that is so with any number of slots. Those that continue a sequence that is held begin before others.
    """

    def __init__(
        self,
        engine: LlamaEngine,
        marks: Marks | None = None,
        *,
        loop_guard: bool = True,
        n_slots: int | None = None,
        keeps: bool = False,
    ) -> None:
        self._low = low = native.library()
        self._engine = engine
        self._context = engine.context
        self._memory = engine.memory
        self._marks = marks or Marks()
        self._loop_guard = loop_guard
        self.settings: EngineSettings = engine.settings
        self.devices_used = engine.devices_used
        self.n_ctx: int = engine.settings.n_ctx
        n_parallel = engine.settings.n_parallel
        self.n_slots: int = min(n_slots or n_parallel, n_parallel)
        self._free = list(range(self.n_slots))
        self._prefix_seq = n_parallel if engine.settings.shares_prefix else None
        self._fork_seq = n_parallel + engine.settings.shares_prefix if engine.settings.forks else None
        self._prefix: tuple[int, ...] = ()
        self._keeps = keeps
        self._held = Held(low, self._memory)
        self.grammars = Grammars()
        self._queue: deque[tuple[Request, float]] = deque()
        self._slots: dict[str, _Slot] = {}
        self._room = engine.settings.n_batch
        if self._room < self.n_slots:
            raise EngineError(f"{self.n_slots} slots need an n_batch of as many tokens: it is {self._room}.")
        # one step without running slots: no longer, so that whoever drives the engine is asked now and then
        self._prefill = min(self._room, engine.settings.n_ubatch)
        self._batch: Any = low.llama_batch_init(self._room, 0, 1)
        # each access to a field of a struct makes a new pointer object: once is enough
        batch = self._batch
        self._token, self._pos, self._n_seq_id = batch.token, batch.pos, batch.n_seq_id
        self._seq_id, self._wanted = [batch.seq_id[row] for row in range(self._room)], batch.logits
        for row in range(self._room):
            self._n_seq_id[row] = 1
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
        self._held.clear()
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

    @property
    def n_held(self) -> int:
        """Sequences that are held for requests to come: with those at work no more than there are slots."""
        return len(self._held)

    def submit(self, request: Request) -> None:
        """Queue a request. Raises EngineError for an empty prompt, one that leaves no room for the output, or a
        grammar that cannot be held to: `grammars` tries many at once beforehand."""
        check_request(request, self.n_ctx)
        if request.grammar is not None:
            self.grammars.gbnf(request.grammar)
        if request.id in self._slots or any(one.id == request.id for one, _ in self._queue):
            raise EngineError(f"There is a request {request.id} already.")
        self._queue.append((request, perf_counter()))

    def held_by(self, _grammar: Grammar) -> str:
        """Any that llama.cpp can parse is held here, token by token."""
        return "sampler"

    def check_grammars(self, grammars: Iterable[Grammar]) -> None:
        """Try many at once, which is quicker than one by one as they are submitted. Raises EngineError."""
        self.grammars.check(grammars)

    def cancel(self, request_id: str) -> None:
        """End a request now; what it has written is told by its Finished event. An unknown one is none of ours."""
        if request_id in self._slots:
            self._finish(self._slots[request_id], "cancelled")
            return
        for entry in self._queue:
            if entry[0].id == request_id:
                self._queue.remove(entry)
                self._events.append(never_started(entry[0], perf_counter() - entry[1]))
                return

    def release(self, request_id: str) -> None:
        """Free what a request has left or would leave. An unknown one is none of ours."""
        if (number := self._held.drop(request_id)) is not None:
            self._free.append(number)
        if request_id in self._slots:
            self._slots[request_id].is_wanted = False
        for at, (request, submitted) in enumerate(self._queue):
            if request.id == request_id:
                self._queue[at] = (replace(request, holds=False), submitted)

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
        if slot is None or not slot.output.tokens:
            raise EngineError(f"The request {request_id} is not writing: there is nothing to fork.")
        if not cue:
            raise EngineError("A fork needs a cue to begin with.")
        # the last token has been sampled but not yet decoded: the copy decodes it before the cue
        tokens = [slot.output.tokens[-1], *cue]
        if slot.n_past + len(tokens) + max_tokens > self.n_ctx:
            raise EngineError("The context is too full for a fork.")
        low = self._low
        low.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        low.llama_memory_seq_cp(self._memory, slot.seq_id, seq_id, -1, -1)
        position, written = slot.n_past, list[int]()
        sampler = self._engine.sampler(GREEDY)
        try:
            while len(written) < max_tokens:
                self._prefill_all(tokens, position, seq_id, wants_last=True)
                position += len(tokens)
                token = sampler.choose()
                if self._is_end(token):
                    break
                written.append(token)
                tokens = [token]
        finally:
            sampler.close()
            low.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        return tuple(written)

    # -- working

    def step(self) -> list[Event]:
        """Decode one batch and tell what it brought."""
        self._admit()
        if self._slots:
            self._close_ranks()
            count = self._fill()
            self._decode(count)
            for slot in [slot for slot in self._slots.values() if slot.row >= 0]:
                self._take(slot)
        events, self._events = self._events, []
        return events

    def _admit(self) -> None:
        """Start what there is room for; what continues a held sequence has its place already."""
        if len(self._held):
            for entry in [entry for entry in self._queue if self._left_for(entry[0]) in self._held]:
                if self._left_for(entry[0]) in self._held:  # two may want the same
                    self._queue.remove(entry)
                    self._start(*entry)
        while self._queue and (self._free or len(self._held)):
            self._start(*self._queue.popleft())

    def _left_for(self, request: Request) -> str:
        return request.continues or LAST

    def _start(self, request: Request, submitted: float) -> None:
        now = perf_counter()
        n_past, seq_id = self._place(request)
        output = Output(request, self._marks, queued_s=now - submitted, started=now, loop_guard=self._loop_guard)
        slot = _Slot(
            request=request,
            seq_id=seq_id,
            sampler=self._sampler(request, output),
            output=output,
            todo=request.prompt[n_past:],
            n_past=n_past,
            n_cached=n_past,
            is_wanted=request.holds,
        )
        # the last token is always decoded by the slot itself: its logits are wanted
        shared = request.prompt[: min(request.n_shared, len(request.prompt) - 1)]
        if shared and not n_past and self._prefix_seq is not None:
            is_new = self._share(shared, self._prefix_seq)
            self._low.llama_memory_seq_cp(self._memory, self._prefix_seq, seq_id, -1, -1)
            slot.n_past = len(shared)
            slot.n_cached = 0 if is_new else len(shared)
            slot.todo = request.prompt[len(shared) :]
            self.n_copied += slot.n_cached
        self._slots[request.id] = slot

    def _sampler(self, request: Request, output: Output) -> Sampler:
        if request.grammar is None:
            return self._engine.sampler(request.sampler)
        gbnf = self.grammars.gbnf(request.grammar)
        return self._engine.constrained(request.sampler, output, gbnf, request.grammar)

    def _place(self, request: Request) -> tuple[int, int]:
        """How many tokens of the prompt are processed already, and the sequence that the request is to have."""
        if (key := self._left_for(request)) in self._held:
            held = self._held.take(key)
            return self._held.rewind(held, request.prompt), held.number
        if not self._free:
            self._free.append(self._held.drop_oldest())
        number = min(self._free)
        self._free.remove(number)
        return 0, number

    def _share(self, prefix: tuple[int, ...], seq_id: int) -> bool:
        """Have the prefix in its sequence; whether it had to be processed, since another one was there."""
        if prefix == self._prefix:
            return False
        self._low.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        self._prefix = ()
        self._prefill_all(prefix, 0, seq_id, wants_last=False)
        self._prefix = prefix
        return True

    def _prefill_all(self, tokens: Sequence[int], position: int, seq_id: int, *, wants_last: bool) -> None:
        """Process tokens of one sequence, in as many batches as it takes."""
        for start in range(0, len(tokens), self._room):
            part = tokens[start : start + self._room]
            for offset, token in enumerate(part):
                self._put(offset, token, position + start + offset, seq_id, wanted=False)
            if wants_last and start + len(part) == len(tokens):
                self._wanted[len(part) - 1] = 1
            self._decode(len(part))

    def _close_ranks(self) -> None:
        """Have the sequences at work numbered without a gap; a gap arises only when there is nothing left to refill.

        Where each sequence has a KV buffer of its own, llama.cpp computes sequences together only if their numbers
        follow each other (`llama_batch_allocr::split_equal`): each gap costs a whole reading of the weights.
        """
        if self.settings.kv_unified:
            return
        self._fill_gaps()
        while self._held.make_way([slot.seq_id for slot in self._slots.values()], self._free):
            self._fill_gaps()

    def _fill_gaps(self) -> None:
        """Move the last of those at work to the first free numbers."""
        for slot in sorted(self._slots.values(), key=_number, reverse=True):
            lowest = min(self._free, default=slot.seq_id)
            if lowest >= slot.seq_id:
                return
            self._free.remove(lowest)
            move(self._low, self._memory, slot.seq_id, lowest)
            self._free.append(slot.seq_id)
            slot.seq_id = lowest

    def _fill(self) -> int:
        """The batch of this step, by number of sequence: a token of each running slot, a piece of each prompt.

        Every prompt before a running slot has a token in it at least, for there must be no gap. Returns its length.
        """
        slots = sorted(self._slots.values(), key=_number)
        running = [slot.seq_id for slot in slots if slot.is_running]
        last = max(running, default=-1)
        room = min(self._room - len(running), N_PREFILL) if running else self._prefill
        room -= sum(slot.seq_id < last and not slot.is_running for slot in slots)
        count = 0
        for slot in slots:
            if slot.is_running:
                self._put(count, slot.output.tokens[-1], slot.n_past, slot.seq_id, wanted=True)
                slot.row, slot.n_past = count, slot.n_past + 1
                count += 1
                continue
            least = int(slot.seq_id < last)
            part = slot.todo[slot.n_done : slot.n_done + least + max(room, 0)]
            room -= len(part) - least
            slot.n_done += len(part)
            for token in part:
                self._put(count, token, slot.n_past, slot.seq_id, wanted=False)
                slot.n_past += 1
                count += 1
            slot.row = -1
            if slot.is_running:
                slot.row = count - 1
                self._wanted[slot.row] = 1
        phases.enter("generating" if count == len(running) else "prompt")
        return count

    def _put(self, row: int, token: int, position: int, seq_id: int, *, wanted: bool) -> None:
        self._token[row] = token
        self._pos[row] = position
        self._seq_id[row][0] = seq_id
        self._wanted[row] = wanted

    def _decode(self, count: int) -> None:
        self._batch.n_tokens = count
        self._engine.check(self._low.llama_decode(self._context, self._batch))
        self.n_decoded += count

    def _take(self, slot: _Slot) -> None:
        """Choose the slot's next token and see whether that ends it."""
        try:
            token = slot.sampler.choose(slot.row)
        except (NotANumberError, DeadEndError) as error:
            self._finish(slot, "error", str(error))
            return
        output = slot.output
        piece = output.take(token, self._piece(token), perf_counter(), is_end=self._is_end(token))
        if piece is not None:
            self._events.append(piece)
        if output.reason is not None:
            self._finish(slot, output.reason)

    def _finish(self, slot: _Slot, reason: FinishReason, message: str = "") -> None:
        slot.sampler.close()
        del self._slots[slot.request.id]
        if (slot.is_wanted or self._keeps) and reason != "error":
            tokens = (*slot.request.prompt, *slot.output.tokens)[: slot.n_past]
            freed = self._held.put(slot.request.id if slot.is_wanted else LAST, slot.seq_id, tokens)
            self._free += [] if freed is None else [freed]
        else:
            self._low.llama_memory_seq_rm(self._memory, slot.seq_id, -1, -1)
            self._free.append(slot.seq_id)
        done = slot.output.finished(reason, perf_counter(), n_cached=slot.n_cached, message=message)
        self._events.append(done)

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


def _number(slot: _Slot) -> int:
    return slot.seq_id
