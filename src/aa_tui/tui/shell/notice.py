"""Short words in the corner, as Textual shows them, with one mistake of its avoided."""

from __future__ import annotations

from textual.notifications import Notification

MOMENT_S = 0.05


class Notice(Notification):
    """A notification that always has a moment left.

    Every screen that comes up shows the notices again, each with a timer for what is left of its time. One whose time
    ends just then would give that timer a negative interval, with which `textual.timer.Timer._run` never waits again:
    the app stands still.
    """

    @property
    def time_left(self) -> float:
        """Seconds until it goes."""
        return max(super().time_left, MOMENT_S)

    @property
    def has_expired(self) -> bool:
        """Whether it need not be shown any more."""
        return super().time_left <= 0
