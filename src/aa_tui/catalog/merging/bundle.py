"""Runs in one file to hand on: a zip of a small catalog and a manifest that says what it is.

A bundle may come from a stranger. Of its members only the two that have our names are read, each as a stream of at most
as many bytes as it says, into a file that we name; no member's name ever becomes a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.db import path_of
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.merging.merge import FOLDERS, Merged, Merger
from aa_tui.catalog.merging.other import Progress
from aa_tui.strictjson import BadJSONError, value_of

FORMAT, VERSION = "aa-tui bundle", 1
MANIFEST, CATALOG = "manifest.json", "catalog.db"

MOST_CATALOG_BYTES = 8 << 30
MOST_MANIFEST_BYTES = 1 << 20
MOST_RATIO, RATIO_COUNTS_FROM_BYTES = 100, 64 << 20
"""A catalog becomes a tenth of itself in a zip at best; a larger file that becomes less was made to fill a disk."""

_PIECE = 1 << 20


class Exported(NamedTuple):
    """A bundle that was written: its size, its runs and samples."""

    n_bytes: int
    n_runs: int
    n_samples: int


def write(
    conn: sqlite3.Connection,
    target: IO[bytes],
    *,
    uids: Collection[str] | None,
    program: str,
    machine: str = "",
    on_progress: Progress = lambda _part, _text: None,
) -> Exported:
    """Write a bundle of the runs with these names, all by default, to a file that can be sought in.

    Runs that have not ended are in it as far as they are. `program` is the version that writes it, `machine` where.
    Raises CatalogError, OSError.
    """
    with tempfile.TemporaryDirectory(prefix=FOLDERS) as folder:
        path = Path(folder) / CATALOG
        merged = _fill(path, conn, uids, on_progress)
        digest, n_bytes = _digest(path)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "program": program,
            "machine": machine,
            "made_at": utc_now(),
            "runs": len(merged.runs),
            "members": [{"name": CATALOG, "bytes": n_bytes, "sha256": digest}],
        }
        on_progress(0.9, "packing")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(MANIFEST, json.dumps(manifest, indent=2))
            packed.write(path, CATALOG)
    on_progress(1.0, "packed")
    return Exported(target.tell(), len(merged.runs), merged.n_samples)


def _fill(path: Path, conn: sqlite3.Connection, uids: Collection[str] | None, on_progress: Progress) -> Merged:
    """A new catalog with these runs and without published facts, which each catalog has of its own."""
    from sqlite_utils import Database

    from aa_tui.catalog.schema import migrations

    with closing(sqlite3.connect(path, isolation_level=None, uri=True)) as made:
        made.row_factory = sqlite3.Row
        migrations.apply(Database(made))
        made.execute("PRAGMA synchronous = OFF")
        made.execute("PRAGMA foreign_keys = ON")
        merger = Merger(
            made,
            here="",
            uids=None if uids is None else frozenset(uids),
            as_it_is=True,
            on_progress=lambda part, _text: on_progress(0.9 * part, "collecting"),
        )
        merged = merger.merge_open(conn, str(path_of(conn)))
        made.execute("VACUUM")
        return merged


def is_bundle(path: Path) -> bool:
    """Whether a file begins as a zip does, and not as a catalog."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


@contextmanager
def unpacked(file: IO[bytes], shown: str) -> Iterator[Path]:
    """The catalog in a bundle, checked against its manifest, in a folder that is gone afterwards.

    Raises CatalogError where it is no bundle, damaged, of a later format, or not what it says that it is.
    """
    with tempfile.TemporaryDirectory(prefix=FOLDERS) as folder:
        path = Path(folder) / CATALOG
        try:
            with zipfile.ZipFile(file) as packed:
                _extract(packed, path, shown)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise CatalogError(
                f"{shown} is no whole bundle ({_first_words(error)}): copy or make it again; nothing was imported."
            ) from error
        yield path


