"""What the views ask of runs: pause, stop, skip, delete, grade again, go on. Written in threads: no key ever waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from aa_tui.actions import runs as actions

if TYPE_CHECKING:
    from aa_tui.actions.runs import Action
    from aa_tui.catalog.rows import RunRow
    from aa_tui.runs.evaluation.regrade import Regraded
    from aa_tui.tui.core.host import Host

NO_RUN = "There is no run here yet: open a model and press <measure:b> or <evaluate:E>."


def refused(host: Host, action: Action, run: RunRow | None) -> bool:
    """Whether a key does nothing here; it is told why."""
    words = host.keymap.told(NO_RUN) if run is None else actions.why_not(action, run)
    if words:
        host.toast(words)
    return bool(words)


def words_of(run: RunRow, *wanted: Action) -> dict[str, str]:
    """Those actions that the run can take, each with its word for the last line; a key that resumes does not pause."""
    found: dict[str, str] = {}
    for action in wanted:
        real: Action = "resume" if action == "pause" and not actions.is_to_pause(run) else action
        if not actions.why_not(real, run):
            found[action] = "start" if real == "resume" and run.state == "planned" else real
    return found


def pause_or_resume(host: Host, run: RunRow) -> None:
    """Pause what is running; resume what is paused, planned or ended early."""
    if refused(host, "pause" if actions.is_to_pause(run) else "resume", run):
        return

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.catalog import runs

        now = runs.get(conn, run.id)
        if actions.is_to_pause(now):
            actions.pause(conn, run.id)
            return f"Run {run.id} will pause; p resumes it."
        actions.resume(conn, run.id)
        return "" if now.is_live else f"Run {run.id} resumes."

    host.write(work)


def stop(host: Host, run: RunRow) -> None:
    """Ask, then ask the run's worker to stop: now, or after the samples that are being written."""
    from aa_tui.tui.widgets.question import YES, Answer, Question

    if refused(host, "stop", run):
        return
    later = () if actions.why_not("finish", run) else (Answer("f", "after the samples being written"),)

    def answered(answer: str | None) -> None:
        if answer is not None:
            host.write(partial(_stop if answer == YES else _finish, run.id))

    question = f"Stop run {run.id} of {run.target}? What it has measured stays."
    host.ask(Question(question, "stop it now", also=later), answered)


def skip(host: Host, run: RunRow, item_id: str) -> None:
    """Ask, then leave out the sample of an item that is being written."""
    from aa_tui.tui.widgets.question import Question, if_yes

    if refused(host, "skip", run):
        return
    if not item_id:
        host.toast("This slot writes nothing just now.")
        return

    def work(conn: sqlite3.Connection) -> str:
        actions.skip(conn, run.id, item_id)
        return f"The sample of {item_id} will be left out, if it is still being written."

    question = f"Leave out the sample of {item_id}? It is not written again in this run."
    host.ask(Question(question, "leave it out"), if_yes(lambda: host.write(work)))


def delete(host: Host, run: RunRow, then: Callable[[], object] = lambda: None) -> None:
    """Ask, then delete a run with all that it measured."""
    from aa_tui.tui.widgets.question import Question, if_yes

    if refused(host, "delete", run):
        return

    def work(conn: sqlite3.Connection) -> str:
        page = actions.delete(conn, run.id)
        host.call_from_thread(then)
        gone = f", and the page of {page}, on which nothing was left" if page is not None else ""
        return f"Run {run.id} is deleted{gone}."

    question = f"Delete run {run.id} of {run.target} with all that it measured?"
    host.ask(Question(question, "delete it"), if_yes(lambda: host.write(work)))


def tidy(host: Host) -> None:
    """Ask, then take away the pages of models here on which nothing is: earlier versions made them for runs that
    failed."""
    from aa_tui.catalog import local_pages
    from aa_tui.tui.widgets.question import Question, if_yes

    nothing: list[tuple[int, str, str]] = []
    names = [name for _, _, name in host.store.read(local_pages.empty, nothing)]
    if not names:
        host.toast("Every page of a model here has something on it.")
        return

    def work(conn: sqlite3.Connection) -> str:
        return f"Removed: {', '.join(local_pages.remove_all_empty(conn))}."

    pages = "the page" if len(names) == 1 else f"{len(names)} pages"
    question = f"Remove {pages} on which nothing is, of {', '.join(names)}? Files stay."
    host.ask(Question(question, "remove"), if_yes(lambda: host.write(work)))


def import_logs(host: Host) -> None:
    """Ask which file or folder, take it in, and go to the runs."""
    from aa_tui.tui.start.import_dialog import ImportDialog

    def done(n_new: int | None) -> None:
        if n_new is None:
            return
        words = "Nothing was new." if not n_new else f"{n_new} {'is' if n_new == 1 else 'are'} new."
        host.toast(f"Imported. {words}")

    host.ask(ImportDialog(host.store), done)


def start_waiting(host: Host) -> None:
    """Start every planned run and every one whose worker was lost."""

    def work(conn: sqlite3.Connection) -> str:
        started, refused = actions.start_waiting(conn)
        told = [f"Started: {', '.join(f'run {number}' for number in started)}."] if started else []
        return " ".join([*told, *refused.values()]) or "Nothing is queued."

    host.write(work)


def resume(
    host: Host,
    run: RunRow,
    changes: Mapping[str, Any],
    conditions: Mapping[str, Any] | None = None,
) -> None:
    """Go on with an evaluation, further than before: more items, a budget, an aim, or at night."""

    def work(conn: sqlite3.Connection) -> str:
        actions.resume(conn, run.id, changes, conditions)
        return f"Run {run.id} resumes; it continues when the app is closed."

    host.write(work)


def regrade(host: Host, run: RunRow) -> None:
    """Grade a run's samples again, show what that would change, and let the new verdicts count if that is wanted."""
    if refused(host, "regrade", run):
        return
    host.toast(f"Grading run {run.id} again…")

    def work(conn: sqlite3.Connection) -> str:
        from aa_tui.pages.text import regraded

        found = actions.grade_again(conn, run.id)
        host.call_from_thread(_graded_again, host, found, regraded.lines(found))
        return ""

    host.write(work)


def _graded_again(host: Host, found: Regraded, lines: list[str]) -> None:
    from aa_tui.tui.widgets.question import Question, if_yes

    run_id = found.run.id

    def work(conn: sqlite3.Connection) -> str:
        actions.keep_verdicts(conn, found)
        return f"Run {run_id} has the verdicts of today's graders."

    question = Question(f"Run {run_id} graded again", "let these count", no="leave the run as it is", lines=lines)
    host.ask(question, if_yes(lambda: host.write(work)))


def _stop(run_id: int, conn: sqlite3.Connection) -> str:
    actions.stop(conn, run_id)
    return ""


def _finish(run_id: int, conn: sqlite3.Connection) -> str:
    actions.finish(conn, run_id)
    return f"Run {run_id} will stop after the samples that it is writing."
