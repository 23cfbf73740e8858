"""A run that goes on, in one line of words: for the shell and for whoever reads a log."""

from __future__ import annotations

from pathlib import Path

from aa_tui.catalog.clock import seconds_since
from aa_tui.catalog.rows import RunRow
from aa_tui.pages.plan import time_words

SILENT_AFTER_S = 20.0
"""A worker says something twice a second; after so long without a word something holds it up."""

FULL_BELOW_BYTES = 1_000_000


def words(run: RunRow, catalog_path: Path | None = None) -> str:
    """What goes on, how fast, how long still; and where the worker is silent, why that may be."""
    parts = [run.reason if run.state == "paused" and run.reason else run.progress_text or run.state]
    rate, left = run.live.get("tokens_per_s_total"), run.live.get("left_s")
    if run.state == "running" and isinstance(rate, int | float):
        parts.append(f"{rate:,.1f} tok/s")
    if run.state == "running" and isinstance(left, int | float):
        low, high = run.live.get("left_low_s"), run.live.get("left_high_s")
        span = f" ({time_words(low)}–{time_words(high)})" if low is not None and high is not None else ""
        parts.append(f"left {time_words(left)}{span}")
    trouble = silence(run, catalog_path)
    return " · ".join([*parts, trouble] if trouble else parts)


def silence(run: RunRow, catalog_path: Path | None) -> str:
    """Why a live run's worker may not have said anything for a while; empty where it has."""
    if not run.is_live or run.heartbeat_at is None or run.state in ("queued", "paused"):
        return ""
    quiet_s = seconds_since(run.heartbeat_at)
    if quiet_s < SILENT_AFTER_S:
        return ""
    if catalog_path is not None and _is_full(catalog_path):
        return "the disk is full: it waits until there is room"
    return f"no word for {time_words(quiet_s)}"


def _is_full(catalog_path: Path) -> bool:
    from aa_tui.host.disk import free_bytes

    free = free_bytes(catalog_path.parent)
    return free is not None and free < FULL_BELOW_BYTES
