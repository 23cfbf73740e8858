"""Syncing: ask sources, see what would change, write it, take it back. Nothing is asked unless somebody asks for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from aa_tui.catalog import db, models, syncs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.syncs import Requests, SyncRow, SyncToWrite, Undone
from aa_tui.catalog.transaction import transaction
from aa_tui.errors import AATuiError, UsageError
from aa_tui.sources import known as sources
from aa_tui.sources.asking import Asking, Progress, Wanted, repositories
from aa_tui.sources.errors import SourceError
from aa_tui.sources.known import SOURCES, USUAL, Source
from aa_tui.sources.outcome import Done, SourceState
from aa_tui.sources.planning import Before, Plan, plan
from aa_tui.sources.values import Answer

__all__ = ["Done", "SourceState", "Wanted", "chosen", "history", "run", "states", "undo"]


def _never() -> bool:
    return False


def _silent(_fraction: float, _words: str) -> None:
    pass


def states(conn: sqlite3.Connection) -> list[SourceState]:
    """All sources."""
    newest: dict[str, SyncRow] = {}
    for row in syncs.listing(conn):
        if row.undone_at is None:
            newest.setdefault(row.source, row)
    found = []
    for one in SOURCES:
        key = sources.key_of(one)
        name = key.name if key is not None else ""
        found.append(SourceState(one, sources.address(one), name, newest.get(one.name), syncs.requests(conn, one.name)))
    return found


def history(conn: sqlite3.Connection) -> list[SyncRow]:
    """All syncs, the newest first."""
    return syncs.listing(conn)


def chosen(names: Sequence[str]) -> list[Source]:
    """The sources of these names; without any those that want no key, and those that have one.

    Raises UnknownSourceError.
    """
    if names:
        return list(dict.fromkeys(sources.source(name) for name in names))
    return [one for one in SOURCES if one.name in USUAL or (one.needs_key and sources.key_of(one) is not None)]


def run(
    conn: sqlite3.Connection,
    source: Source,
    wanted: Wanted | None = None,
    *,
    dry: bool = False,
    named: Sequence[str] = (),
    progress: Progress = _silent,
    is_cancelled: Callable[[], bool] = _never,
) -> Done:
    """Ask one source and write what is new, in one short transaction at the end. `named` are models to ask the Hub for.

    Raises SourceError and other errors of AATuiError: then the catalog is as it was but for how often was asked.
    """
    began_at = utc_now()
    wanted = wanted or Wanted()
    known = syncs.known_variants(conn)
    if source.name == "huggingface" and not wanted.dataset:
        wanted = _of_hub(conn, wanted, known, named)
    elif named:
        raise UsageError(f"--model names what the Hub is asked for; {source.name} is asked for all of its models.")

    def note(found: Requests) -> None:
        if not db.reads_only(conn):
            syncs.note_requests(conn, source.name, found)

    used = syncs.requests(conn, source.name)
    asking = Asking(source, wanted, used, note=note, progress=progress, is_cancelled=is_cancelled)
    answer = asking.answer()
    progress(1.0, f"{source.title}: compared with the catalog")
    found = _compared(conn, source, answer, began_at)
    if dry or found.is_same:
        return Done(source, found)
    with transaction(conn):
        found = _compared(conn, source, answer, began_at)  # again: another sync may have written meanwhile
        if found.is_same:
            return Done(source, found)
        to_write = SyncToWrite(
            source.name,
            asking.url,
            began_at,
            found.index_version,
            found.new,
            found.figures,
            found.offers,
            found.opened,
            found.counts,
        )
        return Done(source, found, syncs.write(conn, to_write))


def _compared(conn: sqlite3.Connection, source: Source, answer: Answer, began_at: str) -> Plan:
    """An answer against what the catalog has now."""
    known = syncs.known_variants(conn)
    before = Before(known, syncs.taken_slugs(conn), syncs.newest_figures(conn), *syncs.of_last(conn, source.name))
    return plan(source.name, answer, before, today=began_at[:10], is_restricted=source.is_restricted)


def run_all(
    conn: sqlite3.Connection,
    chosen_ones: Sequence[Source],
    wanted: Wanted | None = None,
    *,
    dry: bool = False,
    named: Sequence[str] = (),
    progress: Progress = _silent,
    is_cancelled: Callable[[], bool] = _never,
) -> Iterator[Done]:
    """The same of several, one after the other; one that fails keeps none of the others from being asked."""
    for n, source in enumerate(chosen_ones):

        def told(fraction: float, words: str, n: int = n) -> None:
            progress((n + fraction) / len(chosen_ones), words)

        try:
            yield run(conn, source, wanted, dry=dry, named=named, progress=told, is_cancelled=is_cancelled)
        except UsageError:
            raise
        except AATuiError as error:
            yield Done(source, why_not=str(error))


def to_undo(conn: sqlite3.Connection, name: str = "") -> SyncRow:
    """The newest sync that was not taken back, of one source or of any. Raises SourceError where there is none."""
    found = syncs.newest(conn, sources.source(name).name if name else "")
    if found is None:
        raise SourceError("There is no sync to take back: `aa-tui sync --list` lists them.")
    return found


def undo(conn: sqlite3.Connection, name: str = "") -> Undone:
    """Take that sync back. Raises SourceError where there is none."""
    return syncs.undo(conn, to_undo(conn, name))


def _of_hub(
    conn: sqlite3.Connection, wanted: Wanted, known: Sequence[syncs.KnownVariant], named: Sequence[str]
) -> Wanted:
    """What the Hub is to be asked for: the models that were named, or those with a file here."""
    if named:
        rows = [models.resolve(conn, name) for name in named]
        without = [row.name for row in rows if not repositories([(row.weights_url or "", True)])]
        if without:
            raise UsageError(f"The weights of {without[0]} are not on the Hub, as far as the catalog knows.")
        found = [(row.weights_url or "", True) for row in rows]
    else:
        found = [(one.weights_url, one.is_here) for one in known]
    return Wanted(wanted.url, wanted.index_version, wanted.is_paged, repositories(found), wanted.dataset)
