"""The turns of samples that are conversations, each journalled as it ends, so that one that was cut short goes on."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, NamedTuple

from aa_tui.catalog.texts import packed, storable, unpacked
from aa_tui.catalog.transaction import transaction

_TEXTS = frozenset({"thinking", "answer", "raw"})
_LISTS = frozenset({"calls", "unread", "given"})


class TurnRow(NamedTuple):
    """One turn of the model in a sample, `number` from 0. Lengths in tokens, times in seconds from the turn's start.

    `raw` is the output with the marks that no text holds. `calls` are the calls read of it, by whom `calls_from` says
    (text: here; server), `unread` what was wrong with those that could not be read, `given` the messages that the
    model was given next, its own turn first; each is a mapping of plain values.
    """

    item_id: str
    epoch: int
    number: int
    finish_reason: str
    thinking: str
    answer: str
    raw: str
    calls: tuple[dict[str, Any], ...]
    calls_from: str
    unread: tuple[str, ...]
    given: tuple[dict[str, Any], ...]
    shows_tools: bool | None
    is_over: bool
    is_capped: bool
    message: str
    n_prompt: int
    n_cached: int
    n_thinking: int
    n_answer: int
    ttft_s: float | None
    ttfat_s: float | None
    e2e_s: float | None
    output_tps: float | None
    ended_at: str


_NAMES = ", ".join(TurnRow._fields)


def add(conn: sqlite3.Connection, run_id: int, turn: TurnRow) -> None:
    """Journal one turn; when this returns it survives a power cut. One that is there already is left as it is."""
    values = turn._asdict()
    values |= {name: packed(values[name]) for name in _TEXTS}
    values |= {name: json.dumps(values[name]) for name in _LISTS}
    values["message"] = storable(turn.message)
    marks = ", ".join("?" * (len(values) + 1))
    with transaction(conn):
        conn.execute(
            f"INSERT INTO sample_turns (run_id, {_NAMES}) VALUES ({marks}) ON CONFLICT DO NOTHING",
            (run_id, *values.values()),
        )


def of_sample(conn: sqlite3.Connection, run_id: int, item_id: str, epoch: int) -> list[TurnRow]:
    """The turns of one sample, in their order."""
    query = f"SELECT {_NAMES} FROM sample_turns WHERE run_id = ? AND item_id = ? AND epoch = ? ORDER BY number"
    return [_row(row) for row in conn.execute(query, (run_id, item_id, epoch))]


def unfinished(conn: sqlite3.Connection, run_id: int) -> dict[tuple[str, int], list[TurnRow]]:
    """The turns of samples that have not ended, by item and epoch."""
    query = (
        f"SELECT {_NAMES} FROM sample_turns t WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM eval_samples s "
        "WHERE s.run_id = t.run_id AND s.item_id = t.item_id AND s.epoch = t.epoch) ORDER BY item_id, epoch, number"
    )
    found: dict[tuple[str, int], list[TurnRow]] = {}
    for row in conn.execute(query, (run_id,)):
        turn = _row(row)
        found.setdefault((turn.item_id, turn.epoch), []).append(turn)
    return found


def first_prompts(conn: sqlite3.Connection, run_id: int) -> dict[tuple[str, int], int]:
    """Tokens of each conversation's first prompt, by item and epoch."""
    query = "SELECT item_id, epoch, n_prompt FROM sample_turns WHERE run_id = ? AND number = 0"
    return {(row[0], int(row[1])): int(row[2]) for row in conn.execute(query, (run_id,))}


def counts(conn: sqlite3.Connection, run_id: int) -> dict[tuple[str, int], tuple[int, int]]:
    """How many turns each conversation has, and how many calls were read of them, by item and epoch."""
    query = (
        "SELECT item_id, epoch, count(*), sum(CASE WHEN json_valid(calls) THEN json_array_length(calls) ELSE 0 END) "
        "FROM sample_turns WHERE run_id = ? GROUP BY item_id, epoch"
    )
    return {(row[0], int(row[1])): (int(row[2]), int(row[3])) for row in conn.execute(query, (run_id,))}


class Totals(NamedTuple):
    """Samples with turns, their turns, and tokens of all their prompts."""

    n_samples: int
    n_turns: int
    n_prompt: int
    n_cached: int


def totals(conn: sqlite3.Connection, run_id: int) -> Totals:
    """How many turns a run has, those of samples that have not ended included."""
    query = (
        "SELECT coalesce(sum(number = 0), 0), count(*), coalesce(sum(n_prompt), 0), coalesce(sum(n_cached), 0) "
        "FROM sample_turns WHERE run_id = ?"
    )
    return Totals(*conn.execute(query, (run_id,)).fetchone())


def tokens_unfinished(conn: sqlite3.Connection, run_id: int) -> tuple[int, int]:
    """Tokens of the prompts and of the outputs of turns of samples that have not ended."""
    query = (
        "SELECT coalesce(sum(n_prompt), 0), coalesce(sum(n_thinking + n_answer), 0) FROM sample_turns t "
        "WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM eval_samples s "
        "WHERE s.run_id = t.run_id AND s.item_id = t.item_id AND s.epoch = t.epoch)"
    )
    n_prompt, n_output = conn.execute(query, (run_id,)).fetchone()
    return int(n_prompt), int(n_output)


def forget(conn: sqlite3.Connection, run_id: int, item_id: str, epoch: int) -> None:
    """Forget the turns of a sample that is to be made anew."""
    with transaction(conn):
        conn.execute(
            "DELETE FROM sample_turns WHERE run_id = ? AND item_id = ? AND epoch = ?", (run_id, item_id, epoch)
        )


def forget_run(conn: sqlite3.Connection, run_id: int) -> None:
    """Forget the turns of all samples of a run that have not ended."""
    with transaction(conn):
        conn.execute(
            "DELETE FROM sample_turns WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM eval_samples s "
            "WHERE s.run_id = sample_turns.run_id AND s.item_id = sample_turns.item_id "
            "AND s.epoch = sample_turns.epoch)",
            (run_id,),
        )


def _row(row: sqlite3.Row) -> TurnRow:
    values = {name: row[name] for name in TurnRow._fields}
    values |= {name: unpacked(values[name]) for name in _TEXTS}
    lists = {name: json.loads(values[name]) for name in _LISTS}
    values |= {name: tuple(one for one in lists[name] if isinstance(one, dict)) for name in ("calls", "given")}
    values["unread"] = tuple(map(str, lists["unread"]))
    shows = values["shows_tools"]
    values |= {"shows_tools": None if shows is None else bool(shows)}
    values |= {name: bool(values[name]) for name in ("is_over", "is_capped")}
    return TurnRow(**values)
