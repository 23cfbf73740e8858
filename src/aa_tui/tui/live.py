"""How a run that goes on is shown: the same words and the same bar on every view."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from aa_tui.tui.parts import styled

if TYPE_CHECKING:
    from textual.content import Content

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.columns import Part

BAR_CELLS = 20

STATE_MARKS = {
    "planned": ("·", "dim"),
    "paused": ("‖", "warn"),
    "queued": ("…", "dim"),
    "starting": ("▶", "accent"),
    "running": ("▶", "accent"),
    "finished": ("✓", "here"),
    "stopped": ("■", "warn"),
    "failed": ("✗", "bad"),
}
"""A sign and its kind for each state; the word stands beside it."""


def progress_bar(fraction: float, cells: int = BAR_CELLS) -> tuple[Part, ...]:
    """A bar of fixed length and a percentage of fixed width."""
    filled = max(0, min(cells, int(fraction * cells + 0.5)))
    return (("█" * filled, "accent"), ("░" * (cells - filled), "faint"), (f" {fraction:4.0%}", ""))


def live_line(run: RunRow, width: int) -> Content:
    """A run in one line."""
    mark, kind = STATE_MARKS[run.state]
    text = f"  {run.progress_text}" if run.progress_text else ""
    stopping = "  stopping…" if run.control == "stop" else ""
    line = styled((f"{mark} run {run.id}  ", kind), *progress_bar(run.progress), (text, "dim"), (stopping, "warn"))
    return line.truncate(width, ellipsis=True)


def local_time(moment: str | None) -> str:
    """A moment of the catalog's clock as the user's clock showed it: "2026-11-24 09:05"."""
    if not moment:
        return "–"
    try:
        return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return moment[:16]
