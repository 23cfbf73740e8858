"""Starts a program as bubblewrap does: a process that waits, one that is the first of new namespaces, and the program.

For machines without bubblewrap. `python wrapper.py PROGRAM ARGUMENT...`; ends with the program's status, signals as 128
and their number.
"""

from __future__ import annotations

import ctypes
import os
import sys

_NEW_USER, _NEW_PID, _PDEATHSIG = 0x10000000, 0x20000000, 1


def _wait(child: int) -> int:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


def main() -> None:
    """Never returns."""
    libc = ctypes.CDLL(None)
    libc.unshare(_NEW_USER | _NEW_PID)  # where it is not allowed, two processes that fork are enough
    first = os.fork()
    if first:
        os._exit(_wait(first))
    libc.prctl(_PDEATHSIG, 9, 0, 0, 0)
    os.setsid()
    program = os.fork()
    if program:
        os._exit(_wait(program))
    os.execv(sys.argv[1], sys.argv[1:])


main()
