"""A conversation about an item on its way: what is asked next, what was said, and what it all came to.

Its turns are asked one after the other in the same slot, each journalled before the next one is asked. A conversation
that was cut short is taken up from those: they are told to a new talk, which says what comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, get_args

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import EvalSample
from aa_tui.catalog.turns import TurnRow
from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import ChatPrompt, Message, Role
from aa_tui.engine.errors import EngineError
from aa_tui.engine.requests import Answered, Finished, Request
from aa_tui.evals.calls.reading import read
from aa_tui.evals.conversation.turns import Reply, Said, Talk, Turn, transcript
from aa_tui.evals.items import Item
from aa_tui.runs.evaluation.needs import LEAST_OUTPUT
from aa_tui.textsafe import clean_line, cut

STOP = "stop"
"""Why a turn ended that is the model's own: only such a one is heard. All other ends are those of the sample."""


def _free(_n_prompt: int, _n_output: int) -> None:
    """Nothing asks for money."""


class Prompter(Protocol):
    """What makes prompts."""

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> ChatPrompt: ...


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a conversation about an item begins: what makes it, the format in which calls are written, the tokens that
    each turn of the model may take, and whether the functions on offer stand in its first prompt."""

    make: Callable[[], Talk]
    form: str
    max_output_tokens: int
    shows_tools: bool | None


class Times(NamedTuple):
    """Seconds of a turn from its start, and its rate; None where a pause has spoilt them."""

    ttft_s: float | None
    ttfat_s: float | None
    e2e_s: float | None
    output_tps: float | None


class Conversation:
    """One sample that is a conversation. `request` is that of its first turn."""

    def __init__(self, item: Item, epoch: int, request: Request, beginning: Beginning) -> None:
        self._item = item
        self._epoch = epoch
        self._first = request
        self._beginning = beginning
        self._shows_tools = beginning.shows_tools
        self._talk = beginning.make()
        self._held = ""
        self._end: tuple[str, str] | None = None
        self._told: list[Answered] = []
        self._usd_before: float | None = None
        self._queued_s = 0.0
        self.rows: list[TurnRow] = []

    @property
    def key(self) -> str:
        """The sample's name within the run."""
        return self._first.id

    @property
    def is_over(self) -> bool:
        """Whether there is no further turn."""
        return self._end is not None

    @property
    def n_output(self) -> int:
        """Tokens that the model wrote in turns that have ended."""
        return sum(row.n_thinking + row.n_answer for row in self.rows)

    def is_call(self, text: str) -> bool:
        """Whether there is a call in what is being written."""
        found = read(text, self._beginning.form)
        return bool(found.calls or found.unread)

    def take_up(self, rows: Sequence[TurnRow], cost_usd: Callable[[int, int], float | None] = _free) -> bool:
        """Hear the turns of before again. False where they bring another reply than then: the item is another one.

        `cost_usd` is what so many tokens of a prompt and of an output cost.
        """
        for number, row in enumerate(rows):
            if self.is_over or row.number != number:
                return False
            reply = self._replied(said_of(row), row.finish_reason, row.message)
            if _plain(reply) != (row.calls, row.unread, row.given, row.is_over, row.is_capped):
                return False
            self.rows.append(row)
            usd = cost_usd(row.n_prompt, row.n_thinking + row.n_answer)
            self._usd_before = self._usd_before if usd is None else (self._usd_before or 0.0) + usd
        return True

    def next_request(self, prompter: Prompter, n_ctx: int) -> Request | None:
        """What is asked now; None where the conversation has come to its end: what no prompt can be made of is an
        error, and one that leaves no room in the context is as if cut short."""
        first, number = self._first, len(self.rows)
        if self.is_over or self._is_out_of_time():
            return None
        if not number:
            return first
        try:
            prompt = prompter.prompt(self._talk.messages, self._talk.tools)
        except EngineError as error:
            self._end = ("error", f"The prompt of turn {number + 1} cannot be made: {error}")
            return None
        room = n_ctx - prompt.n_tokens
        if room < LEAST_OUTPUT:
            self._end = (
                "length",
                f"The context of {n_ctx:,} tokens is full before turn {number + 1}: the conversation has "
                f"{prompt.n_tokens:,}. A longer one can be asked for with --context.",
            )
            return None
        self._shows_tools = prompt.shows_tools
        return replace(
            first,
            id=f"{first.id} ~{number + 1}",
            prompt=prompt.tokens,
            max_tokens=min(self._beginning.max_output_tokens, room),
            sampler=replace(first.sampler, seed=turn_seed(first.sampler.seed, number)),
            n_shared=first.n_shared if prompt.tokens[: first.n_shared] == first.prompt[: first.n_shared] else 0,
            max_s=None if first.max_s is None else first.max_s - self._taken_s(),
            opens_thinking=prompt.opens_thinking,
            messages=prompt.messages,
            counted=prompt.counted,
            tools=prompt.tools,
            continues=self._held,
        )

    def hear(self, done: Finished, message: str, times: Times) -> TurnRow:
        """A turn has ended: what came of it, as it is to be journalled."""
        if not self.rows:
            self._queued_s = done.clocks.queued_s
        if done.reason != STOP and done.calls and not message:
            # Of a call that a server hands on, nothing stands in the text.
            message = f"cut short within a call of {cut(clean_line(done.calls[-1].name), 60)}"
        said = Said(done.answer, done.thinking, done.raw, done.calls, self._shows_tools)
        reply = self._replied(said, done.reason, message)
        calls, unread, given, is_over, is_capped = _plain(reply)
        row = TurnRow(
            item_id=self._item.id,
            epoch=self._epoch,
            number=len(self.rows),
            finish_reason=done.reason,
            thinking=done.thinking,
            answer=done.answer,
            raw=done.raw,
            calls=calls,
            calls_from="text" if done.calls is None else "server",
            unread=unread,
            given=given,
            shows_tools=self._shows_tools,
            is_over=is_over,
            is_capped=is_capped,
            message=message,
            n_prompt=done.n_prompt,
            n_cached=done.n_cached,
            n_thinking=done.n_thinking,
            n_answer=done.n_answer,
            ended_at=utc_now(),
            **times._asdict(),
        )
        self.rows.append(row)
        self._held = done.id
        if done.answered_by is not None:
            self._told.append(done.answered_by)
        return row

    def asks_again(self) -> None:
        """The turn is to be asked once more, from its beginning: nothing of the one before is held any longer."""
        self._held = ""

    def skip(self, message: str) -> None:
        """End it between two turns."""
        self._end = ("cancelled", message)

    def sample(self, position: int, prompt: str, server_name: Callable[[str], str] = str) -> EvalSample:
        """What it came to, once it is over: tokens and times of all turns together, the last turn's texts.

        The time to the first token is the first turn's. What servers said is of the turns since the worker began; the
        cost of those of before is made of their tokens.
        """
        reason, message = self._end or (STOP, "")
        rows, last, told = self.rows, self.rows[-1], self._told[-1] if self._told else None
        costs = [usd for usd in (self._usd_before, *(one.cost_usd for one in self._told)) if usd is not None]
        e2e = [row.e2e_s for row in rows]
        return EvalSample(
            item_id=self._item.id,
            epoch=self._epoch,
            position=position,
            category=self._item.category,
            level=self._item.level,
            finish_reason=reason,
            prompt=prompt,
            thinking=last.thinking,
            answer=last.answer,
            message=message,
            n_prompt=sum(row.n_prompt for row in rows),
            n_cached=sum(row.n_cached for row in rows),
            n_thinking=sum(row.n_thinking for row in rows),
            n_answer=sum(row.n_answer for row in rows),
            n_thinking_chars=len(last.thinking),
            n_answer_chars=len(last.answer),
            queued_s=self._queued_s,
            ttft_s=rows[0].ttft_s,
            ttfat_s=rows[0].ttfat_s,
            e2e_s=None if None in e2e else sum(filter(None, e2e)),
            output_tps=_rate(rows),
            seed=self._first.sampler.seed,
            ended_at=utc_now(),
            server=server_name(told.server) if told else None,
            tokens_from=told.tokens_from if told else None,
            n_tries=1 + sum(one.n_tries - 1 for one in self._told) if told else None,
            cost_usd=sum(costs) if costs else None,
            timings=told.timings if told else (),
            thinking_from=told.thinking_from if told else None,
        )

    def _replied(self, said: Said, reason: str, message: str) -> Reply:
        if reason != STOP:
            self._end = (reason, message)
            return Reply()
        reply = self._talk.hear(said)
        if reply.is_over:
            self._end = (STOP, "")
        return reply

    def _taken_s(self) -> float:
        return sum(row.e2e_s or 0.0 for row in self.rows)

    def _is_out_of_time(self) -> bool:
        most = self._first.max_s
        if most is None or self._taken_s() < most:
            return False
        self._end = ("timeout", f"its {most:,.0f} s were over before turn {len(self.rows) + 1}")
        return True


