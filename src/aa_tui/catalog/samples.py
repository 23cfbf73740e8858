"""The samples of evaluations: their texts, verdicts and probes. Each writer's call is one short transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import BudgetProbe, EvalSample, ScoredSample, ScoreRow
from aa_tui.catalog.texts import packed, storable, unpacked
from aa_tui.catalog.transaction import transaction
from aa_tui.outcomes import ENDED, Outcome

_SAMPLE = EvalSample._fields
_TEXTS = frozenset({"prompt", "thinking", "answer"})
_OF_SERVER = ("server", "tokens_from", "thinking_from")
_SCORED = ", ".join(ScoredSample._fields)
_PROBE = BudgetProbe._fields

FINISH_GRADER = "finish/1"
"""Who says what became of samples that are given to no grader."""


def add(conn: sqlite3.Connection, run_id: int, sample: EvalSample, probes: Sequence[tuple[int, str, int]] = ()) -> int:
    """Journal one sample and its probes (budget, answer, tokens); when this returns they survive a power cut.

    Returns the sample's id. One that is there already is left as it is: nothing is ever finished twice.
    """
    stored: dict[str, str | bytes | None] = {name: packed(getattr(sample, name)) for name in _TEXTS}
    stored["message"] = storable(sample.message)
    stored |= {name: _storable(getattr(sample, name)) for name in _OF_SERVER}
    stored["timings"] = json.dumps(sample.timings) if sample.timings else None
    values = (sample._asdict() | stored).values()
    marks = ", ".join("?" * (len(_SAMPLE) + 1))
    with transaction(conn):
        row = conn.execute(
            f"INSERT INTO eval_samples (run_id, {', '.join(_SAMPLE)}) VALUES ({marks}) "
            "ON CONFLICT (run_id, item_id, epoch) DO NOTHING RETURNING id",
            (run_id, *values),
        ).fetchone()
        if row is None:
            known = conn.execute(
                "SELECT id FROM eval_samples WHERE run_id = ? AND item_id = ? AND epoch = ?",
                (run_id, sample.item_id, sample.epoch),
            ).fetchone()
            return int(known[0])
        conn.executemany(
            "INSERT INTO budget_probes (sample_id, budget_tokens, answer, n_tokens) VALUES (?, ?, ?, ?)",
            [(int(row[0]), budget, storable(answer), n_tokens) for budget, answer, n_tokens in probes],
        )
        conn.execute("UPDATE runs SET n_done = n_done + 1 WHERE id = ?", (run_id,))
    return int(row[0])


def add_score(conn: sqlite3.Connection, sample_id: int, score: ScoreRow) -> None:
    """Note a verdict. The same grader's earlier one of this sample is replaced, those of other versions stay."""
    with transaction(conn):
        conn.execute("DELETE FROM sample_scores WHERE sample_id = ? AND grader = ?", (sample_id, score.grader))
        conn.execute(
            "INSERT INTO sample_scores (sample_id, grader, outcome, extracted, detail, jail, parts, graded_at, fault) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sample_id,
                *map(_storable, score[:5]),
                json.dumps(score.parts),
                score.graded_at or utc_now(),
                _storable(score.fault),
            ),
        )


CHANGED = "changed"
"""The end of samples in whose time the model's file was changed: whose answers they are nobody knows."""


def mark_changed(conn: sqlite3.Connection, run_id: int, since: str, message: str) -> int:
    """Mark the samples that were finished after a moment, so that they and their probes count in no score.

    Conversations in progress with a turn since then are forgotten: they begin anew.
    Their texts and what a grader said stay to be seen. Returns how many there are.
    """
    query = "SELECT id FROM eval_samples WHERE run_id = ? AND ended_at > ? AND finish_reason != ?"
    with transaction(conn):
        found = conn.execute(query, (run_id, since, CHANGED)).fetchall()
        now = utc_now()
        conn.execute(
            "DELETE FROM sample_turns WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM eval_samples s WHERE "
            "s.run_id = sample_turns.run_id AND s.item_id = sample_turns.item_id AND s.epoch = sample_turns.epoch) "
            "AND EXISTS (SELECT 1 FROM sample_turns t WHERE t.run_id = sample_turns.run_id "
            "AND t.item_id = sample_turns.item_id AND t.epoch = sample_turns.epoch AND t.ended_at > ?)",
            (run_id, since),
        )
        for (sample_id,) in found:
            conn.execute(
                "UPDATE eval_samples SET finish_reason = ?, message = ? WHERE id = ?",
                (CHANGED, storable(message), sample_id),
            )
            conn.execute("DELETE FROM sample_scores WHERE sample_id = ? AND grader = ?", (sample_id, FINISH_GRADER))
            conn.execute(
                "INSERT INTO sample_scores (sample_id, grader, outcome, detail, graded_at) VALUES (?, ?, ?, ?, ?)",
                (sample_id, FINISH_GRADER, Outcome.ERROR, storable(message), now),
            )
            conn.execute(
                "UPDATE budget_probes SET outcome = 'error', grader = ? WHERE sample_id = ?", (FINISH_GRADER, sample_id)
            )
    return len(found)


