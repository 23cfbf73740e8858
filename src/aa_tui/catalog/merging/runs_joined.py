"""One run in two catalogs made one: the further row, and a union of all that belongs to it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Literal, NamedTuple

from aa_tui.catalog import runs
from aa_tui.catalog.merging import samples_joined, things
from aa_tui.catalog.merging.other import NAME
from aa_tui.catalog.merging.pace import brief
from aa_tui.catalog.merging.run_rows import PARTIAL, Row, columns, travelling, version
from aa_tui.catalog.rows import LIVE_STATES, RunOrigin
from aa_tui.catalog.texts import unpacked

Change = Literal["new", "more", "same", "deleted", "live", "apart"]
"""What came of a run: it is new, there is more of it than before, nothing was new; it stays away since it was deleted
here, is left alone since it is live here, or since its conversation went on differently in both."""

_NOT_WHOLE = "only a part of it was merged: merge again to have all"


class Incoming(NamedTuple):
    """A run of the other catalog, with our numbers of what it is about."""

    id: int
    uid: str
    row: Row  # as `travelling` gives it
    file_id: int
    machine_id: int | None
    origin: RunOrigin
    facts: dict[str, Any]


class Joined(NamedTuple):
    """Our number of a run and what came of it. `is_union`: it has samples now that neither catalog had all of, so that
    the figures of neither are of all of them."""

    run_id: int
    change: Change
    is_union: bool = False


def join(conn: sqlite3.Connection, one: Incoming, counts: samples_joined.Counts) -> Joined:
    """Join a run into our catalog.

    In several short transactions where it has many samples; each leaves a catalog that is sound, and a run of which
    only a part has come says so until the rest comes.
    """
    ids = samples_joined.ids_of(conn, one.id)
    pieces = [ids[at : at + samples_joined.BATCH] for at in range(0, len(ids), samples_joined.BATCH)] or [[]]
    run_id, is_new, is_more = 0, False, False
    for number, piece in enumerate(pieces):
        with brief(conn):
            mine = conn.execute("SELECT * FROM main.runs WHERE uid = ?", (one.uid,)).fetchone()
            if mine is not None and mine["state"] in LIVE_STATES:
                return Joined(int(mine["id"]), "live")
            if mine is not None and _parted(conn, int(mine["id"]), one):
                return Joined(int(mine["id"]), "apart")
            is_last = number == len(pieces) - 1
            is_new |= mine is None
            run_id = _put(conn, one, is_whole=is_last) if mine is None else int(mine["id"])
            came = samples_joined.join(conn, run_id, piece)
            counts.add(came)
            _count_samples(conn, run_id)
            is_more |= came.any()
            if is_last:
                is_more |= _join_rest(conn, run_id, one, mine)
    n_done = conn.execute("SELECT n_done FROM main.runs WHERE id = ?", (run_id,)).fetchone()[0]
    is_union = not is_new and is_more and one.row["kind"] == "eval" and n_done > len(ids)
    return Joined(run_id, "new" if is_new else "more" if is_more else "same", is_union)


def _parted(conn: sqlite3.Connection, run_id: int, one: Incoming) -> bool:
    """Whether a conversation went on differently in both catalogs: a turn with another prompt here than there."""
    if one.row["kind"] != "ask":
        return False
    query = (
        f"SELECT m.prompt, o.prompt FROM main.asked m JOIN {NAME}.asked o ON o.turn = m.turn "
        "WHERE m.run_id = ? AND o.run_id = ?"
    )
    return any(unpacked(row[0]) != unpacked(row[1]) for row in conn.execute(query, (run_id, one.id)))


def _put(conn: sqlite3.Connection, one: Incoming, *, is_whole: bool) -> int:
    """Insert its row, under the next number."""
    facts = one.facts | one.row["facts"] | ({} if is_whole else {PARTIAL: True})
    values = {name: value for name, value in one.row.items() if name != "facts"}
    if not is_whole:
        values |= {"state": "stopped", "reason": _NOT_WHOLE}
    values |= {
        "id": runs.next_id(conn),
        "uid": one.uid,
        "file_id": one.file_id,
        "machine_id": one.machine_id,
        "origin": one.origin,
        "origin_facts": json.dumps(facts),
    }
    return things.put(conn, "runs", values)


def _join_rest(conn: sqlite3.Connection, run_id: int, one: Incoming, mine: sqlite3.Row | None) -> bool:
    """Row, figures and all that is not of a sample. Says whether anything changed."""
    changed = _join_row(conn, run_id, one, mine)
    changed |= _join_figures(conn, run_id, one)
    changed |= _join_clocked(conn, run_id, one.id)
    changed |= _union(conn, "run_events", run_id, one.id)
    changed |= _union(conn, "machine_samples", run_id, one.id)
    changed |= _join_points(conn, run_id, one.id)
    changed |= samples_joined.join_unfinished(conn, run_id, one.id)
    return changed | _join_asked(conn, run_id, one.id)


def _join_row(conn: sqlite3.Connection, run_id: int, one: Incoming, mine: sqlite3.Row | None) -> bool:
    """The further of both rows."""
    if mine is None:
        return False
    ours = travelling(dict(mine), "")
    if version(one.row) <= version(ours):
        return False
    facts = {name: value for name, value in json.loads(mine["origin_facts"]).items() if name not in ours["facts"]}
    values = {name: value for name, value in one.row.items() if name != "facts"}
    values["origin_facts"] = json.dumps(facts | one.row["facts"])
    if one.machine_id is not None:
        values["machine_id"] = one.machine_id
    names = ", ".join(f"{name} = ?" for name in values)
    conn.execute(f"UPDATE main.runs SET {names}, interrupted = 0 WHERE id = ?", (*values.values(), run_id))
    return True


def _count_samples(conn: sqlite3.Connection, run_id: int) -> None:
    conn.execute(
        "UPDATE main.runs SET n_done = (SELECT count(*) FROM main.eval_samples WHERE run_id = runs.id) "
        "WHERE id = ? AND kind IN ('eval', 'ask')",
        (run_id,),
    )


def _join_figures(conn: sqlite3.Connection, run_id: int, one: Incoming) -> bool:
    """Of an evaluation all figures that were noted last, since they belong together; of other runs each for itself."""
    mine, theirs = _figures(conn, "main", run_id), _figures(conn, NAME, one.id)
    if one.row["kind"] == "eval":
        joined = max(mine, theirs, key=_weight)
    else:
        joined = {
            metric: max((found[metric] for found in (mine, theirs) if metric in found), key=_content)
            for metric in mine | theirs
        }
    if joined == mine:
        return False
    conn.execute("DELETE FROM main.measurements WHERE run_id = ?", (run_id,))
    for figure in joined.values():
        things.put(conn, "measurements", {**figure, "run_id": run_id, "file_id": one.file_id})
    return True


def _figures(conn: sqlite3.Connection, where: str, run_id: int) -> dict[str, Row]:
    names = columns(conn, "measurements", frozenset({"id", "run_id", "file_id", "variant_id", "source_id"}))
    query = f"SELECT {', '.join(names)} FROM {where}.measurements WHERE run_id = ? ORDER BY id"
    return {row["metric"]: dict(row) for row in conn.execute(query, (run_id,))}


def _content(figure: Row) -> tuple[str, str]:
    return figure["created_at"], json.dumps(figure, sort_keys=True)


def _weight(figures: dict[str, Row]) -> tuple[str, str]:
    return max((one["created_at"] for one in figures.values()), default=""), json.dumps(figures, sort_keys=True)


class _Part(NamedTuple):
    """The rows of one table that belong to one run, in both catalogs."""

    table: str
    names: list[str]
    mine: list[tuple[Any, ...]]
    theirs: list[tuple[Any, ...]]


def _part(conn: sqlite3.Connection, table: str, run_id: int, other_id: int) -> _Part:
    names = columns(conn, table, frozenset({"id", "run_id"}))

    def rows(where: str, number: int) -> list[tuple[Any, ...]]:
        query = f"SELECT {', '.join(names)} FROM {where}.{table} WHERE run_id = ? ORDER BY id"
        return [tuple(row) for row in conn.execute(query, (number,))]

    return _Part(table, names, rows("main", run_id), rows(NAME, other_id))


def _join_clocked(conn: sqlite3.Connection, run_id: int, other_id: int) -> bool:
    """The repetitions of a speed run: of each test and number the one that was made later."""
    part = _part(conn, "speed_samples", run_id, other_id)
    key = [part.names.index(name) for name in ("test", "repetition", "warmup")]
    at = part.names.index("started_at")
    joined: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in (*part.mine, *part.theirs):
        place = tuple(row[one] for one in key)
        joined[place] = max(joined.get(place, row), row, key=lambda one: (one[at], repr(one)))
    return _replace(conn, run_id, part, sorted(joined.values(), key=lambda one: one[at]))


def _union(conn: sqlite3.Connection, table: str, run_id: int, other_id: int) -> bool:
    """The rows of both in the order of time: of what is only ever noted."""
    part = _part(conn, table, run_id, other_id)
    at, known = part.names.index("at"), set(part.mine)
    joined = [*part.mine, *(row for row in part.theirs if row not in known)]
    return _replace(conn, run_id, part, sorted(joined, key=lambda one: one[at]))


def _replace(conn: sqlite3.Connection, run_id: int, part: _Part, rows: list[tuple[Any, ...]]) -> bool:
    if set(rows) == set(part.mine):
        return False
    conn.execute(f"DELETE FROM main.{part.table} WHERE run_id = ?", (run_id,))
    marks = ", ".join("?" * (len(part.names) + 1))
    conn.executemany(
        f"INSERT INTO main.{part.table} (run_id, {', '.join(part.names)}) VALUES ({marks})",
        [(run_id, *row) for row in rows],
    )
    return True


def _join_asked(conn: sqlite3.Connection, run_id: int, other_id: int) -> bool:
    """The turns of a conversation, which are the same as far as both have them."""
    names = ", ".join(columns(conn, "asked", frozenset({"run_id"})))
    return (
        conn.execute(
            f"INSERT INTO main.asked (run_id, {names}) SELECT ?, {names} FROM {NAME}.asked WHERE run_id = ? "
            "ON CONFLICT DO NOTHING",
            (run_id, other_id),
        ).rowcount
        > 0
    )


def _join_points(conn: sqlite3.Connection, run_id: int, other_id: int) -> bool:
    """What a study found: of each piece the one that was made later."""
    changed = conn.execute(
        "INSERT INTO main.study_points (run_id, part, number, facts, made_at) "
        f"SELECT ?, part, number, facts, made_at FROM {NAME}.study_points WHERE run_id = ? "
        "ON CONFLICT (run_id, part, number) DO UPDATE SET facts = excluded.facts, made_at = excluded.made_at "
        "WHERE (excluded.made_at, excluded.facts) > (study_points.made_at, study_points.facts)",
        (run_id, other_id),
    ).rowcount
    conn.execute(  # the further row may be of the catalog that has fewer
        "UPDATE main.runs SET n_done = (SELECT count(*) FROM main.study_points WHERE run_id = runs.id) "
        "WHERE id = ? AND kind = 'study'",
        (run_id,),
    )
    return changed > 0
