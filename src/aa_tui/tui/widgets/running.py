"""How a run that is running is shown: the same words and the same bar on every view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from aa_tui.analysis import display
from aa_tui.textsafe import clean, clean_line
from aa_tui.tui.widgets.parts import styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content

    from aa_tui.catalog.rows import MeasurementRow, RunRow
    from aa_tui.tui.widgets.columns import Part

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

ASKED = {"stop": "stopping", "finish": "ending", "pause": "pausing"}
"""What has been asked of a worker that has not done it yet."""

SPARKS = "▁▂▃▄▅▆▇█"

Score = tuple[float, float, float]
"""A share with the bounds of its interval."""


def progress_bar(fraction: float, cells: int = BAR_CELLS) -> tuple[Part, ...]:
    """A bar of fixed length and a percentage of fixed width."""
    filled = max(0, min(cells, int(fraction * cells + 0.5)))
    return (("█" * filled, "accent"), ("░" * (cells - filled), "faint"), (f" {fraction:4.0%}", ""))


def state_word(run: RunRow) -> str:
    """The state, or what is about to become of it: "running", "stopping"."""
    if not run.is_live or (run.control == "pause" and run.state == "paused"):
        return run.state
    return ASKED.get(run.control or "", run.state)


def live_line(run: RunRow, width: int) -> Content:
    """A run in one line."""
    mark, kind = STATE_MARKS[run.state]
    text = f"  {run.progress_text}" if run.progress_text else ""
    word = state_word(run)
    asked = f"  {word}…" if word in ASKED.values() else ""
    line = styled((f"{mark} run {run.id}  ", kind), *progress_bar(run.progress), (text, "dim"), (asked, "warn"))
    return line.truncate(width, ellipsis=True)


def live_score(run: RunRow) -> Score | None:
    """The running score with its interval, while there is one."""
    now = run.live_figures
    value, low, high = now.score, now.score_low, now.score_high
    return (value, low, high) if value is not None and low is not None and high is not None else None


def noted_score(figure: MeasurementRow | None) -> Score | None:
    """A score that was noted as a figure of the run, None where it has no interval."""
    if figure is None or figure.interval_low is None or figure.interval_high is None:
        return None
    return figure.value, figure.interval_low, figure.interval_high


def score_words(score: Score) -> str:
    """A score: "71.0 % (50.1–86.2)"."""
    return display.score(*score)


def sparkline(rates: Sequence[float], cells: int, top: float | None = None) -> str:
    """The last rates as bars of up to eight eighths, the newest at the right; always so many cells.

    `top` is what fills a cell, None for the most that is shown.
    """
    shown = list(rates)[-cells:]
    top = max(shown, default=0.0) if top is None else top
    bars = (
        SPARKS[min(len(SPARKS) - 1, int(len(SPARKS) * max(0.0, rate) / top))] if top > 0 else SPARKS[0]
        for rate in shown
    )
    return "".join(bars).rjust(cells)


def last_line(text: str, width: int) -> str:
    """The last line that says something; of a long one its end, since that is where it grows."""
    lines = [line for line in clean(text[-4 * max(1, width) - 400 :]).splitlines() if line.strip()]
    line = clean_line(lines[-1]) if lines else ""
    if cell_len(line) <= width:
        return line
    end = line[-width:]
    while cell_len(end) > width - 1:
        end = end[1:]
    return f"…{end}"