def turn_seed(seed: int, number: int) -> int:
    """The seed (32 bits) of a turn, from 0, of a sample with a seed: the first turn's is the sample's own."""
    if not number:
        return seed
    return int.from_bytes(sha256(f"{seed}\0turn {number}".encode()).digest()[:4], "big")


def said_of(row: TurnRow) -> Said:
    """A turn as the model wrote it."""
    calls = _calls(row.calls) if row.calls_from == "server" else None
    return Said(row.answer, row.thinking, row.raw, calls, row.shows_tools)


def transcript_of(rows: Sequence[TurnRow]) -> str:
    """A conversation as its grader is given it."""
    return transcript([Turn(said_of(row), _reply(row)) for row in rows])


def _reply(row: TurnRow) -> Reply:
    return Reply(_calls(row.calls), row.unread, tuple(map(_message, row.given)), row.is_over, row.is_capped)


def _message(one: Mapping[str, Any]) -> Message:
    name, content, call_id = (str(one.get(key, "")) for key in ("name", "content", "call_id"))
    role: Role = next((known for known in get_args(Role) if known == one.get("role")), "tool")
    return Message(role, content, _calls(one.get("calls") or ()), name, call_id)


def _calls(values: Iterable[Mapping[str, Any]]) -> tuple[Call, ...]:
    """Calls as a catalog has them, which may be somebody else's: nothing is taken for granted."""
    fields = ("name", "arguments", "id")
    return tuple(Call(*(str(one.get(key, "")) for key in fields)) for one in values if isinstance(one, Mapping))


def _plain(reply: Reply) -> tuple[Any, ...]:
    """A reply as the catalog has it: calls, what could not be read, messages, whether it is over, and capped."""
    given = tuple({**asdict(one), "calls": [asdict(call) for call in one.calls]} for one in reply.messages)
    return tuple(map(asdict, reply.calls)), reply.unread, given, reply.is_over, reply.is_capped


def _rate(rows: Sequence[TurnRow]) -> float | None:
    """Tokens/s of all turns together, from each one's own; None where a pause has spoilt one."""
    if any(row.e2e_s is None for row in rows):
        return None
    known = [(row.n_thinking + row.n_answer, row.output_tps) for row in rows if row.output_tps]
    seconds = sum(count / rate for count, rate in known if rate)
    return sum(count for count, _ in known) / seconds if seconds else None
