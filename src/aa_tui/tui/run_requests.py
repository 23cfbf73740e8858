"""What the views ask of runs: pause, stop, skip, delete, grade again, go on. Written in threads: no key ever waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from aa_tui.catalog.rows import WORKING_STATES
from aa_tui.tui.dialog import ask

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunRow
    from aa_tui.runs.regrade import Regraded
    from aa_tui.tui.app import AATuiApp

Work = Callable[[sqlite3.Connection], str]
"""Something written to the catalog; gives the words to tell the user, "" for none."""

NO_RUN = "There is no run here yet: open a model and press b or E."


_Rule = tuple[Callable[["RunRow"], bool], str]

_SPEED: _Rule = (lambda run: run.kind != "eval", "Run {id} measured speed: it has no samples.")
_RULES: dict[str, tuple[_Rule, ...]] = {
    "pause": (
        (lambda run: run.state == "finished", "Run {id} is finished: there is nothing to pause or to go on with."),
    ),
    "stop": (
        (
            lambda run: not (run.is_live or run.state == "planned"),
            "Run {id} has ended ({state}): there is nothing to stop.",
        ),
    ),
    "finish": (
        (lambda run: run.kind != "eval", "Run {id} measures speed: it has no samples to finish; x stops it."),
        (lambda run: run.state not in WORKING_STATES, "Run {id} writes no samples now ({state})."),
    ),
    "skip": (
        (lambda run: run.kind != "eval", "Run {id} measures speed: it has no samples to skip; x stops it."),
        (lambda run: run.state not in WORKING_STATES, "Run {id} writes no samples now ({state})."),
    ),
    "delete": ((lambda run: run.is_live, "Run {id} goes on ({state}): x stops it first."),),
    "regrade": (_SPEED, (lambda run: run.is_live, "Run {id} goes on and grades by itself.")),
    "samples": (_SPEED,),
    "plan": (
        (lambda run: run.kind != "eval", "Run {id} measures speed: there is nothing to plan."),
        (lambda run: run.is_live, "Run {id} goes on; it can be planned again once it has stopped."),
    ),
}
"""For each key when it does nothing, and why."""


def why_not(action: str, run: RunRow | None) -> str:
    """Why a key does nothing for this run, in one sentence; empty where it does something."""
    if run is None:
        return NO_RUN
    found = next((words for is_so, words in _RULES[action] if is_so(run)), "")
    return found.format(id=run.id, state=run.state)


def refused(app: AATuiApp, action: str, run: RunRow | None) -> bool:
    """Whether a key does nothing here; it is told why."""
    words = why_not(action, run)
    if words:
        app.toast(words)
    return bool(words)


def write(app: AATuiApp, work: Work) -> None:
    """Do something in a thread with a connection of its own, then tell what came of it."""

    def job() -> None:
        from aa_tui.catalog.db import CatalogError
        from aa_tui.catalog.runs import UnknownRunError
        from aa_tui.evals.items import PackError
        from aa_tui.gguf.errors import GGUFError
        from aa_tui.runs import RunError

        try:
            words, bad = app.store.in_thread(work), False
        except (CatalogError, RunError, UnknownRunError, PackError, GGUFError, OSError) as error:
            words, bad = str(error), True
        if words:
            app.call_from_thread(app.toast, words, bad=bad)
        app.call_from_thread(app.look, force=True)

    app.run_worker(job, thread=True, group="ask", exit_on_error=False)


def pause_or_go_on(app: AATuiApp, run: RunRow) -> None:
    """Pause what goes on; go on with what is paused, planned or ended early."""
    if refused(app, "pause", run):
        return
    path = app.store.path

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.catalog import life
        from aa_tui.runs import request_pause, resume

        if run.is_live and run.control == "pause" and run.state != "paused":
            life.ask(conn, run.id, None)
            return ""
        if run.is_live and run.state != "paused":
            request_pause(conn, run.id)
            return f"Run {run.id} will pause; p goes on."
        resume(path, conn, run.id)
        return f"Run {run.id} goes on."

    write(app, work)


def stop(app: AATuiApp, run: RunRow) -> None:
    """Ask, then ask the run's worker to stop: now, or after the samples that are being written."""
    from aa_tui.tui.run_dialogs import StopDialog

    if refused(app, "stop", run):
        return

    def answered(answer: str | None) -> None:
        if answer == "stop":
            write(app, partial(_stop, run.id))
        elif answer == "finish":
            write(app, partial(_finish, run.id))

    ask(app, StopDialog(run, can_finish=not why_not("finish", run)), answered)


