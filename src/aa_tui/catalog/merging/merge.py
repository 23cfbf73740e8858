"""Merge another catalog into the one that is open."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from aa_tui.catalog import connection, db, leaderboard
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.merging import other, runs_joined, samples_joined, things
from aa_tui.catalog.merging.other import NAME, Progress
from aa_tui.catalog.merging.pace import brief
from aa_tui.catalog.merging.run_rows import origin_of, travelling
from aa_tui.catalog.merging.runs_joined import Change, Incoming

_COPIED, _LOOKED_AT = 0.1, 0.3
"""How much of the whole is done when the other catalog is copied, and looked at."""


FOLDERS = "aa-tui-merge-"
"""What the names of the folders for copies begin with; they are gone when it is done."""


class MergedRun(NamedTuple):
    """A run of the other catalog and what came of it here; `run_id` is None for one that stays away."""

    uid: str
    run_id: int | None
    target: str
    what: str
    machine: str
    change: Change


@dataclass(frozen=True, slots=True)
class Merged:
    """What came in from one catalog, shown as `source`; `unions` are runs whose figures are of no catalog alone."""

    source: str
    runs: tuple[MergedRun, ...] = ()
    n_samples: int = 0
    n_replaced: int = 0
    n_scores: int = 0
    n_labels: int = 0
    n_speeds_elsewhere: int = 0
    unions: tuple[int, ...] = ()

    def of(self, *changes: Change) -> list[MergedRun]:
        """The runs of which this came."""
        return [one for one in self.runs if one.change in changes]

    @property
    def is_nothing(self) -> bool:
        """Whether all of it was here already."""
        return not (self.of("new", "more") or self.n_speeds_elsewhere)


@dataclass(slots=True)
class Merger:
    """Merges catalogs into an open one, seen from a machine with the fingerprint `here`.

    `again`: also runs that were deleted here. `uids`: only these runs, and nothing that belongs to none. `as_it_is`:
    for a bundle, where runs are of the machine that they were of, and files have names and no folders.
    """

    conn: sqlite3.Connection
    here: str
    again: bool = False
    uids: frozenset[str] | None = None
    as_it_is: bool = False
    on_progress: Progress = field(default=lambda _part, _text: None)

    def merge(self, path: Path, shown: str | None = None) -> Merged:
        """Merge the catalog at `path`, which is only read and which the user knows as `shown`.

        Raises CatalogError for what is no catalog, is damaged, of a newer program, or this very one. What was merged
        until something fails is kept, and merging again goes on from there.
        """
        name = shown or str(path)
        _check_other(self.conn, path, name)
        self.on_progress(0.0, f"reading {name}")
        with tempfile.TemporaryDirectory(prefix=FOLDERS) as folder:
            return self._merge_copy(other.snapshot(path, Path(folder), name), name)

    def merge_open(self, conn: sqlite3.Connection, shown: str) -> Merged:
        """The same of a catalog that is open."""
        with tempfile.TemporaryDirectory(prefix=FOLDERS) as folder:
            return self._merge_copy(other.copy_of(conn, Path(folder)), shown)

    def _merge_copy(self, copy: Path, shown: str) -> Merged:
        self.on_progress(_COPIED, f"looking at {shown}")
        with other.attached(self.conn, copy, shown):
            return self._merge(shown)

    def _merge(self, shown: str) -> Merged:
        conn = self.conn
        samples_joined.prepare(conn)
        rows = self._wanted()
        deleted = set() if self.again else {row[0] for row in conn.execute("SELECT uid FROM main.deleted_runs")}
        is_own = self._is_own_catalog()
        counts = samples_joined.Counts()
        found: list[MergedRun] = []
        unions: list[int] = []
        models: set[int] = set()
        n_all = sum(row["n_samples"] for row in rows) + len(rows)
        n_seen = 0
        for row in rows:
            self.on_progress(_LOOKED_AT + (1 - _LOOKED_AT) * n_seen / max(1, n_all), f"merging {shown}")
            n_seen += row["n_samples"] + 1
            if row["uid"] in deleted:
                found.append(_told(row, None, "deleted"))
                continue
            joined = runs_joined.join(conn, self._incoming(row, shown, is_own), counts)
            found.append(_told(row, joined.run_id, joined.change))
            if joined.is_union:
                unions.append(joined.run_id)
            if joined.change in ("new", "more"):
                models |= self._after(joined.run_id, row["uid"])
        n_speeds = self._put_others(models) if self.uids is None else 0
        self._refresh(models)
        self.on_progress(1.0, f"merged {shown}")
        return Merged(
            shown,
            tuple(found),
            counts.samples,
            counts.replaced,
            counts.scores,
            counts.labels,
            n_speeds,
            tuple(unions),
        )

    def _wanted(self) -> list[sqlite3.Row]:
        """The runs of the other catalog, oldest first."""
        query = f"""
