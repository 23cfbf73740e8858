"""How a worker's work ended."""

from __future__ import annotations

from typing import NamedTuple

from aa_tui.catalog.rows import EndedBy, RunState


class Ending(NamedTuple):
    """The state that a run ends in, and why; no reason where it just came to its end.

    `by` is the same as a fact; None is what usually leads to that state.
    """

    state: RunState
    reason: str | None = None
    by: EndedBy | None = None


FINISHED = Ending("finished")
PAUSED = "paused by the user"
"""Why a run pauses that was asked to."""
