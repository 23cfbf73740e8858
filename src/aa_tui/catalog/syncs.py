"""Syncs: what sources said, written as history that can be taken back, and how often they were asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aa_tui.catalog import leaderboard
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.transaction import transaction

_REQUESTS = "source_requests:"


class KnownVariant(NamedTuple):
    """A variant as syncs need it. `untold` are the columns whose value no source has told."""

    id: int
    slug: str
    name: str
    creator: str
    reasoning: bool
    open_weights: bool
    release_date: str | None
    weights_url: str
    untold: tuple[str, ...]
    is_here: bool
    """Whether a file of its model is known on this machine."""


class SourceKey(NamedTuple):
    """Where a figure comes from. `as_of` is a date in ISO 8601."""

    name: str
    url: str
    as_of: str
    index_version: str = ""
    is_restricted: bool = False


class SyncFigure(NamedTuple):
    """A published figure of a variant, by its slug."""

    slug: str
    metric: str
    value: float
    unit: str
    source: SourceKey


class NewestFigure(NamedTuple):
    """What the catalog has of a metric, and whose it is."""

    slug: str
    metric: str
    index_version: str
    value: float
    source_name: str


class SyncOffer(NamedTuple):
    """What a provider asks for a variant, USD per million tokens."""

    slug: str
    provider: str
    price_in_usd_per_m: float
    price_out_usd_per_m: float
    context_tokens: int | None
    source: SourceKey


class NewVariant(NamedTuple):
    """A model in one mode that the catalog does not have yet. `untold` columns hold a value that nobody has told."""

    slug: str
    name: str
    family: str
    creator: str
    release_date: str | None
    reasoning: bool
    open_weights: bool
    untold: tuple[str, ...]
    source: SourceKey


class SyncToWrite(NamedTuple):
    """All that one source said, matched. `opened` are slugs whose weights it says are open."""

    source: str
    url: str
    began_at: str
    index_version: str
    new: Sequence[NewVariant]
    figures: Sequence[SyncFigure]
    offers: Sequence[SyncOffer]
    opened: Sequence[str]
    counts: Mapping[str, int]


class SyncRow(NamedTuple):
    """A sync as it is listed."""

    id: int
    source: str
    url: str
    began_at: str
    ended_at: str
    index_version: str
    counts: dict[str, int]
    undone_at: str | None


class Undone(NamedTuple):
    """What was taken back, and the slugs of models that it had brought and that stay, since something hangs on them."""

    sync: SyncRow
    n_figures: int
    n_offers: int
    removed: tuple[str, ...]
    kept: tuple[str, ...]


class Requests(NamedTuple):
    """How often a source was asked on a day (UTC). `remaining` is what it said is left, None where it says nothing;
    it is not to be asked before `not_before`, ISO 8601, where it said so."""

    day: str
    n: int = 0
    remaining: int | None = None
    not_before: str = ""


# -- what is there


def known_variants(conn: sqlite3.Connection) -> list[KnownVariant]:
    """Every variant that is not of a file on this machine alone."""
    query = """SELECT v.id, v.slug, v.name, c.name, v.reasoning, v.open_weights, v.release_date,
                 coalesce(m.weights_url, ''), v.untold,
                 EXISTS (SELECT 1 FROM gguf_files f WHERE f.model_id = v.model_id)
               FROM variants v JOIN models m ON m.id = v.model_id JOIN creators c ON c.id = m.creator_id
               WHERE NOT v.is_local ORDER BY v.id"""
    return [
        KnownVariant(*row)._replace(
            reasoning=bool(row[4]), open_weights=bool(row[5]), untold=_names(row[8]), is_here=bool(row[9])
        )
        for row in conn.execute(query)
    ]


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def taken_slugs(conn: sqlite3.Connection) -> set[str]:
    """The slugs of all variants, local ones too."""
    return {row[0] for row in conn.execute("SELECT slug FROM variants")}


def newest_figures(conn: sqlite3.Connection) -> list[NewestFigure]:
    """The newest published value of each slug, metric and index version; the oldest of them first."""
    query = """SELECT slug, metric, index_version, value, source_name FROM (
                 SELECT v.slug, m.metric, s.index_version, m.value, s.name AS source_name, s.as_of, m.id, row_number()
                   OVER (PARTITION BY m.variant_id, m.metric, s.index_version ORDER BY s.as_of DESC, m.id DESC) AS age
                 FROM measurements m JOIN sources s ON s.id = m.source_id JOIN variants v ON v.id = m.variant_id
               ) WHERE age = 1 ORDER BY as_of, id"""
    return [NewestFigure(*row) for row in conn.execute(query)]


def of_last(conn: sqlite3.Connection, source: str) -> tuple[list[SyncFigure], list[SyncOffer]]:
    """All that this source said the last time, unless that was taken back."""
    found = conn.execute("SELECT max(id) FROM syncs WHERE source = ? AND undone_at IS NULL", (source,)).fetchone()[0]
    key = "s.name, s.url, s.as_of, s.index_version, s.is_restricted"
    of_sync = "JOIN sources s ON s.id = t.source_id JOIN variants v ON v.id = t.variant_id WHERE s.sync_id = ?"
    figures = f"SELECT v.slug, t.metric, t.value, t.unit, {key} FROM measurements t {of_sync}"
    offers = (
        "SELECT v.slug, t.provider, t.price_in_usd_per_m, t.price_out_usd_per_m, t.context_tokens, "
        f"{key} FROM offers t {of_sync}"
    )
    return (
        [SyncFigure(row[0], row[1], row[2], row[3], _key(row[4:])) for row in conn.execute(figures, (found,))],
        [SyncOffer(row[0], row[1], row[2], row[3], row[4], _key(row[5:])) for row in conn.execute(offers, (found,))],
    )


def listing(conn: sqlite3.Connection) -> list[SyncRow]:
    """All syncs, the newest first."""
    query = (
        """SELECT id, source, url, began_at, ended_at, index_version, counts, undone_at FROM syncs ORDER BY id DESC"""
    )
    return [_row(row) for row in conn.execute(query)]


def _row(row: sqlite3.Row) -> SyncRow:
    counts = json.loads(row[6])
    return SyncRow(*row)._replace(counts=counts if isinstance(counts, dict) else {})


def _key(row: Sequence[Any]) -> SourceKey:
    return SourceKey(row[0], row[1], row[2], row[3], bool(row[4]))


# -- writing


def write(conn: sqlite3.Connection, sync: SyncToWrite) -> int:
    """Write a sync within a transaction of the caller, and make the leaderboard anew. Returns its id."""
    now = utc_now()
    sync_id = int(
        conn.execute(
            "INSERT INTO syncs (source, url, began_at, ended_at, index_version, counts) VALUES (?, ?, ?, ?, ?, ?) "
            "RETURNING id",
            (sync.source, sync.url, sync.began_at, now, sync.index_version, json.dumps(dict(sync.counts))),
        ).fetchone()[0]
    )
    sources: dict[SourceKey, int] = {}

    def source_id(key: SourceKey) -> int:
        if key not in sources:
            sources[key] = _put_source(conn, key, sync_id)
        return sources[key]

    for one in sync.new:
        _put_variant(conn, one, source_id(one.source), sync_id)
    ids = {row[0]: row[1] for row in conn.execute("SELECT slug, id FROM variants")}
    conn.executemany(
        "INSERT INTO measurements (variant_id, metric, value, unit, source_id, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(ids[one.slug], *one[1:4], source_id(one.source), now) for one in sync.figures if one.slug in ids],
    )
    conn.executemany(
        "INSERT INTO offers (variant_id, provider, price_in_usd_per_m, price_out_usd_per_m, context_tokens, "
        "source_id) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(ids[one.slug], *one[1:5], source_id(one.source)) for one in sync.offers if one.slug in ids],
    )
    for slug in sync.opened:
        _tell_open(conn, slug, sync_id)
    leaderboard.rebuild(conn)
    return sync_id


def _put_source(conn: sqlite3.Connection, key: SourceKey, sync_id: int) -> int:
    query = (
        "INSERT INTO sources (name, url, as_of, index_version, is_restricted, sync_id) VALUES (?, ?, ?, ?, ?, ?) "
        "RETURNING id"
    )
    return int(conn.execute(query, (*key, sync_id)).fetchone()[0])


def _put_variant(conn: sqlite3.Connection, one: NewVariant, source_id: int, sync_id: int) -> None:
    conn.execute("INSERT INTO creators (name) VALUES (?) ON CONFLICT DO NOTHING", (one.creator,))
    # Modes of one family are of the same weights, as far as nobody tells another address of them.
    model = conn.execute(
        "SELECT m.id FROM models m JOIN creators c ON c.id = m.creator_id WHERE c.name = ? AND m.name = ? "
        "ORDER BY m.weights_url <> '' DESC, m.id LIMIT 1",
        (one.creator, one.family),
    ).fetchone()
    if model is None:
        model = conn.execute(
            "INSERT INTO models (creator_id, name, weights_url) "
            "SELECT id, ?, '' FROM creators WHERE name = ? RETURNING id",
            (one.family, one.creator),
        ).fetchone()
    conn.execute(
        "INSERT INTO variants (model_id, slug, name, reasoning, open_weights, release_date, source_id, sync_id, "
        "untold) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            model[0],
            one.slug,
            one.name,
            one.reasoning,
            one.open_weights,
            one.release_date,
            source_id,
            sync_id,
            ",".join(one.untold),
        ),
    )


def _tell_open(conn: sqlite3.Connection, slug: str, sync_id: int) -> None:
    row = conn.execute("SELECT id, untold FROM variants WHERE slug = ?", (slug,)).fetchone()
    left = [] if row is None else [name for name in row[1].split(",") if name and name != "open_weights"]
    if row is not None and ",".join(left) != row[1]:
        conn.execute(
            "UPDATE variants SET open_weights = 1, untold = ?, openness_sync_id = ? WHERE id = ?",
            (",".join(left), sync_id, row[0]),
        )


# -- taking back


def newest(conn: sqlite3.Connection, source: str = "") -> SyncRow | None:
    """The newest sync that was not taken back, of one source or of any."""
    found = [one for one in listing(conn) if one.undone_at is None and source in ("", one.source)]
    return found[0] if found else None


def undo(conn: sqlite3.Connection, sync: SyncRow) -> Undone:
    """Take back all that a sync brought, in one transaction. What something of the user's hangs on stays."""
    with transaction(conn):
        of_sync = "source_id IN (SELECT id FROM sources WHERE sync_id = ?)"
        n_figures = conn.execute(f"DELETE FROM measurements WHERE {of_sync}", (sync.id,)).rowcount
        n_offers = conn.execute(f"DELETE FROM offers WHERE {of_sync}", (sync.id,)).rowcount
        added = conn.execute(
            "SELECT id, model_id, slug FROM variants WHERE sync_id = ? ORDER BY slug", (sync.id,)
        ).fetchall()
        kept = _hanging(conn, added)
        removed = [row for row in added if row[2] not in kept]
        conn.executemany("DELETE FROM leaderboard WHERE id = ?", [(row[0],) for row in removed])
        conn.executemany("DELETE FROM variants WHERE id = ?", [(row[0],) for row in removed])
        _remove_unused(conn, "models", {row[1] for row in removed})
        conn.execute(
            "DELETE FROM creators WHERE id NOT IN (SELECT creator_id FROM models) AND id IN ("
            f"SELECT id FROM creators WHERE id NOT IN ({_referring(conn, 'creators')}))"
        )
        conn.execute(
            "UPDATE variants SET open_weights = 0, openness_sync_id = NULL, "
            "untold = trim(untold || ',open_weights', ',') WHERE openness_sync_id = ?",
            (sync.id,),
        )
        conn.execute(
            "DELETE FROM sources WHERE sync_id = ? AND id NOT IN "
            "(SELECT source_id FROM variants WHERE source_id IS NOT NULL)",
            (sync.id,),
        )
        conn.execute("UPDATE syncs SET undone_at = ? WHERE id = ?", (utc_now(), sync.id))
        leaderboard.rebuild(conn)
    return Undone(sync, n_figures, n_offers, tuple(row[2] for row in removed), tuple(sorted(kept)))


