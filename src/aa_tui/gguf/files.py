"""A GGUF file as a thing of its own: where it lies, how large it is, and its sha256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.header import Header, read_header
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """A complete GGUF file on this machine. `sha256` is in hexadecimal, `mtime_ns` in ns since the epoch."""

    path: Path
    size_bytes: int
    mtime_ns: int
    sha256: str
    header: Header


@dataclass(frozen=True, slots=True)
class FileState:
    """Size and time of a model's files, all together: the sizes' sum and the times' mean, in ns since the epoch."""

    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Hashes:
    """The sha256 of a model's files, one after the other, and of each."""

    sha256: str
    each: tuple[str, ...]


def state_of(paths: Sequence[Path]) -> FileState:
    """The state of a model's file, or of all its parts: another one when any of them changes. Raises GGUFError."""
    try:
        found = [path.stat() for path in paths]
    except OSError as error:
        raise GGUFError(f"{clean_line(str(error.filename))} cannot be read ({error.strerror or error}).") from error
    return FileState(sum(one.st_size for one in found), sum(one.st_mtime_ns for one in found) // max(len(found), 1))


def sha256_of(path: str | Path, on_progress: Callable[[int, int], None] | None = None) -> str:
    """The sha256 of a file, in hexadecimal. `on_progress(done_bytes, total_bytes)` is told every 4 MiB.

    Raises GGUFError when the file cannot be read or grows meanwhile.
    """
    return sha256_of_all([Path(path)], on_progress)


def sha256_of_all(paths: Sequence[Path], on_progress: Callable[[int, int], None] | None = None) -> str:
    """The sha256 of a model in one or several files: of their contents one after the other, as `cat` gives them.

    Raises GGUFError when one cannot be read or grows meanwhile.
    """
    return _hashed(paths, on_progress, each=False).sha256


def hashes_of(paths: Sequence[Path], on_progress: Callable[[int, int], None] | None = None) -> Hashes:
    """The same with the hash of each part, in one reading. Raises GGUFError."""
    return _hashed(paths, on_progress, each=True)


def _hashed(paths: Sequence[Path], on_progress: Callable[[int, int], None] | None, *, each: bool) -> Hashes:
    digest = hashlib.sha256()
    view = memoryview(bytearray(_CHUNK_BYTES))
    total, before = state_of(paths).size_bytes, 0
    found: list[str] = []
    for path in paths:
        done, own = 0, hashlib.sha256() if each else None
        try:
            size = path.stat().st_size
            with path.open("rb", buffering=0) as file:
                while n_read := file.readinto(view):
                    digest.update(view[:n_read])
                    if own is not None:
                        own.update(view[:n_read])
                    done += n_read
                    if done > size:  # it is still being written: reading on might never end
                        raise _changed(path)
                    if on_progress is not None:
                        on_progress(before + done, total)
        except OSError as error:
            raise GGUFError(f"{clean_line(str(path))} cannot be read ({error.strerror or error}).") from error
        before += done
        if own is not None:
            found.append(own.hexdigest())
    return Hashes(digest.hexdigest(), tuple(found))


def describe(path: str | Path, on_progress: Callable[[int, int], None] | None = None) -> GGUFFile:
    """Check the header of the GGUF at `path`, then hash the whole file.

    Raises GGUFError: see `read_header`; also when the file changes meanwhile.
    """
    path = Path(path)
    header = read_header(path)
    before = path.stat()
    sha256 = sha256_of(path, on_progress)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _changed(path)
    return GGUFFile(path.resolve(), after.st_size, after.st_mtime_ns, sha256, header)


def _changed(path: Path) -> GGUFError:
    label = clean_line(str(path))
    return GGUFError(f"{label} changed while it was being read: try again when it is complete.")
