"""Answers of a file that is loaded here: how many slots of which context, and what makes it that very file."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow
from aa_tui.engine import phases
from aa_tui.runs.evaluation.job import Job, Opened, Opener
from aa_tui.runs.evaluation.live import Around
from aa_tui.runs.evaluation.memory import check_slots
from aa_tui.runs.evaluation.needs import around_item, context_of, guessed_prompt, turns_tokens
from aa_tui.runs.evaluation.tasks import ask, fitting, longest
from aa_tui.runs.guard import Guard
from aa_tui.runs.identity import engine_words
from aa_tui.runs.machine_state import note_idle_power, note_machine
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter

if TYPE_CHECKING:
    from aa_tui.engine.protocol import Batcher

PROMPT_BYTES = 48
"""Of memory for each character of a prompt, were each a token."""


class FromFile:
    """A `Source`. Raises RunError where the file is no longer what was hashed."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow, reporter: Reporter, opener: Opener | None) -> None:
        self.guard = Guard(conn, run)
        self._conn = conn
        self._run = run
        self._reporter = reporter
        self._opener = opener

    def note(self) -> None:
        """Note the machine that measures, and its power while nothing is loaded yet."""
        stop = self._reporter.should_stop
        patiently(lambda: note_machine(self._conn, self._run), is_to_end=stop)
        patiently(lambda: note_idle_power(self._conn, self._run, stop), is_to_end=stop)
        self._run = runs.get(self._conn, self._run.id)

    def open(self, job: Job) -> Opened:
        """The engine with a context that every prompt of the pack fits in, as far as the model goes.

        The whole pack counts, whatever the limit: a run that goes further keeps its context.
        """
        from aa_tui.engine.batcher import open_batcher

        template = job.options.template
        opener = self._opener or partial(
            open_batcher,
            template=None if template is None else template["text"],
            loop_guard=job.options.loop_guard,
            plain=job.options.prompt == "plain",
        )
        extra = around_item(job.pack, job.options)
        n_prompt = guessed_prompt(job.pack, job.options)
        phases.expect(PROMPT_BYTES * sum(len(item.prompt) + extra for item in job.pack.items))
        while True:
            n_ctx = _context(job, n_prompt)
            n_slots = self._slots(job, n_ctx)
            started = time.perf_counter()
            engine = opener(
                Path(job.run.file.path),
                job.options.for_engine(n_ctx, n_slots),
                on_progress=self._reporter.loading,
            )
            try:
                note = partial(runs.set_load_time, self._conn, job.run.id, time.perf_counter() - started)
                patiently(note, is_to_end=self._reporter.should_stop)
                asked = ask(engine, job.pack, job.items, job.options.prompt)
                room = turns_tokens(job.pack)
                if _context(job, longest(asked) + room) <= n_ctx:
                    return Opened(engine, *fitting(asked, engine.n_ctx))
                n_prompt = longest(ask(engine, job.pack, job.pack.items, job.options.prompt)) + room
            except BaseException:
                engine.close()
                raise
            engine.close()

    def identity(self, job: Job, engine: Batcher) -> dict[str, Any]:
        """The file, the build and the machine. A context fits the longest prompt of the items wanted: with more items
        it may grow, and changes no result."""
        run = self._run
        return {
            "file_sha256": run.file.sha256,
            "quant": run.file.quant,
            "template_sha256": hashlib.sha256(engine.template.encode()).hexdigest(),
            "engine": engine_words(run.engine),
            "machine": run.machine.fingerprint if run.machine else None,
            "settings": {name: value for name, value in engine.settings.to_dict().items() if name != "n_ctx"},
        }

    def settings(self, job: Job, engine: Batcher) -> dict[str, Any]:
        """What the engine came to be."""
        settings = engine.settings
        return {
            "n_threads": settings.n_threads,
            "n_gpu_layers": settings.n_gpu_layers,
            "devices_used": list(engine.devices_used),
            "is_deterministic": settings.n_parallel == 1 and job.sampler.temperature == 0,
            "engine": settings.to_dict(),
        }

    def around(self, engine: Batcher) -> Around:
        """Nothing more."""
        return Around()

    def close(self) -> None:
        """There is nothing but the engine."""

    def _slots(self, job: Job, n_ctx: int) -> int:
        """As many as asked for; else what was measured to be best on this machine, once."""
        from aa_tui.engine.offload import devices_of
        from aa_tui.runs.evaluation.probe import best_slots

        most = check_slots(job.run.file, job.options, n_ctx, devices_of(job.run.engine))
        if job.options.n_parallel is not None:
            return job.options.n_parallel
        wanted = job.options.for_engine(n_ctx, 1)
        return min(best_slots(self._conn, job.run, wanted, most, self._reporter), most)


def _context(job: Job, n_prompt: int) -> int:
    return context_of(n_prompt, job.max_output_tokens, job.options.context or job.run.file.context_tokens)