def _extract(packed: zipfile.ZipFile, path: Path, shown: str) -> None:
    members = packed.infolist()
    names = sorted(one.filename for one in members)
    if names != sorted((MANIFEST, CATALOG)):
        odd = next((name for name in names if name not in (MANIFEST, CATALOG)), "")
        what = (
            f"it holds “{_safe(odd)}”" if odd else f"it holds no {CATALOG if CATALOG not in names else MANIFEST} once"
        )
        raise CatalogError(f"{shown} is no bundle of aa-tui ({what}): nothing was imported.")
    for one in members:
        kind = stat.S_IFMT(one.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or one.flag_bits & 0x1:
            raise CatalogError(
                f"{shown} is no bundle of aa-tui ({one.filename} is no plain file): nothing was imported."
            )
    manifest = _manifest(packed.getinfo(MANIFEST), packed, shown)
    member = packed.getinfo(CATALOG)
    n_bytes, digest = _declared(manifest, shown)
    if n_bytes != member.file_size:
        raise CatalogError(
            f"{shown} is not what its manifest says (another size): make it again; nothing was imported."
        )
    is_bomb = n_bytes > RATIO_COUNTS_FROM_BYTES and n_bytes > MOST_RATIO * max(1, member.compress_size)
    if n_bytes > MOST_CATALOG_BYTES or is_bomb:
        raise CatalogError(
            f"{shown} would unpack to {n_bytes / 1e9:.1f} GB, which no catalog of its size does: nothing was imported."
        )
    found = hashlib.sha256()
    left = n_bytes
    with packed.open(member) as source, path.open("wb") as target:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise CatalogError(f"{shown} holds more than it says: nothing was imported.")
            found.update(piece)
            target.write(piece)
    if left or found.hexdigest() != digest:
        raise CatalogError(
            f"{shown} is not what its manifest says (another sha256): copy or make it again; nothing was imported."
        )


def _manifest(member: zipfile.ZipInfo, packed: zipfile.ZipFile, shown: str) -> dict[str, Any]:
    if member.file_size > MOST_MANIFEST_BYTES:
        raise CatalogError(f"{shown} is no bundle of aa-tui (its manifest is too long): nothing was imported.")
    with packed.open(member) as file:
        text = file.read(MOST_MANIFEST_BYTES + 1)
    try:
        found = value_of(text)
    except BadJSONError as error:
        raise CatalogError(
            f"{shown} is no bundle of aa-tui (its manifest is no JSON): nothing was imported."
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or not isinstance(found.get("version"), int):
        raise CatalogError(f"{shown} is no bundle of aa-tui (its manifest is another's): nothing was imported.")
    if found["version"] != VERSION:
        raise CatalogError(
            f"{shown} is a bundle of format {found['version']}, and this aa-tui knows {VERSION}: upgrade aa-tui here; "
            "nothing was imported."
        )
    return found


def _declared(manifest: dict[str, Any], shown: str) -> tuple[int, str]:
    members = manifest.get("members")
    for one in members if isinstance(members, list) else []:
        if isinstance(one, dict) and one.get("name") == CATALOG:
            n_bytes, digest = one.get("bytes"), one.get("sha256")
            if isinstance(n_bytes, int) and n_bytes >= 0 and isinstance(digest, str):
                return n_bytes, digest
    raise CatalogError(f"{shown} is no bundle of aa-tui (its manifest names no {CATALOG}): nothing was imported.")


def _digest(path: Path) -> tuple[str, int]:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
        return found.hexdigest(), file.tell()


def _safe(name: str) -> str:
    return ascii(name[:60])[1:-1]


def _first_words(error: Exception) -> str:
    return _safe((str(error) or type(error).__name__).splitlines()[0])


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` when it is whole, for its owner alone; else nothing is left of it."""
    made = path.with_name(f".{path.name}.{os.getpid()}-{time.monotonic_ns()}")
    descriptor = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        raise
