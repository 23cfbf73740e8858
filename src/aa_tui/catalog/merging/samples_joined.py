"""The samples of one run in two catalogs made one: a union, with verdicts, labels and probes.

A sample is one by its item and epoch. Where it was answered twice the later answer stays with what was said of it;
else what was said of it is joined: of each grader the later verdict, of a person the later label.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from aa_tui.catalog.merging.other import NAME
from aa_tui.catalog.merging.run_rows import columns
from aa_tui.catalog.samples import CHANGED
from aa_tui.catalog.texts import unpacked

BATCH = 500
"""So many samples are written in one transaction: a worker that journals meanwhile waits for some 50 ms."""

_PAIRS = (
    "CREATE TEMP TABLE IF NOT EXISTS merged_pairs "
    "(o_id INTEGER PRIMARY KEY, n_id INTEGER, is_new INTEGER NOT NULL DEFAULT 0)"
)
_TEXTS = ("prompt", "answer")
_SCORE = ("graded_at", "outcome", "extracted", "detail", "jail", "parts", "fault")
_PROBE = ("outcome IS NOT NULL", "grader", "outcome", "extracted", "answer", "n_tokens")
_LABEL = ("labelled_at", "label", "note", "grader", "outcome", "blind")


@dataclass(slots=True)
class Counts:
    """What came in: samples, those that replaced an earlier answer, verdicts, labels, other texts and probes."""

    samples: int = 0
    replaced: int = 0
    scores: int = 0
    labels: int = 0
    others: int = 0

    def add(self, more: Counts) -> None:
        """Add what came in besides."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))

    def any(self) -> bool:
        """Whether anything came in."""
        return any(getattr(self, name) for name in self.__slots__)


def ids_of(conn: sqlite3.Connection, run_id: int) -> list[int]:
    """The samples of a run of the other catalog, in the order in which they were written."""
    return [
        int(row[0])
        for row in conn.execute(f"SELECT id FROM {NAME}.eval_samples WHERE run_id = ? ORDER BY id", (run_id,))
    ]


def prepare(conn: sqlite3.Connection) -> None:
    """What `join` needs, once a connection."""
    conn.create_function("aa_text", 1, _text, deterministic=True)
    conn.execute(_PAIRS)


def join(conn: sqlite3.Connection, run_id: int, ids: list[int]) -> Counts:
    """Join these samples of the other catalog into our run. The caller holds the transaction."""
    found = Counts()
    _pair(conn, run_id, ids)
    for mine, theirs in _answered_twice(conn):
        if _version(theirs) > _version(mine):
            conn.execute("DELETE FROM main.eval_samples WHERE id = ?", (mine["id"],))
            conn.execute("UPDATE temp.merged_pairs SET n_id = NULL WHERE o_id = ?", (theirs["id"],))
            found.replaced += 1
        else:
            conn.execute("DELETE FROM temp.merged_pairs WHERE o_id = ?", (theirs["id"],))
    found.samples = _put_new(conn, run_id) - found.replaced
    _put_turns(conn, run_id)
    found.scores = _join_said(conn, "sample_scores", "grader", _SCORE)
    found.others = _join_said(conn, "budget_probes", "budget_tokens", _PROBE) + _fill_thinking(conn)
    found.labels = _join_said(conn, "sample_labels", "", _LABEL)
    return found


def _fill_thinking(conn: sqlite3.Connection) -> int:
    """Take thinking texts that were dropped here to save room and are kept there. Returns how many."""
    kept = (
        f"FROM temp.merged_pairs p JOIN {NAME}.eval_samples o ON o.id = p.o_id WHERE NOT p.is_new AND o.thinking != ''"
    )
    return conn.execute(
        f"UPDATE main.eval_samples SET thinking = (SELECT o.thinking {kept} AND p.n_id = eval_samples.id) "
        f"WHERE thinking = '' AND n_thinking_chars > 0 AND id IN (SELECT p.n_id {kept})"
    ).rowcount


def _pair(conn: sqlite3.Connection, run_id: int, ids: list[int]) -> None:
    conn.execute("DELETE FROM temp.merged_pairs")
    conn.executemany("INSERT INTO temp.merged_pairs (o_id) VALUES (?)", [(number,) for number in ids])
    conn.execute(
        "UPDATE temp.merged_pairs SET n_id = (SELECT n.id FROM main.eval_samples n JOIN "
        f"{NAME}.eval_samples o ON n.item_id = o.item_id AND n.epoch = o.epoch WHERE o.id = o_id AND n.run_id = ?)",
        (run_id,),
    )


