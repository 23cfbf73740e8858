"""Asking a server as planned, stage after stage: one request at a time, so many at once, or at random moments.

All of it is one asyncio task, and its clock is the loop's. Nothing is written down from within: whoever listens gets
events and must take them quickly, since requests in flight are clocked meanwhile.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aa_tui.engine.errors import EngineError
from aa_tui.speed.load import figures
from aa_tui.speed.load.plan import MOST_REQUESTS, PROMPT_TOKENS, LoadPlan, Stage
from aa_tui.speed.load.prompts import Prompts
from aa_tui.speed.load.values import Asker, Event, Named, Question, RefusedError, RequestEvent, StageEvent
from aa_tui.speed.progress import INTERVAL_S, ProgressEvent

WARMUP_GEN = 8
WHOLE = ""
"""The name of what is of no single stage."""

REFUSED_SHARE = 0.05
"""A stage that loses more of its requests, or of its lanes, is the last of its kind."""

MOST_BROKEN = 3
"""So many failures in a row, which are no refusals, mean that the server is gone."""

_FEW_WORDS, _MANY_WORDS = 30, 330
_LOOK_EVERY = 8  # arrivals


async def measure(
    asker: Asker,
    plan: LoadPlan,
    emit: Callable[[Event], None],
    *,
    should_stop: Callable[[], bool] = lambda: False,
    earlier: Mapping[str, Mapping[str, float]] | None = None,
) -> bool:
    """Measure the stages that `earlier` (figures by stage) does not have. False where the caller stopped it before the
    last one was done; of an unfinished stage there are requests and no figures.

    Raises EngineError where the server does not answer.
    """
    work = _Work(asker, plan, emit, {name: dict(found) for name, found in (earlier or {}).items()})
    task = asyncio.create_task(work.all())
    while not task.done():
        await asyncio.wait({task}, timeout=INTERVAL_S)
        emit(ProgressEvent(work.fraction, work.text))
        if should_stop() and not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            return False
    task.result()
    return True


@dataclass(slots=True)
class _Tally:
    """What a stage of many requests has come to."""

    requests: list[RequestEvent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    n_open: int = 0
    n_broken: int = 0  # in a row
    last_at: float = 0.0

    def is_refused(self, n_lanes: int | None = None) -> bool:
        """Whether too much of it failed: of all requests, or of the lanes, which end with a failure."""
        return len(self.failures) > REFUSED_SHARE * (n_lanes or len(self.requests) + len(self.failures) + self.n_open)


class _Work:
    def __init__(
        self, asker: Asker, plan: LoadPlan, emit: Callable[[Event], None], known: dict[str, dict[str, float]]
    ) -> None:
        self._asker, self._plan, self._emit, self._known = asker, plan, emit, known
        self._prompts = Prompts(plan.seed)
        self._loop = asyncio.get_running_loop()
        self._round_trip_s = 0.0
        self._n_done = 0
        self._part = 0.0
        self.text = "counting tokens"

    @property
    def fraction(self) -> float:
        """How much of all stages is done, 0 to 1."""
        return min(1.0, (self._n_done + min(1.0, self._part)) / len(self._plan.stages))

    async def all(self) -> None:
        """Every stage that is not known yet."""
        await self._calibrate()
        self._round_trip_s = self._known.get(WHOLE, {}).get("round_trip_s") or await self._asker.round_trip_s()
        self._tell(WHOLE, [Named("round_trip_s", self._round_trip_s, "s")], [])
        levels: list[Mapping[str, float]] = []
        ended: set[str] = set()
        for stage in self._plan.stages:
            if stage.name not in self._known and stage.kind not in ended:
                self._part, self.text = 0.0, stage.words
                await self._one(stage, levels)
            found = self._known.get(stage.name, {})
            if stage.kind == "level" and found:
                levels.append(found)
            if found.get("saturated"):
                ended.add(stage.kind)
            self._n_done, self._part = self._n_done + 1, 0.0
        self._tell_best()

    def _one(self, stage: Stage, levels: list[Mapping[str, float]]) -> Awaitable[None]:
        if stage.kind == "depth":
            return self._depth(stage)
        return self._level(stage, levels) if stage.kind == "level" else self._rate(stage)

    async def _calibrate(self) -> None:
        """Find out how many tokens words take: by the server's tokenizer, else by what it counts of two requests."""
        counts = []
        for n_words in (_FEW_WORDS, _MANY_WORDS):
            question = self._prompts.of_words(n_words, n_words, 1)
            n_tokens = await self._asker.count(question.text)
            if n_tokens is None:
                n_tokens = (await self._asker.ask(question)).n_prompt
            if n_tokens is None:
                return
            counts.append((n_words, n_tokens))
        self._prompts.learn_both(counts[0], counts[1])

    async def _depth(self, stage: Stage) -> None:
        plan, n_prompt = self._plan, int(stage.value) + PROMPT_TOKENS
        first = self._prompts.question(n_prompt, WARMUP_GEN)
        self._prompts.learn(first, await self._asker.count(first.text))
        await self._warm_up(stage, [self._prompts.question(n_prompt, WARMUP_GEN)])
        requests = []
        for number in range(1, plan.repetitions + 1):
            self.text = f"{stage.words}: repetition {number} of {plan.repetitions}"
            requests.append(await self._ask(stage, number, self._prompts.question(n_prompt, plan.n_gen)))
            self._part = number / plan.repetitions
        found = list(figures.of_depth(requests, self._round_trip_s))
        self._tell(stage.name, found, self._notes(stage, requests))

    async def _level(self, stage: Stage, before: list[Mapping[str, float]]) -> None:
        """So many lanes, each asking again as soon as it is answered, until all questions are. A lane that is refused
        asks no more: the server does not take so many at once."""
        plan, n_lanes = self._plan, int(stage.value)
        await self._warm_up(stage, self._questions(n_lanes, WARMUP_GEN))
        questions = enumerate(self._questions(n_lanes * plan.repetitions, plan.n_gen), 1)
        tally = _Tally()

        async def lane(places: Iterator[tuple[int, Question]]) -> None:
            for number, question in places:
                if not await self._into(tally, stage, number, question):
                    return
                self._part = len(tally.requests) / (n_lanes * plan.repetitions)

        start = self._loop.time()
        await _together(lane(questions) for _ in range(n_lanes))
        found = self._load_figures(stage, tally, start)
        noted = self._notes(stage, tally.requests) + _failures(stage, tally)
        if tally.is_refused(n_lanes):
            found.append(Named("saturated", 1, "yes"))
        elif figures.is_saturated({one.name: one.value for one in found}, before):
            found.append(Named("saturated", 1, "yes"))
            noted.append(
                f"At {stage.words} the server is over-saturated: no more throughput, first tokens take twice as long. "
                "No higher level was tried."
            )
        self._tell(stage.name, found, noted)

    async def _rate(self, stage: Stage) -> None:
        """Requests at the moments of a Poisson process, whatever becomes of those before; their clocks run from those
        moments. Afterwards they have as long again to be answered."""
        plan = self._plan
        await self._warm_up(stage, self._questions(1, WARMUP_GEN))
        tally, tasks, open_then = _Tally(), set[asyncio.Task[bool]](), list[int]()
        crashes: list[BaseException] = []

        def ended(task: asyncio.Task[bool]) -> None:
            tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                crashes.append(error)

        grows, start = False, self._loop.time()
        try:
            for number, at in enumerate(arrivals(stage.value, plan.for_s, plan.seed), 1):
                question = self._prompts.question(plan.n_prompt, plan.n_gen)
                await asyncio.sleep(max(0.0, start + at - self._loop.time()))
                open_then.append(len(tasks))
                task = asyncio.create_task(self._into(tally, stage, number, question, planned_at=start + at))
                tasks.add(task)
                task.add_done_callback(ended)
                self._part, self.text = at / plan.for_s, f"{stage.words}, {len(tasks)} open"
                grows = number % _LOOK_EVERY == 0 and figures.grows_without_bound(open_then, plan.n_slots)
                if grows or crashes:
                    break
            if tasks and not grows:
                await asyncio.wait(set(tasks), timeout=plan.for_s)
        finally:
            left, stopped_s = set(tasks), self._loop.time() - start
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        if crashes:
            raise crashes[0]
        tally.n_open = len(left)
        tally.last_at = max(tally.last_at, start + (stopped_s if left else plan.for_s))
        found = self._load_figures(stage, tally, start)
        noted = self._notes(stage, tally.requests) + _failures(stage, tally)
        if grows or left or tally.is_refused():
            found.append(Named("saturated", 1, "yes"))
        if grows or left:
            backlog = (
                f"{tally.n_open} requests were unanswered after {stopped_s:.0f} s{', and ever more' if grows else ''}"
            )
            noted.append(
                f"At {stage.words} the server is over-saturated: {backlog}. Times are of the answered ones; no higher "
                "rate was tried."
            )
        self._tell(stage.name, found, noted)

    async def _warm_up(self, stage: Stage, questions: list[Question]) -> None:
        """Ask all at once, so that connections are open and the server is awake; learn how long the prompts are."""
        asked = [self._ask(stage, number, one, warmup=True) for number, one in enumerate(questions, 1)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        found = [one for one in answers if isinstance(one, RequestEvent)]
        for one in answers:
            if isinstance(one, BaseException) and (not found or not isinstance(one, EngineError)):
                raise one
        for event in found:
            self._prompts.learn(event.question, event.answer.n_prompt)

    async def _into(
        self, tally: _Tally, stage: Stage, number: int, question: Question, *, planned_at: float | None = None
    ) -> bool:
        """Ask, and take what comes of it into the tally. False where it was refused.

        Raises EngineError once the server seems to be gone.
        """
        try:
            event = await self._ask(stage, number, question, planned_at=planned_at)
        except EngineError as error:
            tally.failures.append(str(error))
            if isinstance(error, RefusedError):
                return False
            tally.n_broken += 1
            if tally.n_broken >= MOST_BROKEN:
                raise
            return True
        finally:
            tally.last_at = self._loop.time()
        tally.n_broken = 0
        tally.requests.append(event)
        return True

    async def _ask(
        self,
        stage: Stage,
        number: int,
        question: Question,
        *,
        warmup: bool = False,
        planned_at: float | None = None,
    ) -> RequestEvent:
        late_s = 0.0 if planned_at is None else max(0.0, self._loop.time() - planned_at)
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        answer = await self._asker.ask(question)
        event = RequestEvent(stage.name, number, warmup, question, answer, started_at, late_s)
        self._emit(event)
        return event

    def _questions(self, count: int, n_gen: int) -> list[Question]:
        return [self._prompts.question(self._plan.n_prompt, n_gen) for _ in range(count)]

    def _load_figures(self, stage: Stage, tally: _Tally, start: float) -> list[Named]:
        """Raises EngineError where nothing was answered at all: there is nothing to tell."""
        if not tally.requests and tally.failures:
            raise EngineError(f"At {stage.words} the server answered nothing: {tally.failures[0]}")
        wall_s = tally.last_at - start
        slo, n_failed = self._plan.slo, len(tally.failures)
        return list(figures.of_load(tally.requests, wall_s, slo=slo, n_failed=n_failed, n_open=tally.n_open))

    def _notes(self, stage: Stage, requests: list[RequestEvent]) -> list[str]:
        is_depth = stage.kind == "depth"
        guessed = ["The server does not count prompts: how long they are is guessed by their words."]
        return ([] if self._prompts.is_counted else guessed) + figures.notes_of(
            requests, stage.words, self._plan.n_gen, is_depth=is_depth, round_trip_s=self._round_trip_s
        )

    def _tell(self, name: str, found: list[Named], noted: list[str]) -> None:
        self._known[name] = self._known.get(name, {}) | {one.name: one.value for one in found}
        self._emit(StageEvent(name, tuple(found), tuple(noted)))

    def _tell_best(self) -> None:
        """At which level the throughput is highest."""
        rates = {
            stage.value: rate
            for stage in self._plan.stages
            if stage.kind == "level" and (rate := self._known.get(stage.name, {}).get("output_tps")) is not None
        }
        if len(rates) > 1:
            best = max(rates, key=lambda level: rates[level])
            where = Named("best_parallel", best, "requests", n=len(rates))
            self._tell(WHOLE, [where, Named("best_tps", rates[best], "tokens/s")], [])


def arrivals(rate: float, for_s: float, seed: int) -> Iterator[float]:
    """The moments of a Poisson process of so many a second, in seconds from its start; the same for the same seed."""
    source, at = random.Random(f"{seed} {rate:g}"), 0.0
    for _ in range(MOST_REQUESTS):
        at += source.expovariate(rate)
        if at >= for_s:
            return
        yield at


def _failures(stage: Stage, tally: _Tally) -> list[str]:
    if not tally.failures:
        return []
    n_all = len(tally.requests) + len(tally.failures) + tally.n_open
    failed = f"{len(tally.failures)} of {n_all} requests failed"
    return [f"At {stage.words} {failed}, the first with this: {tally.failures[0]}"]


async def _together(lanes: Iterator[Awaitable[None]]) -> None:
    """All of them; where one fails otherwise than by a refusal, or the caller gives up, all are ended."""
    try:
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(_awaited(lane))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _awaited(lane: Awaitable[None]) -> None:
    await lane
