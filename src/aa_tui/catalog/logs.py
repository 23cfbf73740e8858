"""Evaluations that other programs' logs tell of: written whole or not at all, and known again when they come again.

Samples are first staged in tables of this connection alone, however many they are, so that the catalog is locked for
the moment of copying them only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.paths import stored
from aa_tui.catalog.rows import EvalSample, Figure, RunState, ScoreRow
from aa_tui.catalog.runs import NEXT_ID
from aa_tui.catalog.texts import packed, storable, unpacked
from aa_tui.catalog.transaction import transaction

_SAMPLE = EvalSample._fields
_TEXTS = frozenset({"prompt", "thinking", "answer", "message"})
_FIGURE = Figure._fields
_SCORE = ("grader", "outcome", "extracted", "detail", "graded_at", "fault")


class Told(NamedTuple):
    """What a log tells of a sample beside what ours have. Texts have passed `textsafe`."""

    targets: tuple[str, ...] = ()
    question: str = ""
    question_digest: str = ""
    prompt_digest: str = ""
    score: float | None = None


class LoggedModel(NamedTuple):
    """A model as a log names it; `digest` tells it from others, `facts` stand where a file has its header's."""

    path: str
    digest: str
    name: str
    quant: str | None
    n_params: int | None
    size_bytes: int | None
    facts: Mapping[str, Any]
    model_id: int | None


class LoggedRun(NamedTuple):
    """An evaluation that a log tells of. `facts` are where it comes from."""

    uid: str
    facts: Mapping[str, Any]
    state: RunState
    reason: str | None
    settings: Mapping[str, Any]
    engine: Mapping[str, Any]
    pack: str
    pack_version: str
    n_items: int | None
    created_at: str
    started_at: str | None
    ended_at: str | None


def run_of(conn: sqlite3.Connection, uid: str) -> int | None:
    """The number of the run of this name, None where there is none."""
    row = conn.execute("SELECT id FROM runs WHERE uid = ?", (uid,)).fetchone()
    return None if row is None else int(row[0])


def model_of_content(conn: sqlite3.Connection, sha256: str) -> int | None:
    """The model of the file with this content, where it is known here."""
    row = conn.execute("SELECT model_id FROM gguf_files WHERE sha256 = ?", (sha256,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def stage(conn: sqlite3.Connection, samples: Iterable[tuple[EvalSample, ScoreRow | None, Told]]) -> int:
    """Put samples into tables of this connection, in place of those of before. Returns how many there are.

    Whatever the samples raise while they are read is passed on; nothing of the catalog is changed.
    """
    drop_staged(conn)
    conn.execute("CREATE TEMP TABLE staged AS SELECT * FROM main.eval_samples WHERE 0")
    conn.execute("CREATE TEMP TABLE staged_told AS SELECT * FROM main.log_samples WHERE 0")
    conn.execute(f"CREATE TEMP TABLE staged_scores (sample_id, {', '.join(_SCORE)})")
    conn.execute("CREATE UNIQUE INDEX temp.staged_once ON staged (item_id, epoch)")
    marks = ", ".join("?" * (len(_SAMPLE) + 2))
    n = 0
    conn.execute("BEGIN")
    try:
        for sample, score, told in samples:
            values = {name: _stored(name, value) for name, value in sample._asdict().items()}
            values["timings"] = None
            row = conn.execute(
                f"INSERT OR IGNORE INTO temp.staged (id, run_id, {', '.join(_SAMPLE)}) VALUES ({marks})",
                (n + 1, 0, *values.values()),
            )
            if not row.rowcount:
                continue
            n += 1
            conn.execute(
                "INSERT INTO temp.staged_told (sample_id, targets, question, question_digest, prompt_digest, score) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    n,
                    storable(json.dumps(told.targets, ensure_ascii=False)),
                    packed(told.question),
                    told.question_digest or None,
                    told.prompt_digest or None,
                    told.score,
                ),
            )
            if score is not None:
                conn.execute(
                    "INSERT INTO temp.staged_scores VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        n,
                        storable(score.grader),
                        score.outcome,
                        None if score.extracted is None else storable(score.extracted),
                        storable(score.detail),
                        score.graded_at,
                        score.fault,
                    ),
                )
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        drop_staged(conn)
        raise
    return n


def drop_staged(conn: sqlite3.Connection) -> None:
    """Forget what was staged."""
    for name in ("staged", "staged_told", "staged_scores"):
        conn.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _stored(name: str, value: Any) -> Any:
    if name in _TEXTS - {"message"}:
        return packed(value)
    return storable(value) if isinstance(value, str) else value


