"""What is asked in runs of the kind "ask": a prompt a turn. Each writer's call is one short transaction."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from aa_tui.catalog import samples
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import LIVE_STATES, EvalSample
from aa_tui.catalog.texts import packed, unpacked
from aa_tui.catalog.transaction import transaction

CATEGORY = "ask"
"""That of their samples, which are of no pack."""

_LEFT = (
    "SELECT count(*) FROM asked a WHERE a.run_id = ? AND NOT EXISTS "
    "(SELECT 1 FROM eval_samples s WHERE s.run_id = a.run_id AND s.item_id = CAST(a.turn AS TEXT))"
)


class Asked(NamedTuple):
    """A prompt of a conversation; its turns count from 1."""

    turn: int
    prompt: str
    asked_at: str

    @property
    def item_id(self) -> str:
        """The item of the sample that answers it."""
        return str(self.turn)


class Turn(NamedTuple):
    """A prompt and the sample that answers it; None where nothing does yet."""

    asked: Asked
    sample: EvalSample | None

    @property
    def answer(self) -> str:
        """What goes on in the conversation, thinking left out; empty where nothing was said that could."""
        return "" if self.sample is None or self.sample.finish_reason == "error" else self.sample.answer


def add(conn: sqlite3.Connection, run_id: int, prompt: str) -> bool:
    """Ask one thing more. Whether a worker has the run, which answers it then; else it waits to be resumed.

    What somebody stopped before it was answered is not wanted any more; nor is the end wanted that was asked for.
    """
    states = ", ".join(f"'{state}'" for state in LIVE_STATES)
    with transaction(conn):
        conn.execute(
            "DELETE FROM asked WHERE run_id = ? AND (SELECT ended_by FROM runs WHERE id = run_id) = 'user' AND NOT "
            "EXISTS (SELECT 1 FROM eval_samples s WHERE s.run_id = asked.run_id AND s.item_id = CAST(turn AS TEXT))",
            (run_id,),
        )
        put(conn, run_id, prompt)
        return (
            conn.execute(
                "UPDATE runs SET control = CASE control WHEN 'finish' THEN NULL ELSE control END "
                f"WHERE id = ? AND state IN ({states})",
                (run_id,),
            ).rowcount
            == 1
        )


def put(conn: sqlite3.Connection, run_id: int, prompt: str) -> None:
    """Note what is asked next. The caller holds the transaction."""
    conn.execute(
        "INSERT INTO asked (run_id, turn, prompt, asked_at) "
        "SELECT ?, 1 + coalesce(max(turn), 0), ?, ? FROM asked WHERE run_id = ?",
        (run_id, packed(prompt), utc_now(), run_id),
    )
    conn.execute("UPDATE runs SET n_items = (SELECT count(*) FROM asked WHERE run_id = id) WHERE id = ?", (run_id,))


def of_run(conn: sqlite3.Connection, run_id: int) -> list[Asked]:
    """What was asked, in its order."""
    rows = conn.execute("SELECT turn, prompt, asked_at FROM asked WHERE run_id = ? ORDER BY turn", (run_id,))
    return [Asked(int(row[0]), unpacked(row[1]), row[2]) for row in rows]


def turns(conn: sqlite3.Connection, run_id: int) -> list[Turn]:
    """What was asked and answered in a run, in its order."""
    return [Turn(one, answer(conn, run_id, one.item_id)) for one in of_run(conn, run_id)]


def answer(conn: sqlite3.Connection, run_id: int, item_id: str) -> EvalSample | None:
    """What was answered to a turn, by its item; None where nothing is yet."""
    sample_id = samples.find(conn, run_id, item_id)
    return None if sample_id is None else samples.get(conn, sample_id)


def n_left(conn: sqlite3.Connection, run_id: int) -> int:
    """How many turns are not answered."""
    return int(conn.execute(_LEFT, (run_id,)).fetchone()[0])
