"""The heart of an evaluation: keep the slots busy, journal what ends, branch off probes, obey what is asked.

Items go in the run's order, so that what is finished is a fair sample of the whole at any time. When a rule says
that it is enough, nothing new is begun and what is being written is finished: the answers that end first are the
short ones, so that leaving out the long ones would favour these.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import EvalSample
from aa_tui.catalog.turns import TurnRow
from aa_tui.engine.calling import Tool
from aa_tui.engine.chat import ChatPrompt, Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.requests import Dropped, Event, Finished, Piece, Request
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.evaluation.conversing import Beginning, Conversation, Times
from aa_tui.runs.evaluation.journal import Entry, Journal, Probe

if TYPE_CHECKING:
    from aa_tui.evals.items import Item

TAIL_CHARS = 400
"""So much of what a slot writes is shown live."""

SKIPPED = "skipped by the user"
PROBE_TOKENS = 64
"""So many tokens a sample may take to answer when its thinking is closed early."""

WRITE_S = 0.2
"""So long is waited for a turn to be written where nothing else is to do, before stop and pause are looked at."""


class Batcher(Protocol):
    """What the loop needs of an engine with slots."""

    @property
    def n_slots(self) -> int: ...
    @property
    def n_ctx(self) -> int: ...
    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt: ...
    def submit(self, request: Request) -> None: ...
    def step(self) -> list[Event]: ...
    def cancel(self, request_id: str) -> None: ...
    def release(self, request_id: str) -> None: ...
    def fork(self, request_id: str, cue: Sequence[int], max_tokens: int) -> tuple[int, ...]: ...
    def answer(self, tokens: Sequence[int]) -> str: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One sample to be made: an item, which time it is answered, its place in the run's order, and how it is asked.

    `cue` are the tokens that close the thinking and ask for the answer, empty where no probe makes sense; `lead` is
    their text after the closing tag, which the probe's answer begins with. With a `beginning` it is a conversation, of
    which `request` is the first turn.
    """

    item: Item
    epoch: int
    position: int
    request: Request
    prompt: str
    cue: tuple[int, ...] = ()
    lead: str = ""
    beginning: Beginning | None = None

    @property
    def key(self) -> str:
        """The sample's name within the run."""
        return self.request.id


class Clocked(Enum):
    """What a sample had come to when the run paused: clocks that stopped before are true, later ones are not."""

    NOTHING = 0
    FIRST_TOKEN = 1
    FIRST_OF_ANSWER = 2


@dataclass(slots=True)
class Lane:
    """A sample that is being written; of a `conversation` one turn, which has been said once `ticket` is there and
    waits until the journal has written it."""

    task: Task
    slot: int
    started: float
    budgets: deque[int]
    n_tokens: int = 0
    n_thinking: int = 0
    n_answer: int = 0
    first: float | None = None
    paused_before: Clocked | None = None
    thinking: str = ""
    answer: str = ""
    probes: list[Probe] = field(default_factory=list)
    most_chars: int = TAIL_CHARS
    conversation: Conversation | None = None
    ticket: int | None = None

    @property
    def turn(self) -> int:
        """Which turn of a conversation it is, from 1; 0 where it is none."""
        if self.conversation is None:
            return 0
        return len(self.conversation.rows) + (self.ticket is None)

    def take(self, piece: Piece) -> None:
        """Another token of it."""
        self.n_tokens += 1
        if self.first is None:
            self.first = monotonic()
        if piece.thinking:
            self.n_thinking += 1
            self.thinking = (self.thinking + piece.text)[-self.most_chars :]
        else:
            self.n_answer += 1
            self.answer = (self.answer + piece.text)[-self.most_chars :]

    def drop(self) -> None:
        """It is written anew from its beginning."""
        self.n_tokens = self.n_thinking = self.n_answer = 0
        self.first, self.thinking, self.answer = None, "", ""

    def pause(self) -> None:
        """The run pauses. What it had come to at the first pause counts."""
        if self.paused_before is None:
            begun = Clocked.NOTHING if self.first is None else Clocked.FIRST_TOKEN
            self.paused_before = Clocked.FIRST_OF_ANSWER if self.n_answer else begun

    def tokens_per_s(self, now: float) -> float | None:
        """Output rate since the first token; None once a pause has spoilt it."""
        if self.paused_before is not None or self.first is None or self.n_tokens < 2 or now <= self.first:
            return None
        return (self.n_tokens - 1) / (now - self.first)

    def times(self, done: Finished) -> Times:
        """Its clocks, as far as no pause has spoilt them."""
        clocks, before = done.clocks, self.paused_before
        return Times(
            ttft_s=clocks.ttft_s if before is not Clocked.NOTHING else None,
            ttfat_s=clocks.ttfat_s if before in (None, Clocked.FIRST_OF_ANSWER) else None,
            e2e_s=clocks.e2e_s if before is None else None,
            output_tps=done.output_tps if before is None else None,
        )

    def sample(self, done: Finished, message: str, server_name: Callable[[str], str] = str) -> EvalSample:
        """What it came to, as it is journalled."""
        task, told = self.task, done.answered_by
        return EvalSample(
            item_id=task.item.id,
            epoch=task.epoch,
            position=task.position,
            category=task.item.category,
            level=task.item.level,
            finish_reason=done.reason,
            prompt=task.prompt,
            thinking=done.thinking,
            answer=done.answer,
            message=message,
            n_prompt=done.n_prompt,
            n_cached=done.n_cached,
            n_thinking=done.n_thinking,
            n_answer=done.n_answer,
            n_thinking_chars=len(done.thinking),
            n_answer_chars=len(done.answer),
            queued_s=done.clocks.queued_s,
            **self.times(done)._asdict(),
            seed=task.request.sampler.seed,
            ended_at=utc_now(),
            server=server_name(told.server) if told else None,
            tokens_from=told.tokens_from if told else None,
            n_tries=told.n_tries if told else None,
            cost_usd=told.cost_usd if told else None,
            timings=told.timings if told else (),
            thinking_from=told.thinking_from if told else None,
        )