def finish(app: AATuiApp, run: RunRow) -> None:
    """Stop after the samples that are being written."""
    if not refused(app, "finish", run):
        write(app, partial(_finish, run.id))


def skip(app: AATuiApp, run: RunRow, item_id: str) -> None:
    """Leave out the sample of an item that is being written."""
    if refused(app, "skip", run):
        return
    if not item_id:
        app.toast("This slot writes nothing just now.")
        return

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.runs.asking import request_skip

        request_skip(conn, run.id, item_id)
        return f"The sample of {item_id} will be left out, if it is still being written."

    write(app, work)


def delete(app: AATuiApp, run: RunRow, then: Callable[[], object] = lambda: None) -> None:
    """Ask, then delete a run with all that it measured."""
    from aa_tui.tui.dialogs import Confirm

    if refused(app, "delete", run):
        return

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.runs.asking import delete as delete_run

        delete_run(conn, run.id)
        app.call_from_thread(then)
        return f"Run {run.id} is deleted."

    def answered(answer: bool | None) -> None:
        if answer:
            write(app, work)

    ask(app, Confirm(f"Delete run {run.id} of {run.target} with all that it measured?", "delete it"), answered)


def start_waiting(app: AATuiApp) -> None:
    """Start every planned run and every one whose worker was lost."""
    path = app.store.path

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.runs import start_waiting as start_all

        started = start_all(path, conn)
        if not started:
            return "No run waits to be started."
        return f"Started: {', '.join(f'run {number}' for number in started)}."

    write(app, work)


def go_on(
    app: AATuiApp,
    run: RunRow,
    changes: Mapping[str, Any],
    conditions: Mapping[str, Any] | None = None,
) -> None:
    """Go on with an evaluation, further than before: more items, a budget, an aim, or at night."""
    path = app.store.path

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.catalog import life
        from aa_tui.runs import resume

        for name, value in changes.items():
            life.set_settings_value(conn, run.id, name, value)
        resume(path, conn, run.id, conditions, go_further=bool(changes))
        return f"Run {run.id} goes on; it does so when the app is closed, too."

    write(app, work)


def regrade(app: AATuiApp, run: RunRow) -> None:
    """Grade a run's samples again, show what that would change, and let the new verdicts count if that is wanted."""
    if refused(app, "regrade", run):
        return
    app.toast(f"Grading run {run.id} again…")

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.pages import regraded
        from aa_tui.runs.regrade import grade_again

        found = grade_again(conn, run.id)
        app.call_from_thread(_graded_again, app, found, regraded.lines(found))
        return ""

    write(app, work)


def _graded_again(app: AATuiApp, found: Regraded, lines: list[str]) -> None:
    from aa_tui.tui.run_dialogs import KeepVerdicts

    run_id = found.run.id

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.runs.regrade import keep

        keep(conn, found)
        app.call_from_thread(_forget, app, run_id)
        return f"Run {run_id} has the verdicts of today's graders."

    def answered(wanted: bool | None) -> None:
        if wanted:
            write(app, work)

    ask(app, KeepVerdicts(f"Run {run_id} graded again", lines), answered)


def _forget(app: AATuiApp, run_id: int) -> None:
    if app.views.runs is not None:
        app.views.runs.runs.forget(run_id)


def _stop(run_id: int, conn: sqlite3.Connection) -> str:
    from aa_tui.runs import request_stop

    request_stop(conn, run_id)
    return ""


def _finish(run_id: int, conn: sqlite3.Connection) -> str:
    from aa_tui.runs import request_finish

    request_finish(conn, run_id)
    return f"Run {run_id} will stop after the samples that it is writing."
