"""Check files against what is stated of them, and remove those that are ours to remove."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aa_tui.catalog import library, local_pages
from aa_tui.gguf.bundled import bundled_manifest
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import hashes_of, sha256_of
from aa_tui.gguf.parts import named_parts, parts_of
from aa_tui.gguf.places import hub_cache, stated_sha256
from aa_tui.library.here import own_folder
from aa_tui.library.scan import LibraryFile

Verdict = Literal["right", "wrong", "nothing stated"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """A file's content against what is stated of it. Hashes in hexadecimal."""

    file: LibraryFile
    verdict: Verdict
    sha256: str
    stated_sha256: str | None
    stated_by: str | None


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing a file does: which paths are deleted; none when it belongs to another program."""

    file: LibraryFile
    paths: tuple[Path, ...]
    size_bytes: int

    @property
    def only_forgets(self) -> bool:
        """Whether nothing is deleted."""
        return not self.paths


def verify(conn: sqlite3.Connection, file: LibraryFile, on_progress: Progress | None = None) -> Verified:
    """Hash a file anew, all parts of it, whatever was known of it, and compare. The hash is noted. Raises GGUFError.

    Of parts each is compared with what is stated of it; what is told is the hash of all, one after the other.
    """
    paths = parts_of(Path(file.path))
    if len(paths) > 1:
        return _verify_parts(conn, file, paths, on_progress)
    sha256 = sha256_of(file.path, on_progress)
    row = library.seen_at(conn, file.path)
    stated, by = (row.stated_sha256, row.stated_by) if row and row.stated_sha256 else _of_bundled(file)
    library.set_sha256(conn, file.path, sha256)
    verdict: Verdict = "nothing stated" if stated is None else "right" if stated == sha256 else "wrong"
    return Verified(file, verdict, sha256, stated, by)


def _of_bundled(file: LibraryFile) -> tuple[str | None, str | None]:
    """What aa-tui itself states of a file that it ships, and that it is the one to say so."""
    if file.kind != "bundled":
        return None, None
    stated = {one.file: one.sha256 for one in bundled_manifest().files}.get(Path(file.path).name)
    return stated, "aa-tui" if stated else None


def _verify_parts(
    conn: sqlite3.Connection, file: LibraryFile, paths: list[Path], on_progress: Progress | None
) -> Verified:
    hashed = hashes_of(paths, on_progress)
    library.set_sha256(conn, file.path, hashed.sha256)
    stated = [stated_sha256(path) for path in paths]
    for path, found, said in zip(paths, hashed.each, stated, strict=True):
        if said is not None and found != said:
            return Verified(replace(file, name=path.name), "wrong", found, said, "the Hub's cache")
    verdict: Verdict = "right" if all(stated) else "nothing stated"
    return Verified(file, verdict, hashed.sha256, None, "the Hub's cache" if all(stated) else None)


def plan_removal(file: LibraryFile) -> Removal:
    """What `remove` would do. Only our own folder and the Hub's cache are ours to delete from."""
    path = Path(file.path)
    paths: list[Path] = []
    if file.kind == "own" and _is_below(path, own_folder()):
        paths = [one for one in named_parts(path) if one.exists()]
    elif file.kind == "hub" and _is_below(path, hub_cache()):
        for part in named_parts(path):
            if not part.exists():
                continue
            paths += [*_links_to(part), part.resolve()]
    size = file.size_bytes if paths else 0
    return Removal(file, tuple(dict.fromkeys(paths)), size)


def remove(conn: sqlite3.Connection, removal: Removal) -> None:
    """Do it: the catalog forgets the file, what was measured of it stays. A page of nothing goes. Raises GGUFError."""
    for path in removal.paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise GGUFError(f"{path} cannot be deleted ({error.strerror}).") from error
    if removal.paths and removal.file.kind == "own":
        _remove_empty(removal.paths[0].parent, own_folder())
    library.forget(conn, [removal.file.path])
    local_pages.remove_if_empty(conn, removal.file.model_id)


def _links_to(path: Path) -> list[Path]:
    """Every link of the same repository in the Hub's cache to the same content: other snapshots have it too."""
    content = path.resolve()
    repo = content.parent.parent
    snapshots = repo / "snapshots"
    return [one for one in sorted(snapshots.rglob("*")) if one.is_symlink() and one.resolve() == content]


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and top in folder.parents:
        try:
            folder.rmdir()
        except OSError:  # something else is in it
            return
        folder = folder.parent


def _is_below(path: Path, folder: Path) -> bool:
    return folder.absolute() in path.absolute().parents
