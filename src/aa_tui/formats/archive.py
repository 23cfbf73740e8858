"""Zip archives from anybody: members by name, each in bounds; nothing is ever unpacked onto a disk.

inspect compresses with Zstandard, which Python's own zipfile knows from 3.14 on.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aa_tui.formats.errors import FormatError
from aa_tui.formats.reading import MAX_LINE_BYTES, shown_path

if TYPE_CHECKING:
    from zipfile import ZipFile

MAX_MEMBERS: Final = 1_000_000
MAX_MEMBER_BYTES: Final = 4 * MAX_LINE_BYTES
"""Of a member that is unpacked: one sample with all that happened in it."""

MAX_RATIO: Final = 2_000
"""Unpacked bytes for one packed byte: text is packed to a hundredth, and to this only where it repeats itself."""

_FREE_BYTES: Final = 1 << 20
"""So large a member may be whatever its ratio."""


def open_archive(path: Path) -> ZipFile:
    """The archive, open. Raises FormatError for what is none, or is cut off."""
    zipfile, _ = _modules()
    try:
        archive: ZipFile = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FormatError(
            f"{shown_path(path)} is no whole archive: copy it again from where it was written."
        ) from error
    except OSError as error:
        raise FormatError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error
    if len(archive.infolist()) > MAX_MEMBERS:
        archive.close()
        raise FormatError(f"{shown_path(path)} has more than {MAX_MEMBERS:,} members, which no log has.")
    return archive


def member(archive: ZipFile, name: str, path: Path) -> bytes:
    """A member's bytes. Raises FormatError where it is not there, is damaged, or is larger than a sample may be."""
    zipfile, zstd_error = _modules()
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise FormatError(f"{shown_path(path)} has no {name} in it: it is no whole log of inspect.") from error
    most = min(MAX_MEMBER_BYTES, max(_FREE_BYTES, info.compress_size * MAX_RATIO))
    if info.file_size > most:
        raise FormatError(f"{shown_path(path)} has a member of {info.file_size:,} bytes in it, which no sample has.")
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, zstd_error, EOFError, OSError, NotImplementedError) as error:
        raise FormatError(f"{shown_path(path)} is damaged inside: copy it again from where it was written.") from error
    except RuntimeError as error:  # how zipfile says that a member is encrypted
        raise FormatError(f"{shown_path(path)} is encrypted, which no log of inspect is.") from error
    if len(data) > most:
        raise FormatError(f"{shown_path(path)} has a member in it that unpacks to more than it says.")
    return data


def _modules() -> tuple[Any, type[Exception]]:
    """The zipfile that knows Zstandard, and what it raises of damaged data."""
    if sys.version_info >= (3, 14):
        import zipfile

        from compression.zstd import ZstdError

        return zipfile, ZstdError
    from backports.zstd import ZstdError as BackportError
    from backports.zstd import zipfile as backport

    return backport, BackportError
