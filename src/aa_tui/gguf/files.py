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
    from collections.abc import Callable

_CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """A complete GGUF file on this machine. `sha256` is in hexadecimal, `mtime_ns` in ns since the epoch."""

    path: Path
    size_bytes: int
    mtime_ns: int
    sha256: str
    header: Header


def sha256_of(path: str | Path, on_progress: Callable[[int, int], None] | None = None) -> str:
    """The sha256 of a file, in hexadecimal. `on_progress(done_bytes, total_bytes)` is told every 4 MiB.

    Raises GGUFError when the file cannot be read or grows meanwhile.
    """
    path = Path(path)
    digest = hashlib.sha256()
    buffer = bytearray(_CHUNK_BYTES)
    view = memoryview(buffer)
    done = 0
    try:
        total = path.stat().st_size
        with path.open("rb", buffering=0) as file:
            while n_read := file.readinto(view):
                digest.update(view[:n_read])
                done += n_read
                if done > total:  # it is still being written: reading on might never end
                    raise _changed(path)
                if on_progress is not None:
                    on_progress(done, total)
    except OSError as error:
        raise GGUFError(f"{clean_line(str(path))} cannot be read ({error.strerror or error}).") from error
    return digest.hexdigest()


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
