"""Looks into the catalog every 0.6 s and tells when something has changed. When nothing has, it does nothing."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from aa_tui.catalog import runs
from aa_tui.tui.core.news import News

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.core.store import Store

INTERVAL_S = 0.6
ORPHANS_EVERY_S = 15.0
"""How often a live run's worker is looked for."""


class Watch:
    """Remembers what was seen last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version = store.data_version()
        self._mark = store.content_mark()
        self._live: dict[int, RunRow] = {}
        self._looked_for_orphans = 0.0

    def look(self, *, force: bool = False) -> News | None:
        """What is new, or None."""
        force = self._store.look_after() or force
        version = self._store.data_version()
        if version == self._version and not force:
            return None
        self._version = version
        live = self._store.read(runs.live_runs, list(self._live.values()))
        still = {run.id for run in live}
        ended = [self._again(run) for run_id, run in self._live.items() if run_id not in still]
        self._live = {run.id: run for run in live}
        mark = self._store.content_mark()
        changed, self._mark = mark != self._mark, mark
        return News(live, ended, changed)

    def _again(self, run: RunRow) -> RunRow:
        return self._store.read(lambda conn: runs.get(conn, run.id), run)

    def orphans_due(self) -> bool:
        """Whether to look for workers that died: only while there should be some, and not all the time."""
        if not self._live or monotonic() - self._looked_for_orphans < ORPHANS_EVERY_S:
            return False
        self._looked_for_orphans = monotonic()
        return True
