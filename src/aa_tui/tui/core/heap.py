"""Keep the process small.

glibc keeps what was freed, and for each thread apart. Measured over 2,000 random keys at 10,000 models: 75 MB with
one heap and giving back, 87 with giving back alone, 92 with neither. Other C libraries have no such functions and
are left alone.
"""

from __future__ import annotations

import gc

from rich.segment import Segment
from textual._styles_cache import StylesCache
from textual.strip import Strip

_M_ARENA_MAX = -8  # malloc.h
_FULL_COLLECTION_AFTER = 3
"""So many collections of the younger generations; 10 by default."""


def share_one() -> None:
    """One heap for all threads, asked for before the first begins: they take turns at Python's lock anyway."""
    import ctypes

    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)


def keep_loaded() -> None:
    """Call when much code has been loaded, which stays until the end.

    Python's full collections, which hold up keys, then leave it out, so that they are short and can come more often.
    """
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _FULL_COLLECTION_AFTER)


def forget_lines() -> None:
    """Empty what Rich and Textual remember of lines once drawn, each of which is new with new text.

    Up to 16,384 cut pieces and as many styles are kept. The memory of background colours (an `lru_cache` on a method)
    holds the caches of the widgets that asked for them: every dialog's, with all the lines that it drew.
    """
    for remembers in (
        getattr(Segment, "_split_cells", None),
        getattr(Strip, "render_ansi", None),
        getattr(StylesCache, "get_inner_outer", None),
    ):
        forget = getattr(remembers, "cache_clear", None)
        if forget is not None:  # they are not promised to be there
            forget()


def give_back() -> None:
    """Let the system have what was freed. A millisecond or two, without Python's lock."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
