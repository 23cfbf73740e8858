"""A measurement through a server at work: asked in a thread of its own, so that writing down disturbs no clock."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from aa_tui.analysis import display
from aa_tui.catalog import metric_names, runs
from aa_tui.catalog.rows import Figure, RunRow, SampleRow
from aa_tui.catalog.run_notes import number
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.errors import RunError
from aa_tui.runs.page import put_figures
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter
from aa_tui.runs.serving.reaching import Reached, changed_words
from aa_tui.runs.serving.servers import of_settings
from aa_tui.runs.speed.plan_served import context_of, plan_of
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.served.values import Served, Target
    from aa_tui.speed.load.plan import LoadPlan
    from aa_tui.speed.load.values import Event, RequestEvent, StageEvent


def measure_load(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> Ending:
    """Ask the server as planned, but not what an earlier worker has finished.

    Raises RunError for one that serves something else by now, EngineError for one that cannot be asked.
    """
    reporter.tell(0.0, "asking the server what it serves")
    with Reached(of_settings(conn, run.settings)) as reached:
        changed = changed_words(conn, run.file, reached.first)
        if changed:
            raise RunError(
                f"{clean_line(reached.servers[0].url)} has changed since run {run.id} was begun: {changed}. What it "
                "has stays; start a new run, or have the server serve the same again."
            )
        noted = _Noted(conn, run, reached)
        plan = plan_of(run.settings, run.setup, reached.first)
        work = _Asking(reached.pairs[0], plan, noted.figures(), reporter, noted.left_usd())
        try:
            is_whole = work.into(noted)
        finally:
            noted.spent(work.spent_usd)
    if is_whole:
        return FINISHED
    if work.is_spent:
        most = display.usd(run.setup.max_usd)
        return Ending("stopped", f"the {most} that it may cost are spent; what was measured until then is kept", "cost")
    return Ending("stopped", f"{reporter.stop_reason}; what was measured until then is kept", reporter.stopped_by)


class _Noted:
    """What the catalog has of a run, and what is added to it."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow, reached: Reached) -> None:
        self._conn, self._run = conn, run
        self._settings = {**run.settings, "served": reached.notes()}
        told = run.settings.get("load_notes")
        self._notes: dict[str, Any] = dict(told) if isinstance(told, Mapping) else {}
        first = reached.first
        patiently(lambda: runs.set_engine(conn, run.id, {"server": first.kind, "version": first.version}))
        patiently(lambda: runs.set_settings(conn, run.id, self._settings))
        self._forget_unfinished()

    def figures(self) -> dict[str, dict[str, float]]:
        """By stage what is measured already."""
        found: dict[str, dict[str, float]] = {}
        for metric, row in runs.result_of(self._conn, self._run).measurements.items():
            stage, _, name = metric.removeprefix(metric_names.SERVED).rpartition(".")
            found.setdefault(stage, {})[name] = row.value
        return found

    def left_usd(self) -> float | None:
        """What it may still cost; None where that is not limited."""
        most = self._run.setup.max_usd
        return None if most is None else most - (number(self._run.settings.get("spent_usd")) or 0.0)

    def spent(self, usd: float) -> None:
        """Note what it has cost this time."""
        if usd:
            self._settings["spent_usd"] = (number(self._run.settings.get("spent_usd")) or 0.0) + usd
            patiently(lambda: runs.set_settings(self._conn, self._run.id, self._settings))

    def _forget_unfinished(self) -> None:
        """A stage that was cut short is made again as a whole."""
        whole = {metric_names.of_server(stage) for stage in self.figures()}
        clocked = {sample.test for sample in runs.samples(self._conn, self._run.id)}
        patiently(lambda: runs.drop_samples(self._conn, self._run.id, clocked - whole))

    def requests(self, events: Sequence[RequestEvent]) -> None:
        """Journal requests that were answered."""
        rows = [_row(event) for event in events]
        patiently(lambda: runs.add_samples(self._conn, self._run.id, rows))

    def stage(self, event: StageEvent) -> None:
        """Note the figures of a stage, and what is to be said of it."""
        found = [
            Figure(metric_names.of_server(event.stage, one.name), one.value, one.unit, stdev=one.stdev, n=one.n)
            for one in event.figures
        ]
        patiently(lambda: put_figures(self._conn, self._run, found))
        if event.notes:
            self._notes[event.stage] = [clean_line(words) for words in event.notes]
            self._settings["load_notes"] = self._notes
            patiently(lambda: runs.set_settings(self._conn, self._run.id, self._settings))


class _Asking:
    """The asking, in a thread with a loop of its own."""

    def __init__(
        self,
        pair: tuple[Target, Served],
        plan: LoadPlan,
        earlier: dict[str, dict[str, float]],
        reporter: Reporter,
        max_usd: float | None,
    ) -> None:
        self._pair, self._plan, self._earlier, self._reporter = pair, plan, earlier, reporter
        self._told: SimpleQueue[Event | None] = SimpleQueue()
        self._given_up = threading.Event()
        self._max_usd = max_usd
        self.is_spent = False
        self.spent_usd = 0.0

    def into(self, noted: _Noted) -> bool:
        """Ask, and note what comes. False where it was stopped before the end. Raises what the asking raises."""
        from aa_tui.speed.load.values import RequestEvent, StageEvent

        with ThreadPoolExecutor(1, "asking") as pool:
            asked = pool.submit(lambda: asyncio.run(self._ask()))
            asked.add_done_callback(lambda _: self._told.put(None))
            try:
                for events in self._batches():
                    requests = [event for event in events if isinstance(event, RequestEvent)]
                    if requests:
                        noted.requests(requests)
                    for event in events:
                        if isinstance(event, StageEvent):
                            noted.stage(event)
                        elif not isinstance(event, RequestEvent):
                            self._reporter.tell(event.fraction, event.text)
            finally:
                self._given_up.set()
            return asked.result()

    def _batches(self) -> Iterator[list[Event]]:
        """What was told, all at once what there is, until the asking has ended."""
        while True:
            found = [self._told.get()]
            while not self._told.empty():
                found.append(self._told.get())
            yield [event for event in found if event is not None]
            if found[-1] is None:
                return

    async def _ask(self) -> bool:
        from aa_tui.engine.served.client import Client
        from aa_tui.runs.speed.asking import ServedAsker
        from aa_tui.speed.load.drive import measure

        target, served = self._pair
        async with Client() as client:
            asker = ServedAsker(client, target, served, context_of(self._plan))

            def should_stop() -> bool:
                self.spent_usd = asker.spent_usd
                self.is_spent = self._max_usd is not None and self.spent_usd >= self._max_usd
                return self.is_spent or self._given_up.is_set() or self._reporter.should_stop()

            try:
                return await measure(asker, self._plan, self._told.put, should_stop=should_stop, earlier=self._earlier)
            finally:
                self.spent_usd = asker.spent_usd


def _row(event: RequestEvent) -> SampleRow:
    answer = event.answer
    rate = answer.output_tps
    return SampleRow(
        test=metric_names.of_server(event.stage),
        repetition=event.number,
        warmup=event.warmup,
        n_prompt=event.n_prompt,
        n_gen=answer.n_output,
        seconds=event.e2e_s,
        tokens_per_s=answer.n_output / event.e2e_s if rate is None else rate,
        ttft_s=event.ttft_s,
        e2e_s=event.e2e_s,
        output_tps=rate,
        started_at=event.started_at,
    )
