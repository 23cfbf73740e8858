"""The servers of a run opened as an engine: asked again what they serve, which must be what the run is about."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aa_tui.analysis import display
from aa_tui.catalog import runs, samples, turns
from aa_tui.catalog.rows import RunRow
from aa_tui.engine.settings import EngineSettings
from aa_tui.runs.errors import RunError
from aa_tui.runs.log import say
from aa_tui.runs.serving.reaching import Reached, changed_words
from aa_tui.runs.serving.servers import of_settings

if TYPE_CHECKING:
    from aa_tui.engine.served.batcher import ServedBatcher


class Opening:
    """The servers of one run, from `reach` until `close`."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow) -> None:
        self._conn = conn
        self._run = run
        self._stack = ExitStack()
        self.reached = Reached(of_settings(conn, run.settings), may_miss=True)
        self.spent_before = samples.cost_usd(conn, run.id)

    def reach(self, *, mixed: bool = False) -> Reached:
        """Ask all of them; the run goes on without those that do not answer.

        Raises RunError where they differ, or are not what the run was begun with, EngineError where none answers.
        """
        reached = self._stack.enter_context(self.reached)
        for server, why in reached.missing:
            say(f"The run goes on without {server.shown}: {why}")
        reached.check_alike(mixed=mixed)
        changed = changed_words(self._conn, self._run.file, reached.first)
        if changed:
            raise RunError(
                f"{reached.servers[0].shown} has changed since run {self._run.id} was begun: {changed}. What it has "
                "stays; start a new run, or have the server serve the same again."
            )
        left = reached.first.cost_usd(*turns.tokens_unfinished(self._conn, self._run.id))
        if left:  # of conversations that were cut short: a sample has its cost once it has ended
            self.spent_before = (samples.cost_usd(self._conn, self._run.id) or 0.0) + left
        return reached

    def note(self) -> None:
        """Note what computes."""
        first = self.reached.first
        runs.set_engine(self._conn, self._run.id, {"server": first.kind, "version": self.reached.identity()["version"]})

    def engine(
        self,
        settings: EngineSettings,
        *,
        loop_guard: bool,
        max_usd: float | None,
        switches: Mapping[str, bool] | None = None,
        longest_output: int | None = None,
    ) -> ServedBatcher:
        """What asks them. `max_usd` is what the whole run may cost. Raises RunError where that is spent."""
        from aa_tui.engine.served.batcher import open_served

        return open_served(
            self.reached.pairs,
            replace(settings, shares_prefix=False, forks=False),
            loop_guard=loop_guard,
            max_usd=self._left_usd(max_usd),
            switches=switches,
            longest_output=longest_output,
        )

    def settings(self, engine: object) -> dict[str, Any]:
        """The servers as they were asked, for the run's row."""
        counted = getattr(engine, "prompt_tokens_from", "")
        missing = {server.url for server, _ in self.reached.missing}
        before = [one._asdict() for one in self._run.setup.served if one.url in missing]
        read = getattr(engine, "calls_from", "")
        notes: dict[str, Any] = {"served": [*self.reached.notes(), *before], "prompt_tokens_from": counted}
        return notes | ({"calls_from": read} if read else {})

    def close(self) -> None:
        """End the tunnels; they may be reached again."""
        self._stack.close()

    def _left_usd(self, most: float | None) -> float | None:
        if most is None:
            return None
        left = most - (self.spent_before or 0.0)
        if left <= 0:
            raise RunError(
                f"Run {self._run.id} has cost {display.usd(self.spent_before)} of the {display.usd(most)} that it "
                f"may: `aa-tui runs resume {self._run.id} --max-usd X` lets it cost more."
            )
        return left
