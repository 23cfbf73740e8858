"""`aa-tui runs wait` and `aa-tui runs log`: how runs ended, for scripts, and what their workers said."""

from __future__ import annotations

import argparse
import sqlite3
import time
from contextlib import suppress

from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code
from aa_tui.errors import FAILURE
from aa_tui.runs import log as worker_log
from aa_tui.runs import settle_orphans

TIMED_OUT = 124
"""As `timeout` has it."""

LOOK_EVERY_S = 0.5


def wait(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    """Wait until runs have ended, and say how: 0 where all finished, else the status of the first that did not."""
    from aa_tui.pages.json import run as run_json
    from aa_tui.pages.text import ended
    from aa_tui.runs.follow import follow

    numbers = [one.id, *options.more]
    deadline = None if options.timeout is None else time.monotonic() + options.timeout
    for run_id in numbers:
        catalog_runs.get(conn, run_id)  # one that there is not is said before hours go by
    for run_id in numbers:
        for run in follow(conn, run_id):
            if run.is_live and deadline is not None and time.monotonic() >= deadline:
                output.say(f"Run {run_id} has not ended yet ({run.state}); `aa-tui runs follow {run_id}` shows it.")
                return TIMED_OUT
    done = [catalog_runs.get(conn, run_id) for run_id in numbers]
    if options.json:
        output.print_json([run_json.run(run) for run in done])
    else:
        output.write_lines([ended.words(run) for run in done])
    return next((code for run in done if (code := _status(run))), 0)


def _status(run: RunRow) -> int:
    is_pilot = run.state == "planned" and not run.interrupted
    return 0 if is_pilot else exit_code(run)


def log(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    """Print what a run's worker wrote, and what it died of; `--follow` goes on until the run has ended."""
    from aa_tui.pages.text import crash

    try:
        lines, at = worker_log.read(one.log_path)
    except OSError as error:
        output.say(f"aa-tui: The log of run {one.id} cannot be read: {error.strerror}: {one.log_path}")
        lines, at = [], 0
        if not one.crash:
            return FAILURE
    if options.json:
        output.print_json({"run_id": one.id, "log_path": one.log_path, "lines": lines, "crash": one.crash})
        return 0
    output.write_lines(lines)
    while options.follow and one.is_live:
        time.sleep(LOOK_EVERY_S)
        settle_orphans(conn)
        one = catalog_runs.get(conn, one.id)
        with suppress(OSError):
            more, at = worker_log.read(one.log_path, at)
            output.write_lines(more)
            lines += more
    if one.crash:
        output.write_lines(crash.lines(one.crash))
    elif not lines:
        output.say(
            f"The worker of run {one.id} has written nothing so far."
            if one.origin == "here"
            else f"Run {one.id} was made on {one.made_on or 'another machine'}: its log is there."
        )
    return 0
