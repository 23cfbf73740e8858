"""What the tests of conversations share: a file that writes for ever, answering here on the mock engine, waiting."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import tiny
from tests.support.mocked import opener, worked

from aa_tui.catalog import asked, life, runs
from aa_tui.catalog.asked import Turn
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import EvalSample
from aa_tui.engine.mock import MockEngine, Replies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import locks
from aa_tui.runs.ask.options import AskOptions
from aa_tui.runs.ask.plan import prepare_ask
from aa_tui.runs.ask.work import converse
from aa_tui.runs.ending import Ending

DEADLINE_S = 180.0
ENDLESS = {"\n": "▁two", "▁two": "▁and", "▁and": "▁three", "▁three": "\n"}
"""What a model writes that never comes to an end."""


def endless_file(path: Path) -> Path:
    """A file whose model never stops; it takes seconds to fill its context."""
    return tiny.write(path, ENDLESS, tiny.NANBEIGE)


def prepared(conn: sqlite3.Connection, prompt: str, options: AskOptions | None = None, path: Path | None = None) -> int:
    """A queued run that asks the bundled file something, or another one."""
    return prepare_ask(conn, str(path or bundled_model()), prompt, options=options)


def on_mock(
    conn: sqlite3.Connection,
    run_id: int,
    replies: Replies,
    made: Callable[[MockEngine], object] = lambda _: None,
    **options: Any,
) -> Ending:
    """Do a run's work here and now, as its worker would, on an engine that writes what `replies` says."""
    turn, engine = locks.turn_lock(path_of(conn)), opener(replies, made, **options)
    assert turn.take()
    ending = worked(conn, run_id, lambda run, reporter: converse(conn, run, reporter, turn, engine))
    turn.release()
    return ending


def answered(conn: sqlite3.Connection, run_id: int, turn: int) -> Turn:
    """Wait until a turn is answered."""
    deadline = time.monotonic() + DEADLINE_S
    while (found := asked.turns(conn, run_id)[turn - 1]).sample is None:
        assert time.monotonic() < deadline, runs.get(conn, run_id)
        time.sleep(0.02)
    return found


def writing(conn: sqlite3.Connection, run_id: int) -> str:
    """Wait until something is being written, and what."""
    deadline = time.monotonic() + DEADLINE_S
    while not (slots := life.live_slots(conn, run_id)) or not slots[0].answer:
        run = runs.get(conn, run_id)
        assert time.monotonic() < deadline, run
        assert run.is_live, run
        time.sleep(0.01)
    return slots[0].answer


def sample(number: int, prompt: str, **changes: object) -> EvalSample:
    """What was answered to a turn."""
    blank = dict.fromkeys(EvalSample._fields, 0) | EvalSample._field_defaults
    given = blank | {
        "item_id": str(number),
        "epoch": 1,
        "position": number - 1,
        "category": asked.CATEGORY,
        "finish_reason": "stop",
        "prompt": prompt,
        "thinking": "",
        "answer": "",
        "message": "",
        "ended_at": "2026-01-01T00:00:00+00:00",
        "n_prompt": 33,
        "n_answer": 12,
        "ttft_s": 0.25,
        "ttfat_s": 0.5,
        "e2e_s": 1.5,
        "output_tps": 12.5,
    }
    return EvalSample(**(given | changes))  # type: ignore[arg-type]