def drop_changed(conn: sqlite3.Connection, run_id: int) -> int:
    """Forget such samples with their turns, so that they are answered anew; what a person has labelled stays. Returns
    how many."""
    with transaction(conn):
        conn.execute(
            "DELETE FROM sample_turns WHERE run_id = ? AND EXISTS (SELECT 1 FROM eval_samples s WHERE "
            "s.run_id = sample_turns.run_id AND s.item_id = sample_turns.item_id AND s.epoch = sample_turns.epoch "
            "AND s.finish_reason = ? AND s.id NOT IN (SELECT sample_id FROM sample_labels))",
            (run_id, CHANGED),
        )
        n = conn.execute(
            "DELETE FROM eval_samples WHERE run_id = ? AND finish_reason = ? "
            "AND id NOT IN (SELECT sample_id FROM sample_labels)",
            (run_id, CHANGED),
        ).rowcount
        conn.execute("UPDATE runs SET n_done = max(0, n_done - ?) WHERE id = ?", (n, run_id))
    return n


FAILED = "error"
"""The end of samples that came to nothing: a server that refused or broke off, an engine that failed."""

_MAY_GO = "WHERE run_id = ? AND finish_reason = ? AND id NOT IN (SELECT sample_id FROM sample_labels)"


def n_failed(conn: sqlite3.Connection, run_id: int) -> int:
    """How many samples came to nothing and may be asked again: what a person has labelled stays."""
    query = f"SELECT count(*) FROM eval_samples {_MAY_GO}"
    return int(conn.execute(query, (run_id, FAILED)).fetchone()[0])


def drop_failed(conn: sqlite3.Connection, run_id: int) -> int:
    """Forget such samples, so that they are asked again. Of a conversation only the turn that came to nothing goes: it
    is taken up behind the one before. Returns how many."""
    with transaction(conn):
        conn.execute(
            "DELETE FROM sample_turns WHERE run_id = ? AND finish_reason = ? AND EXISTS (SELECT 1 FROM eval_samples s "
            "WHERE s.run_id = sample_turns.run_id AND s.item_id = sample_turns.item_id "
            "AND s.epoch = sample_turns.epoch AND s.finish_reason = ? "
            "AND s.id NOT IN (SELECT sample_id FROM sample_labels))",
            (run_id, FAILED, FAILED),
        )
        n = conn.execute(f"DELETE FROM eval_samples {_MAY_GO}", (run_id, FAILED)).rowcount
        conn.execute("UPDATE runs SET n_done = max(0, n_done - ?) WHERE id = ?", (n, run_id))
    return n


def set_probe(conn: sqlite3.Connection, probe: BudgetProbe) -> None:
    """Note the verdict of a probe."""
    conn.execute(
        "UPDATE budget_probes SET outcome = ?, extracted = ?, grader = ? WHERE sample_id = ? AND budget_tokens = ?",
        (probe.outcome, _storable(probe.extracted), probe.grader, probe.sample_id, probe.budget_tokens),
    )


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)


def done(conn: sqlite3.Connection, run_id: int) -> set[tuple[str, int]]:
    """Item and epoch of every finished sample of a run."""
    rows = conn.execute("SELECT item_id, epoch FROM eval_samples WHERE run_id = ?", (run_id,))
    return {(str(row[0]), int(row[1])) for row in rows}


def scored(conn: sqlite3.Connection, run_id: int) -> list[ScoredSample]:
    """Every sample of a run without its texts, in the run's order."""
    rows = conn.execute(f"SELECT {_SCORED} FROM samples_now WHERE run_id = ? ORDER BY position", (run_id,))
    return [ScoredSample(*row) for row in rows]


