"""Pages of models that are known from files on this machine only: what is on one, and taking it away.

Such a page lives as long as something is on it. Published models are never removed.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from aa_tui.catalog.transaction import transaction


class OnPage(NamedTuple):
    """What is on the page of a model: runs, how many of them are live or planned, and what they and imports hold."""

    n_runs: int
    n_open_runs: int
    n_figures: int
    n_samples: int
    n_labels: int
    n_imported: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured, and nothing is about to be: runs that failed at once are nothing."""
        return not (self.n_open_runs or self.n_figures or self.n_samples or self.n_imported)


_RUNS = "SELECT r.id FROM runs r JOIN gguf_files f ON f.id = r.file_id WHERE f.model_id = :model"
_ON_PAGE = f"""SELECT (SELECT count(*) FROM ({_RUNS})),
  (SELECT count(*) FROM ({_RUNS} AND r.state NOT IN ('finished', 'stopped', 'failed'))),
  (SELECT count(*) FROM measurements m WHERE m.run_id IN ({_RUNS})
     OR m.variant_id IN (SELECT id FROM variants WHERE model_id = :model)),
  (SELECT count(*) FROM eval_samples WHERE run_id IN ({_RUNS})),
  (SELECT count(*) FROM sample_labels l JOIN eval_samples s ON s.id = l.sample_id WHERE s.run_id IN ({_RUNS})),
  (SELECT count(*) FROM speed_elsewhere WHERE model_id = :model)
    + (SELECT count(*) FROM offers WHERE variant_id IN (SELECT id FROM variants WHERE model_id = :model))"""


def on_page(conn: sqlite3.Connection, model_id: int) -> OnPage:
    """What is on the page of a model."""
    return OnPage(*conn.execute(_ON_PAGE, {"model": model_id}).fetchone())


def run_ids(conn: sqlite3.Connection, model_id: int) -> list[int]:
    """The runs of a model's files, oldest first."""
    return [int(row[0]) for row in conn.execute(f"{_RUNS} ORDER BY r.id", {"model": model_id})]


def is_local(conn: sqlite3.Connection, model_id: int) -> bool:
    """Whether a model is known from files on this machine only."""
    row = conn.execute("SELECT min(is_local) FROM variants WHERE model_id = ?", (model_id,)).fetchone()
    return bool(row[0])


def empty(conn: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """The local models whose pages have nothing on them: id, slug and name."""
    rows = conn.execute("SELECT model_id, slug, name FROM variants WHERE is_local ORDER BY slug").fetchall()
    return [tuple(row) for row in rows if on_page(conn, row[0]).is_empty and is_local(conn, row[0])]


def remove_if_empty(conn: sqlite3.Connection, model_id: int | None) -> bool:
    """Take a local model's page away where nothing is left on it. Says whether it did."""
    if model_id is None:
        return False
    with transaction(conn):
        if not is_local(conn, model_id) or not on_page(conn, model_id).is_empty:
            return False
        _remove(conn, model_id)
    return True


def remove_all_empty(conn: sqlite3.Connection) -> list[str]:
    """The same for every such page. Returns the names of those that are gone."""
    return [name for model_id, _, name in empty(conn) if remove_if_empty(conn, model_id)]


def _remove(conn: sqlite3.Connection, model_id: int) -> None:
    """The caller holds the transaction. Files and runs that failed stay, without a model."""
    conn.execute("UPDATE gguf_files SET model_id = NULL WHERE model_id = ?", (model_id,))
    conn.execute("UPDATE seen_files SET model_id = NULL WHERE model_id = ?", (model_id,))
    conn.execute("DELETE FROM leaderboard WHERE model_id = ?", (model_id,))
    conn.execute("DELETE FROM variants WHERE model_id = ?", (model_id,))
    creator = conn.execute("DELETE FROM models WHERE id = ? RETURNING creator_id", (model_id,)).fetchone()[0]
    conn.execute("DELETE FROM creators WHERE id = ? AND id NOT IN (SELECT creator_id FROM models)", (creator,))


def remove_imported(conn: sqlite3.Connection, model_id: int) -> None:
    """Forget the speeds of other machines that were imported for a model."""
    with conn:
        conn.execute("DELETE FROM speed_elsewhere WHERE model_id = ?", (model_id,))
