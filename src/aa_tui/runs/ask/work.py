"""The worker's part of a conversation: load the file, answer what is asked, stay ready for what is asked next."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import asked, life, runs, samples
from aa_tui.catalog.asked import Turn
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import EvalSample, RunRow
from aa_tui.engine import phases
from aa_tui.engine.chat import NO_THINKING, ChatPrompt
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.engine.requests import Dropped, Finished, Request
from aa_tui.evals.items import Item
from aa_tui.runs import conditions
from aa_tui.runs.ask.conversation import messages
from aa_tui.runs.ask.options import AskOptions
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.card import card_of_run, sampler_for
from aa_tui.runs.evaluation.job import Opener
from aa_tui.runs.evaluation.live import slot_of
from aa_tui.runs.evaluation.loop import Lane, Task
from aa_tui.runs.evaluation.memory import slots_that_fit
from aa_tui.runs.evaluation.needs import LEAST_OUTPUT
from aa_tui.runs.guard import Guard, NoFile, Watchman, mark
from aa_tui.runs.locks import Turn as TurnLock
from aa_tui.runs.machine_state import note_machine
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import News, Reporter
from aa_tui.runs.serving.opening import Opening

if TYPE_CHECKING:
    from aa_tui.engine.protocol import Batcher
    from aa_tui.engine.settings import EngineSettings

USUAL_CONTEXT = 8_192
"""Tokens, as far as the model goes: room for some turns, in little memory."""

USUAL_OUTPUT = 4_096
"""Tokens of thinking and answer together: one that never comes to its end is cut short there."""

CONTEXT_STEP = 256
SHOWN_CHARS = 64_000
"""Of an answer that is being written, at its end: all of it but for the longest."""

CHARS_PER_TOKEN = 2.5
"""For a first guess of a prompt's tokens, before there is a tokenizer; English has some 4."""

TEMPLATE_TOKENS = 256
PROMPT_BYTES = 48
"""Of memory for each character of a prompt, were each a token."""

LOOK_EVERY_S = 0.05
WAITING = "waiting for the next prompt"
ENDED_BY_USER = "ended by the user"


def converse(
    conn: sqlite3.Connection, run: RunRow, reporter: Reporter, turn: TurnLock, opener: Opener | None = None
) -> Ending:
    """Answer what is asked and not answered yet, and what is asked while the worker stays."""
    guard: Watchman = NoFile() if run.file.is_served else Guard(conn, run)
    reporter.guard(guard.look)
    if not run.file.is_served:
        patiently(lambda: note_machine(conn, run), is_to_end=reporter.should_stop)
    talk = _Talk(conn, runs.get(conn, run.id), reporter, turn, opener)
    try:
        ending = talk.run()
    except GivenUpError:
        ending = Ending("stopped", reporter.stop_reason, reporter.stopped_by)
    finally:
        talk.close()
    why = guard.settle()
    if why is not None:
        patiently(lambda: mark(conn, run.id, guard.held_at, why), is_to_end=reporter.should_stop)
        return Ending("failed", f"{why}. Put it back and resume, or ask the file as it is now.")
    return ending


