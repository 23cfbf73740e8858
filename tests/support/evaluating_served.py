"""A small pack, servers that answer it, and an evaluation of what they serve, done in this process."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.evaluating import write_pack
from tests.support.mocked import worked
from tests.support.served import ModelServer, Reply

from aa_tui.catalog import runs
from aa_tui.catalog.db import path_of
from aa_tui.runs import locks
from aa_tui.runs.ending import Ending
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_evals
from aa_tui.runs.evaluation.work import evaluate

N_ITEMS = 12
QUESTIONS = {f"What is {n} + {n}?": str(2 * n) for n in range(N_ITEMS)}


def sums(question: str) -> Reply:
    """The right answer to one of the pack's questions."""
    return Reply(f"It is easy.\nAnswer: {QUESTIONS.get(question, '0')}", thinking="Let me add these two numbers.")


def pack_of_sums(folder: Path, **changes: Any) -> Path:
    """A pack whose questions `sums` answers."""
    return write_pack(folder / "sums", QUESTIONS, name="sums", **{"max_output_tokens": 200, **changes})


def serving(stack: ExitStack, n: int = 1, **options: Any) -> list[ModelServer]:
    """So many servers that answer the pack."""
    return [stack.enter_context(ModelServer(reply=sums, **options)) for _ in range(n)]


def planned_served(conn: sqlite3.Connection, servers: Sequence[ModelServer | str], pack: Path, **options: Any) -> int:
    """A queued evaluation of what they serve."""
    model = options.pop("model", None)
    targets = [one if isinstance(one, str) else one.url for one in servers]
    (run_id,) = prepare_evals(conn, targets, str(pack), model=model, options=EvalOptions(**options))
    return run_id


def here_and_now(conn: sqlite3.Connection, run_id: int) -> Ending:
    """Do the run's work in this process, as its worker would."""
    turn = locks.servers_lock(path_of(conn), run_id, runs.get(conn, run_id).setup.servers)
    return worked(conn, run_id, lambda run, reporter: evaluate(conn, run, reporter, turn))
