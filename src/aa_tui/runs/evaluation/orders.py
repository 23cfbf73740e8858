"""What an evaluation is told from outside: pause, stop, skip, and that it is enough."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep

from aa_tui.analysis import display
from aa_tui.analysis.intervals import Interval
from aa_tui.analysis.sequential import confidence_sequence, decided
from aa_tui.catalog import life
from aa_tui.catalog.rows import RunRow
from aa_tui.runs import conditions
from aa_tui.runs.ending import PAUSED, Ending
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.locks import Turn
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter

LOOK_EVERY_S = 1.0
PAUSE_STEP_S = 0.3
ANOTHER = "waiting for another run to end"


@dataclass(slots=True)
class Standing:
    """How the evaluation stands, kept by the journal: what the rules for stopping look at.

    `n_scored` is 0 while there are too many errors for a score: no rule about it can be met then.
    """

    n_correct: int = 0
    n_scored: int = 0
    mean_sample_s: float = 0.0
    items_repeat: bool = False  # several epochs: samples of one item are no independent ones
    population: int | None = None  # the pack's items, where the score is to be that of just these

    def sequence(self) -> Interval | None:
        """The strict score's confidence sequence, valid whenever one stops, of what the run is about."""
        if self.items_repeat or not self.n_scored:
            return None
        return confidence_sequence(self.n_correct, self.n_scored, population=self.population)


class RunOrders:
    """Looks at what the reporter heard, at the run's conditions and at how the evaluation stands."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        run: RunRow,
        options: EvalOptions,
        *,
        reporter: Reporter,
        turn: Turn,
        standing: Standing,
        worked_s: Callable[[], float],
        spent_usd: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._conn = conn
        self._run = run
        self._options = options
        self._reporter = reporter
        self._turn = turn
        self._standing = standing
        self._worked_s = worked_s
        self._spent_usd = spent_usd
        self._looked_at = float("-inf")
        self._why_wait: str | None = None

    def should_stop(self) -> bool:
        """Whether to stop at once."""
        return self._reporter.should_stop()

    def why_pause(self) -> str | None:
        """Why nothing must be computed now. Cheap: asked before every step."""
        if monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._look()
        return PAUSED if self._reporter.control == "pause" else self._why_wait

    def _look(self) -> None:
        self._looked_at = monotonic()
        moment = conditions.now()
        waiting = self._why_wait is not None
        self._why_wait = conditions.why_wait(self._run.conditions, moment, self._reporter.machine, waiting=waiting)
        if conditions.is_over(self._run.conditions, moment):
            self._reporter.stop(self._over(), "time")

    def _over(self) -> str:
        end = conditions.of(self._run.conditions).not_after
        return "its time was over" if end is None else f"its time was over ({conditions.local_minute(end)})"

    def wait_out_pause(self, why_now: Callable[[], str | None]) -> None:
        """Hold still until there is no reason to any more; others have their turn meanwhile.

        Where the catalog cannot be written the turn is kept: nobody else could write what they measure either.
        """
        told = None
        while not self.should_stop() and (why := why_now()):
            if why != told and self._tell_pause(why):
                told = why
            if why == self.why_pause():
                self._turn.release()
            sleep(PAUSE_STEP_S)
        while not self.should_stop() and not self._turn.take():
            if told != ANOTHER and self._tell_pause(ANOTHER):
                told = ANOTHER
            sleep(PAUSE_STEP_S)
        if not self.should_stop():
            patiently(lambda: life.set_working(self._conn, self._run.id, "running"), is_to_end=self.should_stop)

    def _tell_pause(self, why: str) -> bool:
        try:
            return life.set_working(self._conn, self._run.id, "paused", why)
        except sqlite3.OperationalError:  # that may be the very reason for the pause
            return False

    def why_enough(self, n_running: int) -> Ending | None:
        """Why no further sample is to be begun."""
        options, standing = self._options, self._standing
        if self._reporter.control == "finish":
            return Ending("stopped", "stopped by the user, after the samples that were being written")
        if options.budget_s is not None and self._worked_s() + standing.mean_sample_s >= options.budget_s:
            return Ending("finished", f"the time budget of {options.budget_s / 60:.0f} min is used", "time")
        if options.max_usd is not None and (self._spent_usd() or 0.0) >= options.max_usd:
            return Ending("stopped", f"the {display.usd(options.max_usd)} that it may cost are spent", "cost")
        end = conditions.of(self._run.conditions).not_after
        if end is not None and conditions.seconds_until(end) <= standing.mean_sample_s:
            return Ending("stopped", self._over(), "time")
        return self._decided()

    def _decided(self) -> Ending | None:
        options, standing = self._options, self._standing
        if options.until_width is None and options.until_above is None:
            return None
        interval = standing.sequence()
        if interval is None:
            return None
        if options.until_width is not None and interval.half_width <= options.until_width:
            width = f"± {100 * interval.half_width:.1f} %"
            return Ending("finished", f"{self._score} is known to {width} at any stopping time", "aim")
        if options.until_above is not None:
            side = decided(standing.n_correct, standing.n_scored, options.until_above, population=standing.population)
            if side is not None:
                words = f"{self._score} is {side} {100 * options.until_above:g} %, at any stopping time"
                return Ending("finished", words, "aim")
        return None

    @property
    def _score(self) -> str:
        return "the score" if self._standing.population is None else "the score of just these items"

    def take_skip(self) -> str | None:
        """The sample that is not wanted, once."""
        wanted = self._reporter.skip
        if wanted is None:
            return None
        self._reporter.skip = None
        try:
            life.skipped(self._conn, self._run.id, wanted)
        except sqlite3.OperationalError:
            return None
        return wanted
