"""The process that waits for the app, and puts the terminal in order where the app no longer can.

`aa-tui` divides before it imports what draws, which takes about a millisecond. The child is the app; the process that
was started waits for it. They are one job to the shell: one process group, stopped and continued together. What the
child dies of, this one dies of as well, after the terminal has been restored, so that the shell says what it would
have said anyway. A signal for the process that was started is passed on.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import sys
import termios
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from aa_tui.host import signals
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RESET = (
    "\x18"  # an escape sequence that was cut off ends here
    "\x1b[?2026l"  # what was held back is shown
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # the mouse
    "\x1b[?2004l\x1b[?2048l\x1b[?1004l"  # pastes, sizes, focus
    "\x1b]22;default\x1b\\"  # the pointer's shape
    "\x1b[<u"  # the keyboard, before the other screen is left, since each has its own
    "\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h"
)
"""Everything that the app may have switched on, off."""

INTERRUPTED = 128 + signal.SIGINT
HUNG_UP = 128 + signal.SIGHUP

ENDED_BY = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
"""Signals upon which the app ends by itself."""

PATIENCE_S = 5.0
"""After one of them, so long does the app have."""

LOOK_S = 2.0
"""So often the one that waits looks whether the app has been left stopped."""

_WRITABLE_MS = 500
_MOST_CRASH_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Guard:
    """What the app knows of the process that waits for it."""

    pid: int
    _drawing: mmap.mmap

    @property
    def is_gone(self) -> bool:
        """Whether it was killed, so that nobody else looks after the terminal."""
        return os.getppid() != self.pid

    @property
    def is_drawing(self) -> bool:
        """Whether the terminal is taken."""
        return bool(self._drawing[0])

    def note(self, drawing: bool) -> None:
        """The terminal has been taken, or was given back as it was."""
        self._drawing[0] = drawing

    def wake(self) -> None:
        """The app goes on after a stop: so must the one that waits."""
        if not self.is_gone:
            with suppress(OSError):
                os.kill(self.pid, signal.SIGCONT)


def guarded(app: Callable[[Guard | None], int], crash_file: Path) -> int:
    """Run the app in a child process. Returns its exit status, or dies of what it died of.

    Args:
        app: is called in the child, which ends with the status that it returns; in this process where there can be
            no other one.
        crash_file: gets the place in the code where the app crashed, if it does.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # what is left in a buffer would be written twice
    drawing = mmap.mmap(-1, 1)
    saved = settings()
    caught = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, caught)  # before there is a child, so that none is missed
    crash, crash_end = os.pipe()
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:  # no processes are to be had
        pid = -1
    if pid <= 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if pid < 0:
            return app(None)
        os.close(crash)
        _note_crashes(crash_end)
        raise SystemExit(app(Guard(parent, drawing)))
    os.close(crash_end)
    status = _wait(pid, caught, lambda: _give_back(drawing, saved))
    _give_back(drawing, saved)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        _tell(number, crash, crash_file)
        _die_of(number)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(crash)
    return os.waitstatus_to_exitcode(status)


def settings() -> list[Any] | None:
    """The terminal's line settings; None where it has none."""
    try:
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ is not None else None
    except (termios.error, OSError, ValueError):
        return None


def restore(saved: list[Any] | None) -> None:
    """Put the terminal as it was. Neither waits for a terminal that does not read, nor fails for one that is gone."""
    out, into = 1, 0
    ready = select.poll()
    ready.register(out, select.POLLOUT)
    if not ready.poll(_WRITABLE_MS):
        with suppress(termios.error):
            termios.tcflush(out, termios.TCOFLUSH)
    if ready.poll(_WRITABLE_MS):
        with suppress(OSError):
            os.write(out, RESET.encode())
    if saved is not None:
        with suppress(termios.error):
            termios.tcsetattr(into, termios.TCSANOW, saved)
            termios.tcflush(into, termios.TCIFLUSH)  # reports of the mouse that are still under way


def _give_back(drawing: mmap.mmap, saved: list[Any] | None) -> None:
    if drawing[0]:
        restore(saved)
        drawing[0] = 0


def _wait(pid: int, caught: set[int] | set[signal.Signals], give_back: Callable[[], None]) -> int:
    """Pass signals on, stop when the app is stopped, until it ends: what `waitpid` says of that."""
    while True:
        number, sender = _next_signal(caught)
        if number == 0:
            if _is_stopped(pid) and _has_terminal():  # it stopped itself too late, as the shell called both back
                os.kill(pid, signal.SIGCONT)
            continue
        if number == signal.SIGCHLD:
            found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if found and not os.WIFSTOPPED(status):
                return status
            if found and _is_stopped(pid) is not False:  # else it goes on already, and draws
                give_back()  # it does so itself, unless it was stopped from outside
                os.kill(os.getpid(), signal.SIGSTOP)
            continue
        if _is_for_both(number, sender, pid):
            continue
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if number in ENDED_BY:
            last = threading.Timer(PATIENCE_S, os.kill, (pid, signal.SIGKILL))
            last.daemon = True
            last.start()


def _is_stopped(pid: int) -> bool | None:
    """Whether it is so now: what `waitpid` says may be of before. None where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  # pathlib is not here yet
            told = file.read()
    except OSError:
        return None
    return told.rpartition(b")")[2].split()[0] == b"T"


def _has_terminal() -> bool:
    """Whether our job is the one that the terminal's keys are for."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _is_for_both(number: int, sender: int | None, pid: int) -> bool:
    """Whether the app has the signal already: the terminal sends its own to both, and the app itself wakes us."""
    if number == signal.SIGCONT:
        return sender in (pid, None)
    return sender == 0 and number != signal.SIGHUP


def _next_signal(caught: set[int] | set[signal.Signals]) -> tuple[int, int | None]:
    """The next signal (0: none in `LOOK_S`) and who sent it: a process, 0 for the system, None if unknown (macOS)."""
    if sys.platform == "darwin":
        return signal.sigwait(caught), None
    found = signal.sigtimedwait(caught, LOOK_S)
    # Where we were stopped for longer than that, Python gives what nobody has filled in instead of None.
    if found is None or found.si_signo not in caught:
        return 0, None
    return found.si_signo, 0 if found.si_code > 0 else found.si_pid


def _note_crashes(end: int) -> None:
    """In the app: the place of a crash goes to the one that waits, not over the screen."""
    import faulthandler

    os.set_blocking(end, False)
    faulthandler.enable(file=end)


def _tell(number: int, crash: int, crash_file: Path) -> None:
    """Say that it crashed, and keep where. What came from outside is the shell's to tell."""
    name = signals.name(number)
    if name not in signals.CRASHES:
        return
    words = f"aa-tui: the app crashed ({name}: {signals.meaning(name)}); runs continue, and nothing is lost."
    text = os.read(crash, _MOST_CRASH_BYTES)
    if text:
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            end = os.open(crash_file, flags, 0o600)
            with os.fdopen(end, "wb") as file:
                file.write(text)
            words += f" Where in the code is in {clean_line(str(crash_file))}."
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


def _die_of(number: int) -> NoReturn:
    """Die of the same signal, without another core file."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(128 + number)
