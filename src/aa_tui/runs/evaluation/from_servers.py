"""Answers of servers: each asked again what it serves when a run begins or continues, and how they stand meanwhile."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from aa_tui.catalog.rows import RunRow
from aa_tui.engine.errors import GivenUpError
from aa_tui.runs.evaluation.job import Job, Opened
from aa_tui.runs.evaluation.live import Around
from aa_tui.runs.evaluation.needs import turns_tokens
from aa_tui.runs.evaluation.tasks import ask, fitting
from aa_tui.runs.guard import NoFile
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter
from aa_tui.runs.serving.opening import Opening
from aa_tui.runs.serving.reaching import Reached

if TYPE_CHECKING:
    from aa_tui.engine.protocol import Batcher
    from aa_tui.engine.served.batcher import ServedBatcher

USUAL_AT_ONCE = 32
"""Requests at once for a server that does not say how many it computes: the engine begins with few and finds out."""

UNKNOWN_PROMPT = 2_048
"""Tokens that are left for a prompt where no server says how many a request may take."""


class FromServers:
    """A `Source`. Raises RunError and EngineError, in `open`, for servers that are not to be had or have changed."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> None:
        self.guard = NoFile()
        self._reporter = reporter
        self._opening = Opening(conn, run)
        self._engine: ServedBatcher | None = None

    def note(self) -> None:
        """No machine of the user's has a part in it; what the servers are is noted once they are asked."""

    def open(self, job: Job) -> Opened:
        """Ask all servers, and make the prompts of what is wanted."""
        self._reporter.tell(0.0, "asking the servers what they serve")
        reached = self._opening.reach(mixed=job.options.mixed)
        if self._reporter.should_stop():
            raise GivenUpError("It was stopped before its servers were asked.")
        patiently(self._opening.note, is_to_end=self._reporter.should_stop)
        n_parallel = job.options.n_parallel or max(served.n_slots or USUAL_AT_ONCE for _, served in reached.pairs)
        context = min(filter(None, (job.options.context, reached.context_tokens)), default=None)
        engine = self._opening.engine(
            job.options.for_engine(
                context or UNKNOWN_PROMPT + job.max_output_tokens + turns_tokens(job.pack), n_parallel
            ),
            loop_guard=job.options.loop_guard,
            max_usd=job.options.max_usd,
            longest_output=job.max_output_tokens,
        )
        try:
            self._engine = engine
            self._reporter.tell(0.0, "counting the tokens of the prompts")
            return Opened(engine, *fitting(ask(engine, job.pack, job.items), engine.n_ctx))
        except BaseException:
            engine.close()
            raise

    def identity(self, job: Job, engine: Batcher) -> dict[str, Any]:
        """What the servers serve: not where they are, nor how many requests they take at once."""
        return {"served": self._opening.reached.identity(), "settings": {}}

    def settings(self, job: Job, engine: Batcher) -> dict[str, Any]:
        """The servers as they were asked."""
        return {**self._opening.settings(engine), "is_deterministic": False}

    def around(self, engine: Batcher) -> Around:
        """How the servers stand."""
        return _AroundServers(self._opening.reached, self._engine, self._opening.spent_before)

    def close(self) -> None:
        """End the tunnels."""
        self._opening.close()


class _AroundServers(Around):
    def __init__(self, reached: Reached, engine: ServedBatcher | None, spent_before: float | None) -> None:
        self._reached = reached
        self._engine = engine
        self._spent_before = spent_before
        self._is_paid = spent_before is not None or any(
            served.price_in_usd_per_m or served.price_out_usd_per_m for _, served in reached.pairs
        )

    def figures(self) -> dict[str, Any]:
        if self._engine is None:
            return {}
        servers = [
            {
                "url": self.server_name(one.url),
                "n_running": one.n_running,
                "n_done": one.n_done,
                "limit": one.limit,
                "why_down": one.why_down,
            }
            for one in self._engine.standing()
        ]
        servers += [
            {"url": server.url, "n_running": 0, "n_done": 0, "limit": 0, "why_down": why}
            for server, why in self._reached.missing
        ]
        return {"servers": servers, "spent_usd": self.spent_usd()}

    def spent_usd(self) -> float | None:
        now = self._engine.spent_usd if self._engine is not None else 0.0
        return (self._spent_before or 0.0) + (now or 0.0) if self._is_paid or now else None

    def cost_usd(self, n_prompt: int, n_output: int) -> float | None:
        return self._reached.first.cost_usd(n_prompt, n_output)

    def server_name(self, url: str) -> str:
        return self._reached.name_of(url)
