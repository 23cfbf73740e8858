"""A file system of its own for a process, in which there is nothing but Python's library.

Landlock decides what can be opened, but not what can be looked up: with it alone, a process can still tell whether a
path exists, how large it is and where a link leads. See mount_namespaces(7), pivot_root(2), mount_setattr(2).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

_NOSUID, _NODEV, _BIND, _RECURSIVE, _PRIVATE = 1 << 1, 1 << 2, 1 << 12, 1 << 14, 1 << 18
_DETACH = 2
_MOUNT_SETATTR, _AT_RECURSIVE, _READ_ONLY = 442, 0x8000, 1  # the number is the same on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_TMPFS, _EMPTY = "tmpfs", "/empty"
_PLACE = "/proc"
"""Covered by the new root until it is one. It is there wherever there are user namespaces, and not wanted any more."""


def own_root(libc: ctypes.CDLL, shown: Iterable[str], hidden: Iterable[str]) -> bool:
    """Make what is `shown`, read-only under its own names, all there is, but for what is `hidden` in it; in a mount
    namespace of this process's own.

    False where that is not allowed: the process is then good for nothing.
    """
    pivot_root = _PIVOT_ROOT.get(os.uname().machine)
    if pivot_root is None:
        return False
    try:
        _mount(libc, None, "/", _RECURSIVE | _PRIVATE)
        _mount(libc, _TMPFS, _PLACE, _NOSUID | _NODEV)
        for path in shown:
            _show(libc, path)
        os.chdir(_PLACE)
        _check(libc.syscall(pivot_root, b".", b"."))
        _check(libc.umount2(b".", _DETACH))
        os.chdir("/")
        os.mkdir(_EMPTY, 0o555)  # noqa: PTH102
        for path in hidden:
            _mount(libc, _EMPTY if os.path.isdir(path) else os.devnull, path, _BIND)  # noqa: PTH112
    except OSError:
        return False
    # Where the kernel is too old for it, there is still nothing that opens a file for writing (seccomp).
    attributes = struct.pack("=4Q", _READ_ONLY, 0, 0, 0)
    libc.syscall(_MOUNT_SETATTR, -1, b"/", _AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))
    return True


def _show(libc: ctypes.CDLL, path: str) -> None:
    place = _PLACE + path
    os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120
    if os.path.isdir(path):  # noqa: PTH112
        os.makedirs(place, exist_ok=True)  # noqa: PTH103
    else:
        os.close(os.open(place, os.O_CREAT | os.O_RDONLY))
    _mount(libc, path, place, _BIND | _RECURSIVE)


def _mount(libc: ctypes.CDLL, source: str | None, place: str, flags: int) -> None:
    is_new = source == _TMPFS
    kind, options = (_TMPFS.encode(), b"mode=0755,size=1m") if is_new else (None, None)
    origin = None if source is None else os.fsencode(source)
    _check(libc.mount(origin, os.fsencode(place), kind, ctypes.c_ulong(flags), options))


def _check(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