def _answered_twice(conn: sqlite3.Connection) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Samples that are another answer there than here: ours and theirs.

    Texts are compared as texts, since two versions of zlib write the same one differently. A thinking text that was
    dropped to save room makes no other answer.
    """
    names = columns(conn, "eval_samples", frozenset({"id", "run_id"}))
    plain = [f"n.{name} IS o.{name}" for name in names if name not in (*_TEXTS, "thinking")]
    texts = [f"(n.{name} IS o.{name} OR aa_text(n.{name}) IS aa_text(o.{name}))" for name in _TEXTS]
    thinking = "(n.thinking IS o.thinking OR ((n.thinking = '' OR o.thinking = '') AND n.n_thinking_chars > 0) OR "
    thinking += "aa_text(n.thinking) IS aa_text(o.thinking))"
    query = (
        f"SELECT n.id, o.id FROM temp.merged_pairs p JOIN main.eval_samples n ON n.id = p.n_id "
        f"JOIN {NAME}.eval_samples o ON o.id = p.o_id WHERE NOT ({' AND '.join([*plain, *texts, thinking])})"
    )
    both = conn.execute(query).fetchall()
    return [(_sample(conn, "main", mine), _sample(conn, NAME, theirs)) for mine, theirs in both]


def _sample(conn: sqlite3.Connection, where: str, number: int) -> dict[str, Any]:
    return dict(conn.execute(f"SELECT * FROM {where}.eval_samples WHERE id = ?", (number,)).fetchone())


def _version(sample: dict[str, Any]) -> tuple[object, ...]:
    """For `max`: the later answer, and of one that a changed file spoiled that fact."""
    content = [
        _text(value) if name in _TEXTS else str(value)
        for name, value in sorted(sample.items())
        if name not in ("id", "run_id", "thinking")
    ]
    return sample["ended_at"], sample["finish_reason"] == CHANGED, content, _text(sample["thinking"])


def _put_new(conn: sqlite3.Connection, run_id: int) -> int:
    names = ", ".join(columns(conn, "eval_samples", frozenset({"id", "run_id"})))
    conn.execute("UPDATE temp.merged_pairs SET is_new = n_id IS NULL")
    n = conn.execute(
        f"INSERT INTO main.eval_samples (run_id, {names}) SELECT ?, {names} FROM {NAME}.eval_samples "
        "WHERE id IN (SELECT o_id FROM temp.merged_pairs WHERE is_new) ORDER BY id",
        (run_id,),
    ).rowcount
    conn.execute(
        "UPDATE temp.merged_pairs SET n_id = (SELECT n.id FROM main.eval_samples n JOIN "
        f"{NAME}.eval_samples o ON n.item_id = o.item_id AND n.epoch = o.epoch WHERE o.id = o_id AND n.run_id = ?) "
        "WHERE is_new",
        (run_id,),
    )
    return n


def _put_turns(conn: sqlite3.Connection, run_id: int) -> None:
    """Samples that are conversations come with their turns, in place of those that belonged to an answer of ours or to
    one that was cut short."""
    conn.execute(
        "DELETE FROM main.sample_turns WHERE run_id = ? AND EXISTS (SELECT 1 FROM temp.merged_pairs p "
        "JOIN main.eval_samples n ON n.id = p.n_id WHERE p.is_new AND n.item_id = sample_turns.item_id "
        "AND n.epoch = sample_turns.epoch)",
        (run_id,),
    )
    names = columns(conn, "sample_turns", frozenset({"run_id"}))
    into, of_it = ", ".join(names), ", ".join(f"t.{one}" for one in names)
    conn.execute(
        f"INSERT INTO main.sample_turns (run_id, {into}) SELECT ?, {of_it} "
        f"FROM temp.merged_pairs p JOIN {NAME}.eval_samples o ON o.id = p.o_id JOIN {NAME}.sample_turns t "
        "ON t.run_id = o.run_id AND t.item_id = o.item_id AND t.epoch = o.epoch WHERE true ON CONFLICT DO NOTHING",
        (run_id,),
    )


def join_unfinished(conn: sqlite3.Connection, run_id: int, other_id: int) -> bool:
    """Conversations that were cut short: of each the one that went on later, where neither has come to its end.

    Says whether anything changed. The caller holds the transaction.
    """
    finished = "SELECT 1 FROM main.eval_samples s WHERE s.run_id = ? AND s.item_id = t.item_id AND s.epoch = t.epoch"
    mine = "SELECT ended_at FROM main.sample_turns m WHERE m.run_id = ? AND m.item_id = t.item_id AND m.epoch = t.epoch"
    query = (
        f"SELECT t.item_id, t.epoch, max(t.ended_at) FROM {NAME}.sample_turns t WHERE t.run_id = ? "
        f"AND NOT EXISTS ({finished}) GROUP BY t.item_id, t.epoch HAVING max(t.ended_at) > "
        f"ifnull((SELECT max(ended_at) FROM ({mine})), '')"
    )
    further = conn.execute(query, (other_id, run_id, run_id)).fetchall()
    names = ", ".join(columns(conn, "sample_turns", frozenset({"run_id"})))
    for item_id, epoch, _ in further:
        conn.execute(
            "DELETE FROM main.sample_turns WHERE run_id = ? AND item_id = ? AND epoch = ?", (run_id, item_id, epoch)
        )
        conn.execute(
            f"INSERT INTO main.sample_turns (run_id, {names}) SELECT ?, {names} FROM {NAME}.sample_turns "
            "WHERE run_id = ? AND item_id = ? AND epoch = ?",
            (run_id, other_id, item_id, epoch),
        )
    return bool(further)


def _join_said(conn: sqlite3.Connection, table: str, key: str, better: tuple[str, ...]) -> int:
    """Join what was said of the samples, by sample and `key`: the greater by `better` stays. Returns how many came."""
    names = columns(conn, table, frozenset({"id", "sample_id"}))
    same = f" AND m.{key} = o.{key}" if key else ""
    theirs, ours = (", ".join(_comparable(where, one) for one in better) for where in ("o", "m"))
    joined = (
        f"FROM temp.merged_pairs p JOIN {NAME}.{table} o ON o.sample_id = p.o_id "
        f"LEFT JOIN main.{table} m ON m.sample_id = p.n_id{same}"
    )
    news = f"(m.sample_id IS NULL OR ({theirs}) > ({ours}))"
    order = " ORDER BY o.id" if table == "sample_scores" else ""
    conn.execute("DROP TABLE IF EXISTS temp.merged_said")
    conn.execute(
        f"CREATE TEMP TABLE merged_said AS SELECT p.n_id AS sample_id, p.is_new AS is_new, "
        f"{', '.join(f'o.{name} AS {name}' for name in names)} {joined} WHERE {news}{order}"
    )
    conn.execute("CREATE INDEX temp.merged_said_sample ON merged_said(sample_id)")
    on_key = f" AND s.{key} = main.{table}.{key}" if key else ""
    conn.execute(
        f"DELETE FROM main.{table} WHERE EXISTS (SELECT 1 FROM temp.merged_said s "
        f"WHERE s.sample_id = main.{table}.sample_id AND NOT s.is_new{on_key}) "
        "AND sample_id IN (SELECT sample_id FROM temp.merged_said WHERE NOT is_new)"
    )
    n = conn.execute(
        f"INSERT INTO main.{table} (sample_id, {', '.join(names)}) SELECT sample_id, {', '.join(names)} "
        "FROM temp.merged_said ORDER BY rowid"
    ).rowcount
    if table == "sample_scores":
        _order_scores(conn, names)
    return n


def _order_scores(conn: sqlite3.Connection, names: list[str]) -> None:
    """Of samples that were here with other verdicts the one that was given last counts, wherever it came from."""
    mixed = "SELECT sample_id FROM temp.merged_said WHERE NOT is_new"
    said = ", ".join(names)
    conn.execute("DROP TABLE IF EXISTS temp.merged_order")
    conn.execute(
        f"CREATE TEMP TABLE merged_order AS SELECT sample_id, {said} FROM main.sample_scores "
        f"WHERE sample_id IN ({mixed}) ORDER BY sample_id, graded_at, grader"
    )
    conn.execute(f"DELETE FROM main.sample_scores WHERE sample_id IN ({mixed})")
    conn.execute(
        f"INSERT INTO main.sample_scores (sample_id, {said}) SELECT sample_id, {said} "
        "FROM temp.merged_order ORDER BY rowid"
    )


def _comparable(where: str, name: str) -> str:
    """A column as one part of a comparison: none before any."""
    if " " in name:
        return f"{where}.{name}"
    return f"ifnull('+' || {where}.{name}, '')"


def _text(stored: str | bytes | None) -> str | None:
    return None if stored is None else unpacked(stored)
