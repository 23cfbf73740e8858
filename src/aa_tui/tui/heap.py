"""Keep the process small where the C library is glibc: it keeps what was freed, and for each thread apart.

Measured over 2,000 random keys at 10,000 models: 75 MB with both, 87 with giving back alone, 92 with neither. Other
C libraries have no such functions and are left alone.
"""

from __future__ import annotations

_M_ARENA_MAX = -8  # malloc.h


def share_one() -> None:
    """One heap for all threads, asked for before the first begins: they take turns at Python's lock anyway."""
    import ctypes

    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Let the system have what was freed. A millisecond or two, without Python's lock."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
