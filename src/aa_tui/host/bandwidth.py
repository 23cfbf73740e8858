"""How fast this machine reads its memory: what bounds the generation of text.

Every core looks for a byte that is not there, with the C library's `memchr`: vectorised on every system, it reads
each cache line once and writes nothing, as a matrix times a vector does. The interpreter's lock is released
meanwhile, so that threads really run at once.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
import time
from dataclasses import dataclass
from itertools import pairwise

from aa_tui.errors import AATuiError
from aa_tui.host.machine import available_memory_bytes, default_threads
from aa_tui.textsafe import clean_line

_BUFFER_BYTES = 256 << 20  # for each thread: beyond the caches that a core has to itself or its share of
_LEAST_BYTES = 16 << 20
_MEMORY_SHARE = 4  # never takes more than a quarter of what is free
_STEP_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """The best of some passes: bytes a second that all threads together read."""

    bytes_per_s: float
    n_threads: int
    seconds: float


class BandwidthError(AATuiError):
    """Bandwidth cannot be measured here. The text is one sentence for the user."""


def measure(seconds: float = 1.0, n_threads: int | None = None) -> Bandwidth:
    """Measure for about `seconds`, besides filling the buffers. Raises BandwidthError."""
    threads = n_threads or default_threads()
    size = min(_BUFFER_BYTES, available_memory_bytes() // (_MEMORY_SHARE * threads)) // _STEP_BYTES * _STEP_BYTES
    if size < _LEAST_BYTES:
        raise BandwidthError("Too little memory is free to measure its bandwidth: close other programs.")
    try:
        search = ctypes.CDLL(None).memchr
    except (AttributeError, OSError) as error:
        raise BandwidthError("The C library has no memchr, so the memory's bandwidth cannot be measured.") from error
    search.argtypes, search.restype = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], ctypes.c_void_p
    started = time.perf_counter()
    buffers: list[mmap.mmap] = []
    try:
        for _ in range(threads):
            buffers.append(_filled(size))
        best = _passes(search, buffers, size, seconds)
    except (MemoryError, OSError, RuntimeError) as error:  # memory or threads that a limit keeps from us
        raise BandwidthError(
            f"The memory's bandwidth cannot be measured here ({clean_line(str(error)) or 'out of memory'}): "
            "see the limits that `ulimit -a` shows."
        ) from error
    finally:
        for buffer in buffers:
            buffer.close()
    return Bandwidth(best, threads, time.perf_counter() - started)


def _filled(size: int) -> mmap.mmap:
    """Memory of its own: pages never written to would all be the same page of zeros."""
    buffer = mmap.mmap(-1, size)
    step = b"\x01" * _STEP_BYTES
    for _ in range(size // _STEP_BYTES):
        buffer.write(step)
    return buffer


def _passes(search: ctypes._NamedFuncPointer, buffers: list[mmap.mmap], size: int, seconds: float) -> float:
    """Bytes a second over the best window: all threads read round after round until the time is over."""
    ends: list[list[float]] = [[] for _ in buffers]
    barrier = threading.Barrier(len(buffers))

    def read(buffer: mmap.mmap, done: list[float]) -> None:
        start = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
        barrier.wait()
        done.append(time.perf_counter())
        while done[-1] - done[0] < seconds or len(done) < 3:
            search(start, 0, size)
            done.append(time.perf_counter())

    threads = [threading.Thread(target=read, args=pair, daemon=True) for pair in zip(buffers, ends, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # each thread's best round, added up: a disturbed round is not what the memory can do
    return sum(size / min(b - a for a, b in pairwise(done)) for done in ends)
