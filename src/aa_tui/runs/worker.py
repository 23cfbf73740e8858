"""The worker: one process, one model, one run; its arguments are the catalog's path and the run's number.

It talks to nobody: it writes samples, figures and a live row into the catalog and reads there what is asked of it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sqlite3
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import life, runs, trials
from aa_tui.catalog.connection import file_at
from aa_tui.catalog.db import CatalogError, CatalogFile, open_again, set_synchronous
from aa_tui.catalog.rows import RunRow
from aa_tui.errors import AATuiError
from aa_tui.host import oom
from aa_tui.host.machine import process_started_at
from aa_tui.runs import conditions, locks, watch
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.launch import LAST_ONE_ENDS_S, settle_orphans
from aa_tui.runs.log import say
from aa_tui.runs.machine_state import observer
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import ASKED_EVERY_S, BEAT_EVERY_S, PUBLISH_EVERY_S, Reporter, save

if TYPE_CHECKING:
    from types import FrameType


EVALUATION_NICE = 5
"""Others go first: an evaluation takes hours, and a slower minute of it harms no figure but the speed's."""


def main() -> int:
    """Detach, take the run, and have it done in a process that is watched over."""
    catalog_path, run_id = Path(sys.argv[1]), int(sys.argv[2])
    if os.fork():  # the launcher waits for this first process only
        os._exit(0)
    os.chdir("/")
    own = locks.run_lock(catalog_path, run_id)
    if not own.take_within(LAST_ONE_ENDS_S):  # another worker has it
        return 0
    try:
        file = file_at(catalog_path)
    except CatalogError as error:
        say(str(error))
        return 1
    if file is None:  # never made here: whoever asked for this run has no other than that which is gone
        say(f"There is no catalog at {catalog_path} any more.")
        return 1
    return watch.over(file, run_id, lambda: _do(file, run_id))


def _do(file: CatalogFile, run_id: int) -> int:
    """Do the run and note how it ended. Returns 0, or 1 where that is a failure."""
    faulthandler.enable(all_threads=False)  # to the log
    oom.go_first()  # the app and whoever tells what happened are to live on
    try:
        conn = open_again(file)
    except CatalogError as error:
        say(str(error))
        return 1
    set_synchronous(conn, "FULL")  # a journalled sample survives a power cut as well
    if not patiently(lambda: life.claim(conn, run_id, os.getpid(), process_started_at())):
        return 0
    run = runs.get(conn, run_id)
    nice = conditions.of(run.conditions).nice
    os.nice(nice if nice is not None else EVALUATION_NICE if run.kind == "eval" else 0)
    turn = _turn_of(file.path, run)
    every_s = ASKED_EVERY_S if run.kind == "ask" else PUBLISH_EVERY_S
    is_here = not run.file.is_served
    with Reporter(file.path, run_id, observer(), file, every_s=every_s, notes_machine=is_here) as reporter:
        _obey_signals(reporter)
        reporter.control = run.control  # what was asked before there was anyone to hear it
        code = 0
        if _wait_for_turn(conn, run, reporter, turn):
            code = _work(conn, runs.get(conn, run_id), reporter, turn)
    if reporter.is_lost:
        save(conn)
    return code


def _turn_of(catalog_path: Path, run: RunRow) -> locks.Turn:
    if run.file.is_served:
        return locks.servers_lock(catalog_path, run.id, run.setup.servers)
    return locks.turn_lock(catalog_path, run.id)


def _obey_signals(reporter: Reporter) -> None:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        reporter.stop(f"stopped by the system ({signal.Signals(number).name})", "system")

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _wait_for_turn(conn: sqlite3.Connection, run: RunRow, reporter: Reporter, turn: locks.Turn) -> bool:
    """Two measurements at once would spoil both, so the older goes first. False when stopped while waiting.

    Through other servers, or through servers and on this machine, they do not touch each other.
    """
    told, told_at, why = "", time.monotonic(), None
    while True:
        if conditions.is_over(run.conditions, conditions.now()):
            reporter.stop("its time was over before it could begin", "time")
        if reporter.should_stop():
            patiently(lambda: life.end(conn, run.id, "stopped", reporter.stop_reason, by=reporter.stopped_by))
            return False
        why = conditions.why_hold(run, reporter.control, reporter.machine, waiting=why is not None)
        ahead = [
            one.id
            for one in runs.live_runs(conn)
            if one.id < run.id and conditions.are_in_each_others_way(one, run)
            if conditions.wants_turn(one, reporter.machine)
        ]
        if not why and not ahead and turn.take():
            return patiently(lambda: life.begin(conn, run.id))
        words = why or f"waiting for {f'run {ahead[0]}' if ahead else turn.holder() or 'its turn'}"
        if words != told or time.monotonic() - told_at >= BEAT_EVERY_S:
            with suppress(sqlite3.OperationalError):  # it is said again soon
                life.beat(conn, run.id, words)
                told, told_at = words, time.monotonic()
        if ahead:
            with suppress(sqlite3.OperationalError):
                settle_orphans(conn)
        time.sleep(PUBLISH_EVERY_S)


def _work(conn: sqlite3.Connection, run: RunRow, reporter: Reporter, turn: locks.Turn) -> int:
    from aa_tui.host.machine import peak_memory_bytes

    try:
        if not run.file.is_served:
            _make_engine_ready(conn, run)
        if run.kind == "eval":
            from aa_tui.runs.evaluation.work import evaluate

            ending = evaluate(conn, run, reporter, turn)
        elif run.kind == "ask":
            from aa_tui.runs.ask.work import converse

            ending = converse(conn, run, reporter, turn)
        elif run.kind == "study":
            from aa_tui.runs.studies.work import study

            ending = study(conn, run, reporter)
        else:
            from aa_tui.runs.speed.work import measure

            ending = measure(conn, run, reporter)
    except (AATuiError, OSError, MemoryError, sqlite3.Error) as error:
        ending = Ending("failed", str(error) or type(error).__name__)
        say(ending.reason or "")
    # The model is freed by now: waiting for room costs little, and the row must tell how it ended.
    if not patiently(
        lambda: life.end(
            conn,
            run.id,
            ending.state,
            ending.reason,
            None if run.file.is_served else peak_memory_bytes(),
            by=ending.by,
            while_answered=run.kind == "ask" and ending.state == "finished",
        )
    ):
        return _work(conn, runs.get(conn, run.id), reporter, turn)  # something was asked in the last moment
    if ending == FINISHED:
        patiently(lambda: trials.forget_crash(conn, run.file.id))
    return 1 if ending.state == "failed" else 0


def _make_engine_ready(conn: sqlite3.Connection, run: RunRow) -> None:
    """llama.cpp as it works here. Raises RunError, EngineError where it cannot run this file."""
    from aa_tui.engine.native import adopt, follow_log
    from aa_tui.runs.engine_check import check_not_crashed, way_to_run

    check_not_crashed(conn, run)
    adopt(way_to_run(conn))
    follow_log(say)
