"""A run that goes on, in one line of words: for the shell and for whoever reads a log."""

from __future__ import annotations

from pathlib import Path

from aa_tui.catalog.clock import seconds_since
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.text import served
from aa_tui.pages.text.plan import time_words
from aa_tui.runs.patience import full_words

SILENT_AFTER_S = 20.0
"""A worker says something twice a second; after so long without a word something holds it up."""

FULL_BELOW_BYTES = 1_000_000


def words(run: RunRow, catalog_path: Path | None = None) -> str:
    """What goes on, how fast, how long still; and where the worker is silent, why that may be."""
    parts = [run.reason if run.state == "paused" and run.reason else run.progress_text or run.state]
    now = run.live_figures
    rate, left = now.tokens_per_s_total, now.left_s
    if run.state == "running" and rate is not None:
        parts.append(f"{rate:,.1f} tok/s")
    if run.state == "running" and left is not None:
        parts.append(f"left {time_words(left)}{_span(now.left_low_s, now.left_high_s)}")
    if run.state == "running" and (paid := served.spent(now, run.setup.max_usd)):
        parts.append(paid)
    down = [one for one in now.servers if one.why_down]
    if run.state == "running" and down:
        parts.append(f"{len(down)} of {len(now.servers)} servers down")
    trouble = silence(run, catalog_path)
    return " · ".join([*parts, trouble] if trouble else parts)


def _span(low_s: float | None, high_s: float | None) -> str:
    """From when to when, in brackets; nothing where both read the same."""
    if low_s is None or high_s is None or time_words(low_s) == time_words(high_s):
        return ""
    return f" ({time_words(low_s)}–{time_words(high_s)})"


def continues(run: RunRow) -> str:
    """What goes on without anybody watching: "Run 5 (aa-nano Q8_0, nano) continues in the background, 14 % done, …"."""
    what = " ".join(filter(None, (run.target, run.file.quant)))
    kind = run.pack or run.kind
    left = run.live_figures.left_s
    told = [f"Run {run.id} ({what}, {kind}) continues in the background", f"{run.progress:.0%} done".replace("%", " %")]
    if run.state in ("queued", "paused"):
        told[0] = f"Run {run.id} ({what}, {kind}) is {run.state}"
    elif left is not None:
        told.append(f"about {time_words(left)} left")
    return f"{', '.join(told)}."


def silence(run: RunRow, catalog_path: Path | None) -> str:
    """Why a live run's worker may not have said anything for a while; empty where it has."""
    if not run.is_live or run.heartbeat_at is None or run.state in ("queued", "paused"):
        return ""
    quiet_s = seconds_since(run.heartbeat_at)
    if quiet_s < SILENT_AFTER_S:
        return ""
    if catalog_path is not None and _is_full(catalog_path):
        return f"{full_words(catalog_path)}: it waits until there is room"
    return f"no word for {time_words(quiet_s)}"


def _is_full(catalog_path: Path) -> bool:
    from aa_tui.host.disk import free_bytes

    free = free_bytes(catalog_path.parent)
    return free is not None and free < FULL_BELOW_BYTES
