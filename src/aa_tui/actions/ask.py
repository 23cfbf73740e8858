"""Try prompts on a file: begin a conversation, ask on in it, end what is being answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from aa_tui.catalog import asked, life, runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import WORKING_STATES, RunRow
from aa_tui.errors import UsageError

if TYPE_CHECKING:
    from aa_tui.runs.ask.options import AskOptions

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all while a file is read."""

STAYS_S = 600.0
"""So long a worker keeps its model ready where somebody sits before it."""


def at_a_screen() -> AskOptions:
    """The usual options, for somebody who sits there and asks on."""
    from aa_tui.runs.ask.options import AskOptions

    return AskOptions(stays_s=STAYS_S)


def look_at(conn: sqlite3.Connection, target: str, on_progress: Progress | None = None) -> str:
    """Read a file while somebody still writes what to ask: what it is of, in words. Raises where it cannot be asked."""
    from aa_tui.runs.ask.plan import file_to_ask

    file = file_to_ask(conn, target, on_progress=on_progress)
    return " · ".join(filter(None, (file.name, file.quant)))


def begin(
    conn: sqlite3.Connection,
    target: str,
    prompt: str,
    *,
    model: str | None = None,
    options: AskOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Ask a file something, given by its path or its model's name. Returns the run's number once its worker starts.

    Raises as `prepare_ask`.
    """
    from aa_tui.runs import launch
    from aa_tui.runs.ask.plan import prepare_ask

    run_id = prepare_ask(conn, target, prompt, model=model, options=options, on_progress=on_progress)
    launch.start(path_of(conn), conn, run_id)
    return run_id


def go_on(conn: sqlite3.Connection, run_id: int, prompt: str) -> None:
    """Ask on in a conversation: of its worker, where it still has one, else of a new one.

    Raises UsageError for another kind of run and for an empty prompt, `RunError` where the run cannot be resumed.
    """
    from aa_tui.runs import launch
    from aa_tui.runs.ask.plan import check_prompt

    run = runs.get(conn, run_id)
    if why := why_not(run):
        raise UsageError(why)
    check_prompt(prompt)
    launch.settle_orphans(conn)
    if not asked.add(conn, run_id, prompt):
        launch.resume(path_of(conn), conn, run_id)


def end_answer(conn: sqlite3.Connection, run_id: int) -> None:
    """End what is being answered; what is written until then is kept. One that has not begun is not answered."""
    writing = life.live_slots(conn, run_id)
    if writing:
        life.ask_to_skip(conn, run_id, writing[0].item_id)
    else:
        life.ask(conn, run_id, "stop")


def leave(conn: sqlite3.Connection, run_id: int) -> None:
    """Nobody asks more for now: the worker ends once it has answered what it was asked."""
    if runs.get(conn, run_id).state in WORKING_STATES:
        life.ask(conn, run_id, "finish")


def why_not(run: RunRow) -> str:
    """Why nothing can be asked in a run, in one sentence; empty where it can."""
    if run.kind != "ask":
        return f"Run {run.id} is no conversation: `aa-tui ask MODEL_OR_PATH PROMPT` begins one."
    if run.origin != "here":
        return f"Run {run.id} is another machine's conversation: ask on there, then merge that catalog again."
    if run.is_live and run.control == "stop":
        return f"Run {run.id} is about to stop: ask again in a moment."
    return ""
