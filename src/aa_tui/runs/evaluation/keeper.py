"""Keeps what an evaluation's samples add up to: for the rules of stopping, the live row and the catalog's figures."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from aa_tui.analysis.costs import Spent
from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.catalog import life, samples, telemetry
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.outcomes import Outcome
from aa_tui.runs.evaluation.figures import figures_of
from aa_tui.runs.evaluation.spending import spent_of
from aa_tui.runs.page import put_figures
from aa_tui.runs.patience import patiently

if TYPE_CHECKING:
    from aa_tui.runs.ending import Ending
    from aa_tui.runs.evaluation.job import Job
    from aa_tui.runs.evaluation.live import Live
    from aa_tui.runs.evaluation.loop import Loop
    from aa_tui.runs.evaluation.orders import Standing

SHARE = 0.004
"""At most this share of the time goes into adding up what there is so far: with all writes it stays below 1 %."""

FIGURES_EVERY_S = 30.0
"""Not more often, and not in that share: each time the model's lines on the leaderboard are made anew."""


def put_last_figures(conn: sqlite3.Connection, run: RunRow) -> None:
    """The figures of a run whose worker died: of its samples in turn, as its report counts them."""
    rows = samples.scored(conn, run.id)
    summary = summarise(rows, categories=run.setup.categories, in_turn_only=True, is_chosen=run.setup.is_chosen)
    put_figures(conn, run, figures_of(run.pack or "", run.pack_version or "", summary, rows))


class Keeper:
    """Called by the journal's thread after each graded sample, and once at the end."""

    def __init__(self, run: RunRow, job: Job, standing: Standing) -> None:
        self.run = run
        self._job = job
        self._standing = standing
        self._loop: Loop | None = None
        self._live: Live | None = None
        self._kept_s = 0.0
        self._next_at = self._figured_at = float("-inf")

    def watch(self, loop: Loop, live: Live) -> None:
        """The loop whose samples these are, and its live row."""
        self._loop, self._live = loop, live

    def look(self, conn: sqlite3.Connection) -> None:
        """Let what earlier workers of this run have finished speak from the first second."""
        rows = samples.scored(conn, self.run.id)
        if rows and self._live is not None:
            self._stand(rows)
            self._live.standing = (self._summary(rows, in_turn_only=False), rows)

    def worked_s(self) -> float:
        """Seconds of work on this run, those of earlier workers too."""
        return self.run.worked_s + (self._loop.worked_s if self._loop else 0.0)

    def on_graded(self, conn: sqlite3.Connection) -> None:
        """Something has been graded."""
        now = monotonic()
        if now < self._next_at:
            return
        rows = samples.scored(conn, self.run.id)
        summary = self._summary(rows, in_turn_only=False)
        self._stand(rows)
        if self._live is not None:
            self._live.standing = (summary, rows)
        took = monotonic() - now
        self._next_at = now + took + took / SHARE
        if now - self._figured_at >= FIGURES_EVERY_S:
            self._figured_at = now
            self._keep_time(conn)
            # In turn only: should the worker be killed, these stay, and the answers that end first are the short ones.
            self._put(conn, self._summary(rows, in_turn_only=True), rows)

    def finish(self, conn: sqlite3.Connection, ending: Ending, should_stop: Callable[[], bool]) -> None:
        """The run ends so: its final figures."""
        patiently(lambda: self._keep_time(conn), is_to_end=should_stop)
        rows = samples.scored(conn, self.run.id)
        if not rows:
            return
        self._stand(rows)
        by_results = ending.by == "aim"
        cut_off = ending.state in ("stopped", "failed")
        summary = self._summary(rows, in_turn_only=cut_off, any_time=by_results)
        took = spent_of(conn, self.run, rows, in_turn_only=cut_off)
        patiently(lambda: self._put(conn, summary, rows, took), is_to_end=should_stop)

    def _summary(self, rows: list[ScoredSample], *, in_turn_only: bool, any_time: bool = False) -> Summary:
        return summarise(
            rows,
            categories=self._job.n_by_category,
            in_turn_only=in_turn_only,
            any_time=any_time,
            is_chosen=self._job.options.short is not None,
        )

    def _stand(self, rows: list[ScoredSample]) -> None:
        summary = self._summary(rows, in_turn_only=True)
        self._standing.n_correct = summary.all.outcomes[Outcome.CORRECT]
        self._standing.n_scored = summary.all.n_graded if summary.no_headline is None else 0
        times = [row.e2e_s for row in rows if row.e2e_s is not None]
        self._standing.mean_sample_s = statistics.fmean(times) if times else 0.0

    def _keep_time(self, conn: sqlite3.Connection) -> None:
        if self._loop is not None:
            worked = self._loop.worked_s
            life.add_work_time(conn, self.run.id, worked - self._kept_s)
            self._kept_s = worked

    def _put(
        self, conn: sqlite3.Connection, summary: Summary, rows: list[ScoredSample], took: Spent | None = None
    ) -> None:
        pack, loop = self._job.pack, self._loop
        rate = loop.n_output / loop.worked_s if loop and loop.n_output and loop.worked_s else None
        figures = figures_of(
            pack.name,
            pack.version,
            summary,
            rows,
            tokens_per_s_total=rate,
            joules_per_token=self._joules_per_token(conn, rate),
            spent=took,
        )
        put_figures(conn, self.run, figures)

    def _joules_per_token(self, conn: sqlite3.Connection, rate: float | None) -> float | None:
        """Mean power over the mean rate; None where the machine tells no power."""
        watts = [state.power_w for state in telemetry.of_run(conn, self.run.id) if state.power_w is not None]
        return statistics.fmean(watts) / rate if watts and rate else None