class _Talk:
    """A conversation with a model that is loaded when it is first needed."""

    def __init__(
        self, conn: sqlite3.Connection, run: RunRow, reporter: Reporter, turn: TurnLock, opener: Opener | None
    ) -> None:
        self._conn = conn
        self._run = run
        self._reporter = reporter
        self._turn = turn
        self._options = options = AskOptions.from_settings(run.settings)
        self._opening = Opening(conn, run) if run.file.is_served else None
        self._load: Opener = opener or self._loader()
        self._sampler, self._sampler_source = sampler_for(options.how, card_of_run(conn, run, options.how.template))
        self._cap = options.how.max_output_tokens or USUAL_OUTPUT
        self._engine: Batcher | None = None
        self._n_ctx = 0
        self._most = run.file.context_tokens
        self._lane: Lane | None = None
        self._n_answered = 0

    def _loader(self) -> Opener:
        """What makes the engine: of a file, or of the servers that serve the model."""
        options = self._options
        switches = None if options.thinks else NO_THINKING
        opening = self._opening
        if opening is None:
            from aa_tui.engine.batcher import open_batcher

            template = options.how.template
            return partial(
                open_batcher,
                template=None if template is None else template["text"],
                loop_guard=options.how.loop_guard,
                plain=options.is_raw,
                keeps=True,
                switches=switches,
            )

        def reach(path: Path, settings: EngineSettings, on_progress: object = None) -> Batcher:
            opening.reach()
            self._write(opening.note)
            how = options.how
            return opening.engine(settings, loop_guard=how.loop_guard, max_usd=how.max_usd, switches=switches)

        return reach

    def close(self) -> None:
        """Free the model."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._opening is not None:
            self._opening.close()

    def run(self) -> Ending:
        """Until nothing more is asked, or it is to stop."""
        ending = FINISHED
        while not self._reporter.should_stop():
            turns = asked.turns(self._conn, self._run.id)
            wanted = next((at for at, turn in enumerate(turns) if turn.sample is None), None)
            if wanted is not None:
                self._n_answered = wanted
                sample = self._answer(turns[: wanted + 1])
                self._write(partial(samples.add, self._conn, self._run.id, sample))
                self._lane = None
                if self._engine is not None and not wanted:
                    self._note_system_turn(self._engine)
                ending = Ending("failed", sample.message) if sample.finish_reason == "error" else FINISHED
            elif not self._is_asked_more():
                return self._stopped() if self._reporter.should_stop() else ending
        return self._stopped()

    def _stopped(self) -> Ending:
        words = f"{self._reporter.stop_reason}; what was written until then is kept"
        return Ending("stopped", words, self._reporter.stopped_by)

    def _write(self, write: Callable[[], Any]) -> None:
        patiently(write, is_to_end=self._reporter.should_stop)

    # -- one turn

    def _answer(self, turns: Sequence[Turn]) -> EvalSample:
        """What the model says to the last of these turns; why it can say nothing, where it cannot."""
        one = turns[-1].asked
        item = Item(one.item_id, asked.CATEGORY, one.prompt, None)
        given = messages(turns, self._options)
        try:
            engine, prompt = self._prompt(given)
        except _CannotAskError as error:
            return _unanswered(item, one.turn, str(error))
        request = Request(
            id=item.id,
            prompt=prompt.tokens,
            max_tokens=min(self._cap, engine.n_ctx - prompt.n_tokens),
            sampler=replace(self._sampler, seed=self._options.how.seed),
            max_s=self._options.how.max_sample_s,
            opens_thinking=prompt.opens_thinking,
            messages=prompt.messages,
            counted=prompt.counted,
        )
        task = Task(item, 1, one.turn - 1, request, one.prompt)
        self._lane = lane = Lane(task, 0, monotonic(), deque(), most_chars=SHOWN_CHARS)
        self._reporter.tell_from(self._news)
        self._write(lambda: life.set_working(self._conn, self._run.id, "running"))
        engine.submit(request)
        done = self._written(engine, lane)
        self._write(lambda: life.add_work_time(self._conn, self._run.id, monotonic() - lane.started))
        message = ENDED_BY_USER if done.reason == "cancelled" else done.message
        return lane.sample(done, message, self._opening.reached.name_of if self._opening is not None else str)

    def _written(self, engine: Batcher, lane: Lane) -> Finished:
        """Have it written to its end, or until somebody ends it."""
        while True:
            if self._reporter.should_stop() or self._take_skip() == lane.task.key:
                engine.cancel(lane.task.key)
            for event in engine.step():
                if isinstance(event, Finished):
                    return event
                if isinstance(event, Dropped):
                    lane.drop()
                else:
                    lane.take(event)

    def _take_skip(self) -> str | None:
        wanted, self._reporter.skip = self._reporter.skip, None
        if wanted is not None:
            self._write(lambda: life.skipped(self._conn, self._run.id, wanted))
        return wanted

    def _news(self) -> News:
        lane = self._lane
        n_asked = self._n_answered + 1
        fraction = self._n_answered / n_asked
        if lane is None:
            return News(fraction, WAITING, slots=())
        slot = slot_of(lane, monotonic())
        return News(fraction, {"prompt": "reading the prompt"}.get(slot.phase, "writing"), slots=(slot,))

    # -- the model and its context

    def _prompt(self, given: Sequence[Any]) -> tuple[Batcher, ChatPrompt]:
        """The engine, with a context that holds the prompt and what may be written, and the prompt's tokens."""
        n_chars = sum(len(message.content) for message in given)
        phases.expect(PROMPT_BYTES * n_chars)
        n_prompt = int(n_chars / CHARS_PER_TOKEN) + TEMPLATE_TOKENS
        while True:
            engine = self._engine or self._open(n_prompt)
            try:
                prompt = engine.prompt(given)
            except EngineError as error:
                raise _CannotAskError(str(error)) from error
            n_prompt = prompt.n_tokens
            if self._context(n_prompt) <= self._n_ctx:
                break
            self.close()  # and load it again, with a longer one
        if n_prompt + self._least > engine.n_ctx:
            raise _CannotAskError(self._too_long(n_prompt, engine.n_ctx))
        return engine, prompt

    @property
    def _least(self) -> int:
        """Tokens that a prompt must leave for the answer."""
        return min(self._cap, LEAST_OUTPUT)

    def _context(self, n_prompt: int) -> int:
        """Tokens of the context: as asked for, else the usual or what this prompt takes, as far as the model goes."""
        wanted = self._options.n_ctx or max(USUAL_CONTEXT, n_prompt + self._cap)
        most = self._most
        wanted = -(-wanted // CONTEXT_STEP) * CONTEXT_STEP
        return min(wanted, most) if most else wanted

    def _too_long(self, n_prompt: int, n_ctx: int) -> str:
        what, cure = ("The conversation", "begin a new one") if self._n_answered else ("The prompt", "shorten it")
        longer = ", or ask for a longer context with --n-ctx" if n_ctx != self._run.file.context_tokens else ""
        return (
            f"{what} has {n_prompt:,} tokens, which with {self._least} for the answer do not fit the context of "
            f"{n_ctx:,}: {cure}{longer}."
        )

    def _open(self, n_prompt: int) -> Batcher:
        """Load the file, with the context that is wanted, or the longest that fits the memory."""
        how, started = self._options.how, time.perf_counter()
        self._n_ctx = n_ctx = self._fitting(n_prompt)
        self._engine = engine = self._load(
            Path(self._run.file.path),
            how.for_engine(n_ctx, 1, shares_prefix=False),
            on_progress=self._reporter.loading,
        )
        load_s = time.perf_counter() - started
        if self._opening is None:
            self._write(lambda: runs.set_load_time(self._conn, self._run.id, load_s))
        self._write(lambda: runs.set_settings(self._conn, self._run.id, self._resolved(engine)))
        return engine

    def _fitting(self, n_prompt: int) -> int:
        """The context that is wanted; one that nobody asked for is halved until it fits the memory."""
        from aa_tui.engine.offload import devices_of

        wanted = n_ctx = self._context(n_prompt)
        if self._options.how.force or self._opening is not None:
            return wanted
        devices = devices_of(self._run.engine)
        least = wanted if self._options.n_ctx else min(wanted, n_prompt + self._least)
        while n_ctx >= least:
            if slots_that_fit(self._run.file, self._options.how, n_ctx, 0, devices):
                self._most = self._most if n_ctx == wanted else n_ctx
                return n_ctx
            n_ctx //= 2
        raise RunError(
            f"A context of {least:,} tokens for {self._run.file.shown_name} does not fit the free memory: ask for a "
            "shorter one with --n-ctx, a smaller --kv type, or try all the same with --force."
        )

    def _resolved(self, engine: Batcher) -> dict[str, Any]:
        """The settings as they came to be."""
        settings = engine.settings
        return {
            **self._run.settings,
            "n_ctx_used": engine.n_ctx,
            "n_threads": settings.n_threads,
            "n_gpu_layers": settings.n_gpu_layers,
            "devices_used": list(engine.devices_used),
            "max_output_tokens": self._cap,
            "sampler": {**self._sampler.to_dict(), "seed": self._options.how.seed},
            "sampler_source": self._sampler_source,
            "reasoning_format": engine.reasoning_format,
            **(self._opening.settings(engine) if self._opening is not None else {}),
        }

    def _note_system_turn(self, engine: Batcher) -> None:
        """What the template says of its own accord. Found out by rendering it once more: after the first answer, since
        that is waited for, and before the second, which needs that rendering."""
        if not self._options.system:
            noted = {**self._resolved(engine), "template_system_turn": engine.system_turn}
            self._write(lambda: runs.set_settings(self._conn, self._run.id, noted))

    # -- between two turns

    def _is_asked_more(self) -> bool:
        """Stay for a while, with the model ready, and let others have their turn. Whether something was asked.

        One that waits for its turn needs the memory as well: then this one goes at once.
        """
        deadline, version = monotonic() + self._options.stays_s, -1
        while monotonic() < deadline and not self._reporter.should_stop() and self._reporter.control != "finish":
            if self._turn.is_held:
                self._write(lambda: life.set_working(self._conn, self._run.id, "paused", WAITING))
                self._turn.release()
            now = runs.data_version(self._conn)
            if now != version:
                version = now
                if asked.n_left(self._conn, self._run.id):
                    return self._has_turn()
                if self._is_in_the_way():
                    return False
            time.sleep(LOOK_EVERY_S)
        return False

    def _is_in_the_way(self) -> bool:
        machine = self._reporter.machine
        return any(
            one.id != self._run.id and conditions.wants_turn(one, machine)
            for one in runs.live_runs(self._conn)
            if conditions.are_in_each_others_way(one, self._run)
        )

    def _has_turn(self) -> bool:
        """Wait for whoever has begun to measure meanwhile. False where it is to stop."""
        while not self._turn.take():
            if self._reporter.should_stop():
                return False
            self._reporter.tell(0.0, f"waiting for {self._turn.holder() or 'another run'}")
            time.sleep(LOOK_EVERY_S)
        return True


class _CannotAskError(Exception):
    """The model cannot be given this prompt; the next one may do."""


def _unanswered(item: Item, turn: int, why: str) -> EvalSample:
    return EvalSample(
        item_id=item.id,
        epoch=1,
        position=turn - 1,
        category=item.category,
        level=None,
        finish_reason="error",
        prompt=item.prompt,
        thinking="",
        answer="",
        message=why,
        n_prompt=0,
        n_cached=0,
        n_thinking=0,
        n_answer=0,
        n_thinking_chars=0,
        n_answer_chars=0,
        queued_s=None,
        ttft_s=None,
        ttfat_s=None,
        e2e_s=None,
        output_tps=None,
        seed=0,
        ended_at=utc_now(),
    )