def ungraded(conn: sqlite3.Connection, run_id: int) -> list[ScoredSample]:
    """The samples that were written but not graded before the worker went."""
    query = f"SELECT {_SCORED} FROM samples_now WHERE run_id = ? AND outcome IS NULL ORDER BY position"
    return [ScoredSample(*row) for row in conn.execute(query, (run_id,))]


def get(conn: sqlite3.Connection, sample_id: int) -> EvalSample:
    """One sample with its texts."""
    row = conn.execute(f"SELECT {', '.join(_SAMPLE)} FROM eval_samples WHERE id = ?", (sample_id,)).fetchone()
    sample = EvalSample._make(unpacked(row[name]) if name in _TEXTS else row[name] for name in _SAMPLE)
    timings = json.loads(row["timings"]) if row["timings"] else []
    return sample._replace(timings=tuple((str(name), float(value)) for name, value in timings))


def cost_usd(conn: sqlite3.Connection, run_id: int) -> float | None:
    """What a run's answers cost so far; None where no server asks for money."""
    row = conn.execute("SELECT sum(cost_usd) FROM eval_samples WHERE run_id = ?", (run_id,)).fetchone()
    return None if row[0] is None else float(row[0])


def find(conn: sqlite3.Connection, run_id: int, item_id: str, epoch: int = 1) -> int | None:
    """The id of the sample of an item, None where it is not finished."""
    row = conn.execute(
        "SELECT id FROM eval_samples WHERE run_id = ? AND item_id = ? AND epoch = ?", (run_id, item_id, epoch)
    ).fetchone()
    return int(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class Forms:
    """Of a run's graded samples: how many came to an end of their own and it is known whether they are right (`n`), how
    many of these have this fault; mean output tokens and tokens/s of all."""

    n: int
    n_with_fault: int
    output_tokens: float | None
    output_tps: float | None


def forms(conn: sqlite3.Connection, run_id: int, fault: str) -> Forms:
    """How many of a run's answers failed by this fault, and what its samples took. What was cut short or is an error
    is neither with nor without it."""
    ended = tuple(ENDED)
    is_ended = f"outcome IN ({', '.join('?' * len(ended))})"
    row = conn.execute(
        f"SELECT count(*) FILTER (WHERE {is_ended}), count(*) FILTER (WHERE {is_ended} AND fault = ?), "
        "avg(n_thinking + n_answer), avg(output_tps) FROM samples_now WHERE run_id = ? AND outcome IS NOT NULL",
        (*ended, *ended, fault, run_id),
    ).fetchone()
    return Forms(*row)


def scores(conn: sqlite3.Connection, sample_id: int) -> list[ScoreRow]:
    """All verdicts of a sample, the one that counts last."""
    query = (
        "SELECT grader, outcome, extracted, detail, jail, parts, graded_at, fault FROM sample_scores "
        "WHERE sample_id = ? ORDER BY id"
    )
    found = []
    for row in conn.execute(query, (sample_id,)):
        parts = tuple((str(name), bool(holds)) for name, holds in json.loads(row["parts"]))
        found.append(ScoreRow(**{**dict(row), "parts": parts}))
    return found


def probes(conn: sqlite3.Connection, run_id: int, *, ungraded_only: bool = False) -> list[BudgetProbe]:
    """The probes of a run's samples, by sample and budget."""
    extra = " AND p.outcome IS NULL" if ungraded_only else ""
    query = (
        f"SELECT {', '.join('p.' + name for name in _PROBE)} FROM budget_probes p "
        f"JOIN eval_samples s ON s.id = p.sample_id WHERE s.run_id = ?{extra} ORDER BY s.position, p.budget_tokens"
    )
    return [BudgetProbe(*row) for row in conn.execute(query, (run_id,))]


def search(
    conn: sqlite3.Connection, run_id: int, *, outcomes: Iterable[str] = (), categories: Iterable[str] = ()
) -> list[ScoredSample]:
    """The samples with one of these outcomes and of one of these categories; none named means all."""
    wanted, within = set(outcomes), set(categories)
    return [
        row
        for row in scored(conn, run_id)
        if (not wanted or row.outcome in wanted) and (not within or row.category in within)
    ]