def add(conn: sqlite3.Connection, model: LoggedModel, run: LoggedRun, n_samples: int, figures: Sequence[Figure]) -> int:
    """Write a run with its figures and the samples that are staged, in one transaction. Returns its number.

    Its figures are on no leaderboard, so that none is made again.
    """
    with transaction(conn):
        file_id = _file(conn, model)
        row = conn.execute(
            "INSERT INTO runs (id, kind, state, reason, file_id, settings, engine, created_at, started_at, ended_at, "
            "progress, pack, pack_version, n_items, n_done, ended_by, uid, origin, origin_facts) "
            f"VALUES ({NEXT_ID}, 'eval', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'log', ?) RETURNING id",
            (
                run.state,
                run.reason,
                file_id,
                json.dumps(dict(run.settings)),
                json.dumps(dict(run.engine)),
                run.created_at,
                run.started_at,
                run.ended_at,
                1.0 if run.state == "finished" else min(1.0, n_samples / run.n_items) if run.n_items else 0.0,
                run.pack,
                run.pack_version,
                run.n_items,
                n_samples,
                "items" if run.state == "finished" else None,
                run.uid,
                json.dumps(dict(run.facts)),
            ),
        ).fetchone()
        run_id = int(row[0])
        before = int(conn.execute("SELECT coalesce(max(id), 0) FROM eval_samples").fetchone()[0])
        names = ", ".join(_SAMPLE)
        conn.execute(
            f"INSERT INTO eval_samples (id, run_id, {names}) SELECT ? + id, ?, {names} FROM temp.staged ORDER BY id",
            (before, run_id),
        )
        conn.execute(
            "INSERT INTO log_samples (sample_id, targets, question, question_digest, prompt_digest, score) "
            "SELECT ? + sample_id, targets, question, question_digest, prompt_digest, score FROM temp.staged_told",
            (before,),
        )
        conn.execute(
            f"INSERT INTO sample_scores (sample_id, {', '.join(_SCORE)}) "
            f"SELECT ? + sample_id, {', '.join(_SCORE)} FROM temp.staged_scores",
            (before,),
        )
        marks = ", ".join("?" * (len(_FIGURE) + 3))
        conn.executemany(
            f"INSERT INTO measurements ({', '.join(_FIGURE)}, file_id, run_id, created_at) VALUES ({marks})",
            [(*figure, file_id, run_id, utc_now()) for figure in figures],
        )
        conn.execute(
            "INSERT INTO run_events (run_id, at, state, reason) VALUES (?, ?, ?, ?)",
            (run_id, utc_now(), run.state, "read from a log"),
        )
    with suppress(sqlite3.OperationalError):
        drop_staged(conn)
    return run_id


def _file(conn: sqlite3.Connection, model: LoggedModel) -> int:
    """The row that stands for the model of a log. A model that the user names is kept over one that was guessed."""
    row = conn.execute(
        "INSERT INTO gguf_files (path, sha256, size_bytes, mtime_ns, quant, n_params, name, metadata, kind, model_id) "
        "VALUES (?, ?, ?, 0, ?, ?, ?, ?, 'log', ?) "
        "ON CONFLICT (sha256) DO UPDATE SET model_id = coalesce(excluded.model_id, model_id) RETURNING id",
        (
            stored(model.path),
            model.digest,
            model.size_bytes or 0,
            model.quant,
            model.n_params,
            model.name,
            json.dumps(dict(model.facts)),
            model.model_id,
        ),
    ).fetchone()
    return int(row[0])


def told(conn: sqlite3.Connection, run_id: int) -> dict[int, Told]:
    """What a log tells of the samples of a run, by their ids; empty for a run that was made here."""
    rows = conn.execute(
        "SELECT l.* FROM log_samples l JOIN eval_samples s ON s.id = l.sample_id WHERE s.run_id = ?", (run_id,)
    )
    return {
        int(row["sample_id"]): Told(
            tuple(map(str, json.loads(row["targets"]))),
            unpacked(row["question"]),
            row["question_digest"] or "",
            row["prompt_digest"] or "",
            row["score"],
        )
        for row in rows
    }


def digests(conn: sqlite3.Connection, run_id: int) -> dict[str, frozenset[str]]:
    """The digests of question and prompt of each item of a run that a log tells of."""
    rows = conn.execute(
        "SELECT s.item_id, l.question_digest, l.prompt_digest FROM log_samples l "
        "JOIN eval_samples s ON s.id = l.sample_id WHERE s.run_id = ? AND s.epoch = 1",
        (run_id,),
    )
    return {str(row[0]): frozenset(filter(None, row[1:])) for row in rows}


def prompts(conn: sqlite3.Connection, run_id: int) -> dict[str, str]:
    """What was sent for each item of a run."""
    rows = conn.execute("SELECT item_id, prompt FROM eval_samples WHERE run_id = ? AND epoch = 1", (run_id,))
    return {str(row[0]): unpacked(row[1]) for row in rows}