def _hanging(conn: sqlite3.Connection, added: Iterable[sqlite3.Row]) -> set[str]:
    """The slugs of variants that something else refers to, or whose model has files or runs."""
    kept = set()
    of_variant, of_model = _referrers(conn, "variants"), _referrers(conn, "models")
    for variant_id, model_id, slug in added:
        is_used = _is_used(conn, of_variant, variant_id, ignoring=("leaderboard",))
        if is_used or _is_used(conn, of_model, model_id, ignoring=("variants",)):
            kept.add(slug)
    return kept


def _referrers(conn: sqlite3.Connection, parent: str) -> list[tuple[str, str]]:
    """Tables and columns that refer to a table, as the schema says."""
    tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (table, row[3])
        for table in tables
        for row in conn.execute(f"PRAGMA foreign_key_list({table})")
        if row[2] == parent
    ]


def _referring(conn: sqlite3.Connection, parent: str) -> str:
    """SQL for the ids that something refers to."""
    found = (f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL" for table, column in _referrers(conn, parent))
    return " UNION ".join(found)


def _is_used(
    conn: sqlite3.Connection, referrers: Iterable[tuple[str, str]], row_id: int, ignoring: Collection[str]
) -> bool:
    return any(
        conn.execute(f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1", (row_id,)).fetchone() is not None
        for table, column in referrers
        if table not in ignoring
    )


def _remove_unused(conn: sqlite3.Connection, table: str, ids: Iterable[int]) -> None:
    referrers = _referrers(conn, table)
    for row_id in ids:
        if not _is_used(conn, referrers, row_id, ignoring=()):
            conn.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))


# -- how often


def requests(conn: sqlite3.Connection, source: str) -> Requests:
    """How often a source was asked today."""
    today = utc_now()[:10]
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_REQUESTS + source,)).fetchone()
    try:
        found = Requests(**json.loads(row[0])) if row is not None else Requests(today)
    except (ValueError, TypeError):
        found = Requests(today)
    if found.day == today:
        return found
    return Requests(today, not_before=found.not_before if found.not_before > utc_now() else "")


def note_requests(conn: sqlite3.Connection, source: str, found: Requests) -> None:
    """Note how often a source was asked."""
    conn.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_REQUESTS + source, json.dumps(found._asdict())),
    )
