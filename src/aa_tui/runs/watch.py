"""The process that watches over a worker: small, without a model, it tells what its worker died of.

It is the worker's parent, holds the run's lock with it, and ends when the worker does. A worker that notes its own end
leaves it nothing to do.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from aa_tui.engine import phases
from aa_tui.host import oom, signals
from aa_tui.runs import death
from aa_tui.runs.log import say


def over(catalog_path: Path, run_id: int, work: Callable[[], int]) -> int:
    """Do the work in a child process, and settle the run where that dies. Returns the exit code."""
    memory = phases.share()
    killed_before, log_began = oom.kills(), _log_size()
    pid = os.fork()
    if pid == 0:
        phases.note_in(memory)
        os._exit(_worked(work))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # they are the worker's to obey
        signal.signal(number, signal.SIG_IGN)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    name = signals.name(-code) if code < 0 else None
    _settle(
        catalog_path,
        run_id,
        (pid,) if code in _NOTED else (pid, None),  # None: it died before it could take the run
        lambda log_path: death.Death(
            signal=name,
            exit_code=code if name is None else None,
            phase=phases.read(memory),
            for_memory=name == "SIGKILL" and oom.kills() > killed_before,
            log_path=log_path,
            last_lines=death.last_lines(log_path, log_began),
        ),
    )
    return code if code in _NOTED else 1


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
    catalog_path: Path, run_id: int, pids: tuple[int | None, ...], seen: Callable[[str | None], death.Death]
) -> None:
    """End the run in the catalog, unless it has ended or somebody else has taken it since."""
    from aa_tui.catalog import runs
    from aa_tui.catalog.db import CatalogError, open_catalog
    from aa_tui.runs.launch import settle_dead
    from aa_tui.runs.patience import patiently

    try:
        with closing(open_catalog(catalog_path)) as conn:
            run = runs.get(conn, run_id)
            if run.is_live and run.pid in pids:
                patiently(lambda: settle_dead(conn, run, seen(run.log_path)))
    except (CatalogError, runs.UnknownRunError, sqlite3.Error, OSError) as error:
        say(f"How the worker of run {run_id} died cannot be noted: {error}")
