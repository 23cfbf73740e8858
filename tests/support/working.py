"""A run in the hands of a worker that is not there: what it would publish, and none that starts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from aa_tui.catalog import life
from aa_tui.catalog.rows import LiveSlot

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(12)}
"""What the pack of its run asks, and what is right."""


def tell(conn: sqlite3.Connection, run_id: int, *, n_tokens: int = 1_204, thinking: str = "so it is") -> None:
    """What a worker publishes while it goes on."""
    slots = [
        LiveSlot(0, "item-007", "thinking", n_tokens, 3.0, f"folded away\n{thinking}", ""),
        LiveSlot(2, "item-009", "answer", 88, 2.5, "hm", "Answer: forty-two"),
    ]
    live = {
        "tokens_per_s_total": 48.0,
        "rates": [40.0, 44.0, 48.0],
        "n_running": 2,
        "left_s": 4_320.0,
        "left_low_s": 3_480.0,
        "left_high_s": 6_000.0,
        "outcomes": {"correct": 5, "truncated": 2},
        "score": 0.71,
        "score_low": 0.50,
        "score_high": 0.86,
    }
    life.set_progress(conn, run_id, 0.38, "23 of 60", live=live, slots=slots)


def without_workers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No worker process is started; the numbers of the runs that would have had one."""
    started: list[int] = []

    def note(_path: Path, _conn: sqlite3.Connection, run_id: int) -> None:
        started.append(run_id)

    monkeypatch.setattr("aa_tui.runs.launch.start", note)
    monkeypatch.setattr("aa_tui.runs.start", note)
    return started