class Orders(Protocol):
    """What the loop is told from outside, looked at between two steps."""

    def should_stop(self) -> bool: ...
    def why_pause(self) -> str | None: ...
    def wait_out_pause(self, why_now: Callable[[], str | None]) -> None: ...
    def why_enough(self, n_running: int) -> Ending | None: ...
    def take_skip(self) -> str | None: ...


class Loop:
    """Runs the tasks through the slots. `run` may be called once."""

    def __init__(
        self,
        batcher: Batcher,
        tasks: Sequence[Task],
        journal: Journal,
        orders: Orders,
        *,
        budgets: Sequence[int] = (),
        server_name: Callable[[str], str] = str,
        turns: Mapping[tuple[str, int], Sequence[TurnRow]] | None = None,
        cost_usd: Callable[[int, int], float | None] = lambda _n_prompt, _n_output: None,
    ) -> None:
        """`turns` are those of conversations that were cut short, by item and epoch; `cost_usd` is what so many tokens
        of their prompts and outputs cost."""
        self._cost_usd = cost_usd
        self._server_name = server_name
        self._turns = dict(turns or {})
        self._batcher = batcher
        self._pending = deque(tasks)
        self._journal = journal
        self._orders = orders
        self._budgets = tuple(sorted(budgets))
        self._free = deque(range(batcher.n_slots))
        self.lanes: dict[str, Lane] = {}
        self.n_output = 0
        self.n_probe_tokens = 0
        self.worked_s = 0.0
        self._ending: Ending | None = None
        self._handlers: dict[type, Callable[..., None]] = {
            Piece: self._piece,
            Dropped: self._dropped,
            Finished: self._finished,
        }

    @property
    def n_pending(self) -> int:
        """Tasks that have not been begun."""
        return len(self._pending)

    def run(self) -> Ending:
        """Until nothing is left, it is enough, or it is to stop."""
        while not self._orders.should_stop():
            if self._journal.failure is not None:
                return Ending("failed", f"the catalog cannot be written: {self._journal.failure}")
            if self._why_pause():
                for lane in self.lanes.values():
                    lane.pause()
                self._orders.wait_out_pause(self._why_pause)
                continue
            if self._ending is None:
                self._ending = self._orders.why_enough(len(self.lanes))
            if self._ending is None:
                self._feed()
            if not self.lanes:
                return self._ending or FINISHED
            self._skip()
            if not self._go_on():
                self._journal.await_turn(WRITE_S)
                continue
            with self._clocked():
                events = self._batcher.step()
            for event in events:
                self._handlers[type(event)](event)
        return Ending("stopped")

    def _why_pause(self) -> str | None:
        return self._journal.trouble or self._orders.why_pause()

    @contextmanager
    def _clocked(self) -> Iterator[None]:
        started = monotonic()
        yield
        self.worked_s += monotonic() - started

    def _feed(self) -> None:
        while self._pending and self._free:
            task = self._pending.popleft()
            if task.beginning is not None:
                self._ask(task, self._taken_up(task, task.beginning), self._free.popleft())
                continue
            self._batcher.submit(task.request)
            budgets = deque(budget for budget in self._budgets if task.cue and budget < task.request.max_tokens)
            self.lanes[task.key] = Lane(task, self._free.popleft(), monotonic(), budgets)

    def _skip(self) -> None:
        wanted = self._orders.take_skip()
        for key, lane in list(self.lanes.items()):
            if wanted not in (key, lane.task.key, lane.task.item.id):
                continue
            if lane.conversation is not None and lane.ticket is not None:
                lane.conversation.skip(SKIPPED)
            else:
                self._batcher.cancel(key)

    # -- conversations

    def _taken_up(self, task: Task, beginning: Beginning) -> Conversation:
        """A conversation where it was cut short, else at its beginning."""
        rows = self._turns.pop((task.item.id, task.epoch), ())
        conversation = Conversation(task.item, task.epoch, task.request, beginning)
        if conversation.take_up(rows, self._cost_usd):
            return conversation
        self._journal.forget_turns(task.item.id, task.epoch)
        return Conversation(task.item, task.epoch, task.request, beginning)

    def _ask(self, task: Task, conversation: Conversation, slot: int) -> None:
        """Ask the next turn, or journal what it came to where there is none."""
        request = conversation.next_request(self._batcher, self._batcher.n_ctx)
        if request is not None:
            self.lanes[request.id] = Lane(task, slot, monotonic(), deque(), conversation=conversation)
            self._batcher.submit(request)
            return
        self._free.append(slot)
        self._journal.put(Entry(conversation.sample(task.position, task.prompt, self._server_name)))

    def _heard(self, lane: Lane, conversation: Conversation, done: Finished) -> None:
        """A turn has ended: it waits for the journal, and so does the next one."""
        if lane.paused_before is not None and done.reason == "timeout":
            del self.lanes[done.id]
            self._batcher.release(done.id)  # the pause took its time: it is written anew
            conversation.asks_again()
            self._ask(lane.task, conversation, lane.slot)
            return
        message = SKIPPED if done.reason == "cancelled" else done.message
        lane.ticket = self._journal.put_turn(conversation.hear(done, message, lane.times(done)))
        if conversation.is_over:
            self._next(done.id, lane, conversation)

    def _next(self, held: str, lane: Lane, conversation: Conversation) -> None:
        """From one turn to the next, or to the end. `held` is the request that has ended."""
        del self.lanes[held]
        self._ask(lane.task, conversation, lane.slot)
        if conversation.is_over:
            self._batcher.release(held)

    def _go_on(self) -> bool:
        """Ask the next turns of conversations whose last ones are written. Whether there is anything to compute."""
        for key, lane in list(self.lanes.items()):
            if lane.conversation is not None and lane.ticket is not None and self._journal.has_turn(lane.ticket):
                self._next(key, lane, lane.conversation)
        return not self.lanes or any(lane.ticket is None for lane in self.lanes.values())

    # -- what an engine says

    def _piece(self, piece: Piece) -> None:
        lane = self.lanes[piece.id]
        lane.take(piece)
        self.n_output += 1
        if piece.thinking and lane.budgets and lane.n_thinking >= lane.budgets[0]:
            self._probe(lane, lane.budgets.popleft())

    def _probe(self, lane: Lane, budget: int) -> None:
        """Make a copy of the sample answer now; the sample itself goes on as if nothing had been."""
        task = lane.task
        try:
            with self._clocked():
                tokens = self._batcher.fork(task.key, task.cue, PROBE_TOKENS)
        except EngineError:  # no room in the context, or it has ended in this very step: there is no such point then
            return
        self.n_probe_tokens += len(tokens)
        lane.probes.append(Probe(budget, task.lead + self._batcher.answer(tokens), len(tokens)))

    def _dropped(self, event: Dropped) -> None:
        lane = self.lanes[event.id]
        self.n_output -= lane.n_tokens
        lane.drop()

    def _finished(self, done: Finished) -> None:
        lane = self.lanes[done.id]
        if lane.conversation is not None:
            self._heard(lane, lane.conversation, done)
            return
        del self.lanes[done.id]
        self._free.append(lane.slot)
        if lane.paused_before is not None and done.reason == "timeout":
            self._pending.appendleft(lane.task)  # the pause took its time: it is written anew
            return
        message = SKIPPED if done.reason == "cancelled" else done.message
        self._journal.put(Entry(lane.sample(done, message, self._server_name), tuple(lane.probes)))
