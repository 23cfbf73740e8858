"""How a worker's work ended."""

from __future__ import annotations

from typing import NamedTuple

from aa_tui.catalog.rows import RunState


class Ending(NamedTuple):
    """The state that a run ends in, and why; no reason where it just came to its end."""

    state: RunState
    reason: str | None = None


FINISHED = Ending("finished")
PAUSED = "paused by the user"
"""Why a run pauses that was asked to."""
