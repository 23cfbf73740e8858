"""Catalogs of several machines side by side: merge another one, hand runs on in a bundle, and both through ssh."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aa_tui import __version__
from aa_tui.catalog import runs
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.merging import bundle
from aa_tui.catalog.merging.bundle import Exported
from aa_tui.catalog.merging.merge import Merged, Merger, check_others, on_a_copy
from aa_tui.host import machine
from aa_tui.runs.serving import errand
from aa_tui.strictjson import value_of

__all__ = ["Exported", "Merged", "Synced"]

Progress = Callable[[float, str], object]

_MOST_FETCHED_BYTES = bundle.MOST_CATALOG_BYTES
_FETCHED = 0.4
"""How much of a sync is done when the other side's runs are here."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What came from another machine, and how many runs it had new or more of; None where nothing was pushed."""

    pulled: Merged
    n_pushed: int | None = None


def _silent(_part: float, _text: str) -> None:
    """Nobody looks on."""


def merge(
    conn: sqlite3.Connection,
    paths: Sequence[Path],
    *,
    again: bool = False,
    dry_run: bool = False,
    on_progress: Progress = _silent,
) -> list[Merged]:
    """Merge other catalogs or bundles into the open one; with `dry_run` only say what would come.

    Raises CatalogError for what cannot be merged; all are looked for before the first is merged.
    """
    check_others(conn, paths)
    found: list[Merged] = []
    with _target(conn, dry_run) as target:
        for number, path in enumerate(paths):

            def part(fraction: float, text: str, before: int = number) -> None:
                on_progress((before + fraction) / len(paths), text)

            merger = _merger(target, again, part)
            if bundle.is_bundle(path):
                with path.open("rb") as file, bundle.unpacked(file, str(path)) as inner:
                    found.append(_merged(merger, inner, str(path)))
            else:
                found.append(_merged(merger, path, str(path)))
    return found


def import_bundle(
    conn: sqlite3.Connection,
    file: IO[bytes],
    shown: str,
    *,
    again: bool = False,
    dry_run: bool = False,
    on_progress: Progress = _silent,
) -> Merged:
    """Merge a bundle, a file that can be sought in and that the user knows as `shown`. Raises CatalogError."""
    with _target(conn, dry_run) as target, bundle.unpacked(file, shown) as inner:
        return _merged(_merger(target, again, on_progress), inner, shown)


def export_bundle(
    conn: sqlite3.Connection, target: IO[bytes], run_ids: Sequence[int] | None, *, on_progress: Progress = _silent
) -> Exported:
    """Write these runs, all by default, into a file that can be sought in. Raises UnknownRunError, CatalogError."""
    uids = None if run_ids is None else {runs.get(conn, number).uid for number in run_ids}
    name = machine.describe().name
    return bundle.write(conn, target, uids=uids, program=__version__, machine=name, on_progress=on_progress)


def sync(
    conn: sqlite3.Connection,
    typed: str,
    *,
    push: bool = False,
    again: bool = False,
    dry_run: bool = False,
    on_progress: Progress = _silent,
) -> Synced:
    """Merge the catalog of another machine, fetched through ssh, and with `push` give it ours.

    `typed` is like `ssh://user@box:22/path`: the path is of a catalog, or of a bundle (`.zip`), there; without one it
    is the usual catalog of the user there. Raises RunError, CatalogError.
    """
    box = errand.typed_box(typed)
    with tempfile.TemporaryFile() as file:
        on_progress(0.0, f"asking {box.host}")
        command = _export_there(box)
        errand.run_there(
            box,
            command,
            file,
            most_bytes=_MOST_FETCHED_BYTES,
            on_bytes=lambda count: on_progress(0.1, f"fetching from {box.host}: {count / 1e6:,.1f} MB"),
        )
        file.seek(0)
        pulled = import_bundle(
            conn,
            file,
            box.shown,
            again=again,
            dry_run=dry_run,
            on_progress=lambda part, text: on_progress(_FETCHED + part * (0.3 if push else 0.6), text),
        )
    if not push or dry_run:
        return Synced(pulled)
    return Synced(pulled, _push(conn, box, lambda part, text: on_progress(0.7 + 0.3 * part, text)))


def _export_there(box: errand.Box) -> str:
    if box.path.endswith(".zip"):
        return errand.command_there("cat", "--", box.path)
    return errand.command_there("aa-tui", "catalog", "export", "--all", "-", *_catalog_there(box))


def _catalog_there(box: errand.Box) -> tuple[str, ...]:
    return ("--catalog", box.path) if box.path else ()


def _push(conn: sqlite3.Connection, box: errand.Box, on_progress: Progress) -> int:
    """Let the other side import ours. Returns how many runs were new there, or more than before."""
    if box.path.endswith(".zip"):
        raise CatalogError(f"{box.shown} is a bundle: name a catalog there, or none, to push to it.")
    with tempfile.TemporaryFile() as ours, tempfile.TemporaryFile() as answer:
        export_bundle(conn, ours, None, on_progress=lambda part, text: on_progress(0.5 * part, text))
        ours.seek(0)
        on_progress(0.5, f"sending to {box.host}")
        command = errand.command_there("aa-tui", "catalog", "import", "-", "--json", *_catalog_there(box))
        errand.run_there(box, command, answer, given=ours, most_bytes=64 << 20)
        answer.seek(0)
        try:
            found = value_of(answer.read())
            n_pushed = sum(int(one["runs_new"]) + int(one["runs_more"]) for one in found["catalogs"])
        except (ValueError, KeyError, TypeError) as error:
            raise CatalogError(
                f"{box.shown} did not say what it has imported: `aa-tui runs` there shows whether it has."
            ) from error
    on_progress(1.0, "done")
    return n_pushed


@contextmanager
def spooled(stream: IO[bytes], shown: str) -> Iterator[IO[bytes]]:
    """What comes through a pipe, as a file that can be sought in. Raises CatalogError where it is too much."""
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(_Limited(stream, shown, _MOST_FETCHED_BYTES), file)
        file.seek(0)
        yield file


class _Limited:
    """A stream that refuses to give more than so many bytes."""

    def __init__(self, stream: IO[bytes], shown: str, most: int) -> None:
        self._stream, self._shown, self._left = stream, shown, most

    def read(self, count: int = -1) -> bytes:
        """As a file's."""
        piece = self._stream.read(count)
        self._left -= len(piece)
        if self._left < 0:
            raise CatalogError(f"{self._shown} holds more than any bundle: nothing was imported.")
        return piece


@contextmanager
def _target(conn: sqlite3.Connection, dry_run: bool) -> Iterator[sqlite3.Connection]:
    if not dry_run:
        yield conn
        return
    with on_a_copy(conn) as copy:
        yield copy


def _merger(conn: sqlite3.Connection, again: bool, on_progress: Progress) -> Merger:
    return Merger(conn, machine.describe().fingerprint, again=again, on_progress=on_progress)


def _merged(merger: Merger, path: Path, shown: str) -> Merged:
    """Merge, and add up anew what is made of samples of both."""
    found = merger.merge(path, shown)
    if found.unions:
        from aa_tui.runs.evaluation.keeper import put_last_figures

        for run_id in found.unions:
            put_last_figures(merger.conn, runs.get(merger.conn, run_id))
    return found