SELECT r.*, h.fingerprint, h.name AS machine, coalesce(m.name, f.name, f.path) AS target,
  (SELECT count(*) FROM {NAME}.eval_samples s WHERE s.run_id = r.id) AS n_samples
FROM {NAME}.runs r JOIN {NAME}.gguf_files f ON f.id = r.file_id
LEFT JOIN {NAME}.machines h ON h.id = r.machine_id LEFT JOIN {NAME}.models m ON m.id = f.model_id
ORDER BY r.created_at, r.id"""
        rows = self.conn.execute(query).fetchall()
        return [row for row in rows if self.uids is None or row["uid"] in self.uids]

    def _is_own_catalog(self) -> bool:
        """Whether all that the other catalog says was measured where it lies was measured on this machine."""
        query = (
            f"SELECT DISTINCT h.fingerprint FROM {NAME}.runs r JOIN {NAME}.machines h ON h.id = r.machine_id "
            "WHERE r.origin = 'here'"
        )
        return {row[0] for row in self.conn.execute(query)} == {self.here}

    def _incoming(self, row: sqlite3.Row, shown: str, is_own: bool) -> Incoming:
        """A run with what it is about, which is noted here."""
        conn = self.conn
        origin = row["origin"] if self.as_it_is else origin_of(dict(row), row["fingerprint"], self.here, is_own)
        is_of_here = origin == "here" and not self.as_it_is
        where = "another catalog of this machine" if is_of_here else things.machine_name(row["machine"] or "") or shown
        with brief(conn):
            file_id = things.files(conn, [row["file_id"]], keeps_paths=not self.as_it_is)[row["file_id"]]
            machine_id = row["machine_id"]
            if machine_id is not None:
                machine_id = things.machines(conn, [machine_id])[machine_id]
        facts = json.loads(row["origin_facts"])
        if origin == "here":
            facts = {}
        elif origin == "machine" and row["origin"] == "here":
            facts |= {"machine": things.machine_name(row["machine"] or ""), "catalog": shown, "merged_at": utc_now()}
        whole = {name: row[name] for name in row.keys() if name not in _ADDED}  # noqa: SIM118 - a Row is no dict
        return Incoming(row["id"], row["uid"], travelling(whole, where), file_id, machine_id, origin, facts)

    def _after(self, run_id: int, uid: str) -> set[int]:
        """It is here: no longer a deleted one. Returns the model whose line on the leaderboard may have changed."""
        if self.again:
            self.conn.execute("DELETE FROM main.deleted_runs WHERE uid = ?", (uid,))
        row = self.conn.execute(
            "SELECT f.model_id FROM main.runs r JOIN main.gguf_files f ON f.id = r.file_id WHERE r.id = ?", (run_id,)
        ).fetchone()
        return set() if row[0] is None else {int(row[0])}

    def _put_others(self, models: set[int]) -> int:
        with brief(self.conn):
            n_speeds = things.others(self.conn)
        query = "SELECT id FROM main.models WHERE id NOT IN (SELECT model_id FROM main.leaderboard)"
        models |= {int(row[0]) for row in self.conn.execute(query)}  # a page that came with such speeds
        return n_speeds

    def _refresh(self, models: set[int]) -> None:
        """A model in a transaction of its own: thousands would hold up a worker."""
        for model_id in sorted(models):
            with brief(self.conn):
                leaderboard.refresh_model(self.conn, model_id)


_ADDED = frozenset({"fingerprint", "machine", "target", "n_samples"})


def check_others(conn: sqlite3.Connection, paths: Sequence[Path]) -> None:
    """Raise CatalogError where one of them is not there, or the open catalog itself."""
    for path in paths:
        _check_other(conn, path, str(path))


@contextmanager
def on_a_copy(conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A copy of the open catalog to try on what a merge would do; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix=FOLDERS) as folder:
        path = Path(folder) / "try.db"
        copy = sqlite3.connect(path, isolation_level=None, uri=True)
        try:
            copy.execute("PRAGMA synchronous = OFF")
            conn.backup(copy)
            copy.execute("PRAGMA journal_mode = MEMORY")
            copy.execute("PRAGMA foreign_keys = ON")
            copy.row_factory = sqlite3.Row
            yield copy
        finally:
            copy.close()


def _check_other(conn: sqlite3.Connection, path: Path, shown: str) -> None:
    file = connection.file_at(path)
    if file is None:
        raise CatalogError(f"There is no catalog at {shown}.")
    own = db.file_of(conn)
    if own is not None and (file.device, file.inode) == (own.device, own.inode):
        raise CatalogError(f"{shown} is the open catalog itself: name another one to merge.")


def _told(row: sqlite3.Row, run_id: int | None, change: Change) -> MergedRun:
    machine = things.machine_name(row["machine"] or "")
    return MergedRun(row["uid"], run_id, row["target"], row["pack"] or row["kind"], machine, change)
