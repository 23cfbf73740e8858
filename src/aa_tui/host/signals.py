"""The signals that end a process, by name and in words."""

from __future__ import annotations

import signal

_MEANINGS = {
    "SIGSEGV": "it reached for memory that is not there",
    "SIGILL": "an instruction that this processor does not have",
    "SIGBUS": "a file that it reads was cut short, or its disk failed",
    "SIGFPE": "a division by zero",
    "SIGABRT": "it gave up by itself",
    "SIGKILL": "killed from outside",
    "SIGTRAP": "a trap in its code",
    "SIGSYS": "a system call that is forbidden here",
    "SIGXCPU": "its time on the processor was over",
    "SIGXFSZ": "a file grew larger than is allowed here",
}

CRASHES = frozenset({"SIGSEGV", "SIGILL", "SIGBUS", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS"})
"""What a process does to itself; the others come from outside."""


def name(number: int) -> str:
    """A signal's name, such as "SIGSEGV"."""
    try:
        return signal.Signals(number).name
    except ValueError:  # the real-time signals have none
        return f"signal {number}"


def meaning(called: str) -> str:
    """What a signal means, in a few words."""
    return _MEANINGS.get(called, "ended from outside")
