"""A server that is measured on the loopback: long answers at a known pace, and a run done in this process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from tests.support.mocked import worked
from tests.support.served import Asked, Fault, ModelServer, Reply

from aa_tui.runs import SpeedOptions, prepare
from aa_tui.runs.ending import Ending
from aa_tui.runs.speed.work import measure

LONG = " ".join(f"word{number}" for number in range(400))
EVERY_S = 0.002


def paced(asked: Asked) -> Fault:
    """Every answer comes at the same pace."""
    return Fault(after_s=0.005, every_s=EVERY_S)


def speedy(kind: Any = "vllm", *, plan: Callable[[Asked], Fault] = paced, **more: Any) -> ModelServer:
    """A server whose answers are longer than anybody asks for."""
    server = ModelServer(kind, lambda _: Reply(LONG), **{"context_tokens": 32_768, **more})
    server.plan = plan
    return server


def small(**more: Any) -> SpeedOptions:
    """Few and short requests."""
    return SpeedOptions(**{"prompt_tokens": 64, "output_tokens": 8, "repetitions": 2, **more})


def measured_here(conn: sqlite3.Connection, target: str, options: SpeedOptions) -> tuple[int, Ending]:
    """Queue a measurement and do it in this process, as its worker would."""
    run_id = prepare(conn, target, options=options)
    return run_id, done_here(conn, run_id)


def done_here(conn: sqlite3.Connection, run_id: int) -> Ending:
    """Do the work of a queued run."""
    return worked(conn, run_id, lambda run, reporter: measure(conn, run, reporter))
