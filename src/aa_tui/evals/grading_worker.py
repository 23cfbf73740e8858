"""The process that graders run in: lines of JSON in, lines of JSON out, until its input ends.

Started by `grading.Grading`, never by hand. Nothing of llama.cpp is in it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

from aa_tui.evals.grading import UNSAFE_FLAG, judge
from aa_tui.evals.wire import request_from, verdict_line

MEMORY_LIMIT_BYTES = 1 << 30
"""Of address space; all graders with their libraries take 280 MB of it."""
SPARE_S = 5.0


def main() -> None:
    """Answer requests. What graders print goes nowhere: the pipe to the parent is kept apart from standard output."""
    out = os.dup(1)
    os.dup2(2, 1)
    _limit_memory()
    os.write(out, b"\n")
    unsafe_code = UNSAFE_FLAG in sys.argv[1:]
    for line in sys.stdin.buffer:
        pack, item, answer, timeout_s = request_from(line)
        # The parent kills first. This is for the case that it died itself while a grader hangs.
        _end_after(timeout_s + SPARE_S)
        reply = verdict_line(judge(pack, item, answer, unsafe_code=unsafe_code))
        _end_after(0.0)
        while reply:
            reply = reply[os.write(out, reply) :]


def _limit_memory() -> None:
    """A soft limit, so that a jail can still set its own. Not every system has one."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, hard))


def _end_after(seconds: float) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
