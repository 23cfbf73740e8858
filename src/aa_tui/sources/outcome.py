"""What came of asking, and the state that a source is in."""

from __future__ import annotations

from dataclasses import dataclass

from aa_tui.catalog.syncs import Requests, SyncRow
from aa_tui.sources.known import Source
from aa_tui.sources.planning import Plan


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as it is listed: where its key is, when it was synced last, how often it was asked today."""

    source: Source
    url: str
    key_name: str
    last: SyncRow | None
    requests: Requests


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one source. `sync_id` is None where nothing was written: for a dry run, since nothing has
    changed, or since it failed. `why_not` is the sentence of a failure."""

    source: Source
    plan: Plan | None = None
    sync_id: int | None = None
    why_not: str = ""
