"""The process that watches over a worker: small, without a model, it tells what its worker died of.

It is the worker's parent, holds the run's lock with it, and ends when the worker does. A worker that notes its own end
leaves it nothing to do.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from mmap import mmap

from aa_tui.catalog.connection import CatalogFile
from aa_tui.engine import phases
from aa_tui.errors import AATuiError
from aa_tui.host import oom, signals
from aa_tui.host.machine import own_memory_bytes
from aa_tui.runs import death
from aa_tui.runs.log import say


def over(file: CatalogFile, run_id: int, work: Callable[[], int]) -> int:
    """Do the work in a child process, and settle the run where that dies. Returns the exit code."""
    memory = phases.share()
    killed_before, log_began = oom.kills(), _log_size()
    pid = os.fork()
    if pid == 0:
        phases.note_in(memory)
        os._exit(_worked(work))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # they are the worker's to obey
        signal.signal(number, signal.SIG_IGN)
    code, excess = _watched(pid, memory)
    name = signals.name(-code) if code < 0 else None
    _settle(
        file,
        run_id,
        (pid,) if code in _NOTED else (pid, None),  # None: it died before it could take the run
        lambda log_path: death.Death(
            signal=name,
            exit_code=code if name is None else None,
            phase=phases.read(memory),
            for_memory=name == "SIGKILL" and oom.kills() > killed_before,
            log_path=log_path,
            last_lines=death.last_lines(log_path, log_began),
            excess=excess,
        ),
    )
    return code if code in _NOTED else 1


def _watched(pid: int, memory: mmap) -> tuple[int, tuple[int, int] | None]:
    """Wait for the worker's end: its exit code, and what it held and might hold where it was ended for its memory.

    Memory fills by some GB a second: looked at ten times a second, and more often while a model is loaded.
    """
    excess = None
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), excess
        held, allowed = own_memory_bytes(pid) or 0, phases.allowed(memory)
        if held > allowed:
            excess = (held, allowed)
            os.kill(pid, signal.SIGKILL)
        time.sleep(LOADING_LOOK_S if phases.read(memory) == "loading" else LOOK_S)


LOOK_S, LOADING_LOOK_S = 0.1, 0.02

_NOTED = (0, 1)
"""The exit codes of a worker that notes its own end. A library may end it with these too, and then nothing is noted."""

UNEXPECTED = 70
"""The exit code of a worker that a fault of our own ended (EX_SOFTWARE of sysexits.h)."""


def _worked(work: Callable[[], int]) -> int:
    """The worker's exit code; a fault of our own leaves its traceback in the log."""
    import traceback

    try:
        return work()
    except SystemExit as stop:
        return int(stop.code or 0)
    except BaseException:  # noqa: BLE001  # nobody above: this process ends here
        with suppress(OSError):
            traceback.print_exc()
        return UNEXPECTED
    finally:
        with suppress(OSError):
            sys.stderr.flush()


def _log_size() -> int:
    """How long the log is that this process writes, in bytes; 0 where it writes to none."""
    try:
        return os.fstat(sys.stderr.fileno()).st_size
    except (OSError, ValueError, AttributeError):
        return 0


def _settle(
    file: CatalogFile, run_id: int, pids: tuple[int | None, ...], seen: Callable[[str | None], death.Death]
) -> None:
    """End the run in the catalog, unless it has ended or somebody else has taken it since."""
    from aa_tui.catalog import runs
    from aa_tui.catalog.db import open_again
    from aa_tui.runs.launch import settle_dead
    from aa_tui.runs.patience import patiently

    try:
        with closing(open_again(file)) as conn:
            run = runs.get(conn, run_id)
            if run.is_live and run.pid in pids:
                patiently(lambda: settle_dead(conn, run, seen(run.log_path)))
    except (AATuiError, sqlite3.Error, OSError) as error:
        say(f"How the worker of run {run_id} died cannot be noted: {error}")
