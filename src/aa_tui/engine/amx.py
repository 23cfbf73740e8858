"""Keep llama.cpp from using AMX, the matrix unit of newer Intel processors, without building it anew.

llama.cpp asks the kernel for AMX the first time that it lists its extra buffer types, and goes without where it is
refused. The kernel refuses while a thread has a signal stack that is too small to save AMX's registers on
(Documentation/arch/x86/xstate.rst of Linux): so we give this thread one for that moment.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SMALL_BYTES = 8_192
"""Enough for AVX-512's registers (some 3 kB), too little for AMX's (some 11 kB)."""

_AT_MINSIGSTKSZ = 51
_SS_DISABLE = 2


class _Stack(ctypes.Structure):
    """stack_t of signal.h on Linux."""

    _fields_ = (("sp", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def refused() -> Iterator[None]:
    """While this lasts, the kernel refuses AMX to a process that does not have it yet."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.getauxval.argtypes, libc.getauxval.restype = [ctypes.c_ulong], ctypes.c_ulong
    if libc.getauxval(_AT_MINSIGSTKSZ) <= _SMALL_BYTES:  # this processor has nothing to refuse
        yield
        return
    room = ctypes.create_string_buffer(_SMALL_BYTES)
    small, before = _Stack(ctypes.addressof(room), 0, _SMALL_BYTES), _Stack()
    libc.sigaltstack(ctypes.byref(small), ctypes.byref(before))
    try:
        yield
    finally:
        if not before.sp:
            before.flags = _SS_DISABLE
        libc.sigaltstack(ctypes.byref(before), None)
