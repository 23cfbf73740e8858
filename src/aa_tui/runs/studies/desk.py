"""What a study has at hand while it works: its run, its journal, and what is asked of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.catalog import runs, studies
from aa_tui.catalog.rows import Figure, RunRow
from aa_tui.runs.guard import Guard
from aa_tui.runs.page import put_figures
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter


class Desk:
    """A study's run and its journal. What is noted is in the catalog when the call returns."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow, reporter: Reporter, guard: Guard) -> None:
        self.conn, self.run = conn, run
        self._reporter, self._guard = reporter, guard
        self.settings: dict[str, Any] = dict(run.settings)

    def should_stop(self) -> bool:
        """Whether to stop as soon as possible; what was noted stays."""
        return self._reporter.should_stop()

    def loading(self, part: float) -> bool:
        """What `open_model` is to call while it loads the file."""
        return self._reporter.loading(part)

    def tell(self, fraction: float, text: str) -> None:
        """How far the study is (0 to 1), and what it does now."""
        self._reporter.tell(fraction, text)

    def done(self, part: str) -> dict[int, dict[str, Any]]:
        """What is noted of a part already, by number: an earlier worker may have begun it."""
        return {point.number: point.facts for point in studies.points(self.conn, self.run.id, part)}

    def note(self, part: str, number: int, facts: Mapping[str, Any]) -> None:
        """Journal one piece. Raises RunError when the file has changed meanwhile."""
        self._guard.check()
        patiently(lambda: studies.add(self.conn, self.run.id, part, number, facts))

    def put_figures(self, figures: Sequence[Figure]) -> None:
        """Note figures of the run; one of the same name is replaced."""
        patiently(lambda: put_figures(self.conn, self.run, figures))

    def put_settings(self, **more: Any) -> None:
        """Note settings as they came to be."""
        self.settings |= more
        patiently(lambda: runs.set_settings(self.conn, self.run.id, self.settings))
