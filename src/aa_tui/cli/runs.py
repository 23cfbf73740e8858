"""`aa-tui runs`: list, show, start, pause, resume, stop, follow, delete, export and regrade runs."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable
from typing import Any

from aa_tui.actions import runs as actions
from aa_tui.catalog import db, life
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.clock import local, zone
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import WORKING_STATES, RunRow
from aa_tui.catalog.scores import no_headline
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, report, warn, watch
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.cli.runs_arguments import EXCHANGE_FORMATS
from aa_tui.cli.runs_watched import log, wait
from aa_tui.cli.saving import save
from aa_tui.errors import UsageError
from aa_tui.runs import settle_orphans
from aa_tui.textsafe import clean_line

_LOOKING = ("list", "show", "follow", "wait", "log", "export")
_GONE = "aa-tui: nobody works any more on run {0}, which cannot be noted: {1} can only be read."


def run(options: argparse.Namespace) -> int:
    """One of the actions on runs."""
    path = catalog_path(options)
    looks = options.action in _LOOKING or (options.action == "regrade" and options.dry_run)
    with (db.noting if looks else db.writing)(path) as conn:
        _settle(conn, looks)
        if options.action == "list":
            return _list(conn, options)
        if options.action == "start" and options.run_id is None:
            return _start_waiting(conn, options)
        one = catalog_runs.get(conn, options.run_id)
        return _ACTIONS[options.action](conn, one, options)


def _settle(conn: sqlite3.Connection, looks: bool) -> None:
    """Note which runs have lost their workers; who only looks is told where that cannot be noted."""
    try:
        gone = settle_orphans(conn)
    except sqlite3.OperationalError:
        if not looks:
            raise
        output.say("aa-tui: runs whose workers are gone cannot be noted as such just now.")
        return
    if gone and db.reads_only(conn):
        output.say(_GONE.format(", ".join(map(str, gone)), db.path_of(conn)))


def _list(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    rows = catalog_runs.list_runs(conn)
    if options.json or options.csv:
        from aa_tui.pages.json import run as run_json

        found = [{**run_json.run(row), "no_headline_reason": no_headline(conn, row)} for row in rows]
        output.print_rows(found, options)
        return 0
    if not rows:
        output.write_lines(["No runs yet; `aa-tui demo` makes the first one."])
        return 0
    has_others = any(row.origin != "here" for row in rows)
    body = [
        (
            str(row.id),
            local(row.created_at),
            f"{row.state} {row.progress:.0%}" if row.is_live else row.state,
            output.fit(row.target, 36),
            row.file.quant or "–",
            row.what,
            *((row.made_on or "–",) if has_others else ()),
            _result(conn, row),
        )
        for row in rows
    ]
    machine = ("Machine",) if has_others else ()
    head = ("Run", f"Created ({zone()})", "State", "Model", "Quant", "What", *machine, "Result")
    output.write_lines(output.table(head, body, left=frozenset(range(1, len(head)))))
    return 0


def _result(conn: sqlite3.Connection, row: RunRow) -> str:
    """What came of a run, in a few words."""
    if row.kind == "ask":
        return f"{row.n_done} of {row.n_items} answered"
    if row.kind == "study":
        return _result_of_study(conn, row)
    return (_result_of_evaluation if row.kind == "eval" else _result_of_speed)(conn, row)


def _result_of_study(conn: sqlite3.Connection, row: RunRow) -> str:
    from aa_tui.pages.studies.report import study_report

    found = study_report(conn, row) if row.n_done else None
    return found.few_words if found is not None else ""


def _result_of_speed(conn: sqlite3.Connection, row: RunRow) -> str:
    from aa_tui.pages import load, measured
    from aa_tui.pages.text import load as load_text

    result = catalog_runs.result_of(conn, row)
    if row.file.is_served:
        measured_through = load.of_result(result)
        return "" if measured_through is None else load_text.few_words(measured_through)
    return f"{measured.speeds_in_words(result)} tok/s"


def _result_of_evaluation(conn: sqlite3.Connection, row: RunRow) -> str:
    from aa_tui.analysis import display
    from aa_tui.charts.here.evaluations import undecided

    result = catalog_runs.result_of(conn, row)
    score = result.measurements.get(of_evaluation(row.pack, "score_strict"))
    too_long = f", {row.setup.n_too_long} too long to ask" if row.setup.n_too_long else ""
    done = f"{row.n_done} of {row.n_items}{too_long}{f' · {row.log_of}' if row.log_of else ''}"
    if result.no_headline is not None:
        return f"{result.no_headline} · {done}"
    if score is None or score.interval_low is None or score.interval_high is None:
        return done
    words = display.score(score.value, score.interval_low, score.interval_high)
    if row.state in ("stopped", "failed") and score.n is not None and score.n < row.n_done:
        words += f" of the first {score.n}"
    return f"{words}{undecided(result)} · {done}"


def _show(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    if options.these_items and one.kind != "eval":
        raise UsageError(f"Run {one.id} is no evaluation: it has no pack's items.")
    if options.these_items and not one.setup.n_items_by_category:
        raise UsageError(
            f"Run {one.id} does not know how many items its pack has (it has not begun, or an earlier version of the "
            "program made it): only intervals for similar items can be shown."
        )
    control = _control(conn, one, options.control)
    _print(conn, one, options.json, options.these_items or None, control)
    if not options.json:
        from aa_tui.pages.text import crash

        output.write_lines([f"  history, {zone(one.created_at)}"])
        for event in life.events(conn, one.id):
            reason = f": {event.reason}" if event.reason else ""
            output.write_lines([f"    {local(event.at, seconds=True)}  {event.state}{reason}"])
        if one.crash:
            output.write_lines(crash.lines(one.crash))
    return 0


def _control(conn: sqlite3.Connection, one: RunRow, number: int | None) -> RunRow | None:
    """The run that is asked for as a control. Raises UsageError where it cannot be one."""
    if number is None:
        return None
    from aa_tui.pages.control import with_control

    control = catalog_runs.get(conn, number)
    if why := with_control(conn, one, control).why_not:
        raise UsageError(f"Run {control.id} cannot be the control of run {one.id}: {why}.")
    return control


def _follow(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    warn(catalog_path(options))
    done = watch(conn, one.id, stop_on_interrupt=False)
    _print(conn, done, options.json)
    came_to_its_end = done.state == "planned" and not done.interrupted  # a pilot
    return 0 if came_to_its_end else exit_code(done)


def _start(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    """Begin or continue a run, going further than before where that is asked for."""
    from aa_tui.cli.evaluate import conditions_of

    changed = {
        "limit": options.limit,
        "budget_s": options.budget,
        "until_width": options.until_width,
        "until_above": options.until_above,
        "these_items": options.these_items or None,
        "max_usd": options.max_usd,
    }
    wanted = {name: value for name, value in changed.items() if value is not None}
    actions.resume(conn, one.id, wanted, conditions_of(options))
    return _told(conn, one.id, options, f"Run {one.id} is running: `aa-tui runs follow {one.id}` shows it.")


def _start_waiting(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    started, refused = actions.start_waiting(conn)
    for why in refused.values():
        output.say(f"aa-tui: {why}")
    if options.json:
        output.print_json({"started": started, "refused": refused})
    elif started:
        output.write_lines([f"Started: {', '.join(f'run {number}' for number in started)}."])
    else:
        output.write_lines(["Nothing is queued."])
    return 0


def _pause(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    actions.pause(conn, one.id)
    return _told(conn, one.id, options, f"Run {one.id} will pause; `aa-tui runs resume {one.id}` continues it.")


def _stop(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    keeps = f"; `aa-tui runs finish {one.id}` would keep it" if one.kind == "eval" else ""
    question = f"Stop run {one.id} of {one.target}? What it has not finished writing is lost{keeps}."
    if one.state in WORKING_STATES and not output.may_lose(question, yes=options.yes):
        output.write_lines(["Nothing was stopped."])
        return 0
    if actions.stop(conn, one.id):
        words = f"Run {one.id} was asked to stop; what it has measured is kept."
    else:
        words = actions.why_not("stop", catalog_runs.get(conn, one.id))
    return _told(conn, one.id, options, words)


def _finish(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    actions.finish(conn, one.id)
    return _told(conn, one.id, options, f"Run {one.id} will stop after the samples that it is writing.")


def _skip(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    question = f"Leave out {options.item} of run {one.id}? What is written of it is lost."
    if not actions.why_not("skip", one) and not output.may_lose(question, yes=options.yes):
        output.write_lines(["Nothing was left out."])
        return 0
    actions.skip(conn, one.id, options.item)
    return _told(conn, one.id, options, f"The sample of {options.item} will be left out, if it is being written.")


def _delete(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    if not options.yes and not output.agrees(f"Delete run {one.id} of {one.target} with all that it measured?"):
        output.write_lines(["Nothing was deleted."])
        return 0
    page = actions.delete(conn, one.id)
    if options.json:
        output.print_json({"run_id": one.id, "deleted": True, "page_removed": page})
    else:
        gone = f", and the page of {page}, on which nothing was left" if page is not None else ""
        output.write_lines([f"Run {one.id} is deleted{gone}."])
    return 0


def _export(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    from aa_tui.export.run import export_run

    if options.format in EXCHANGE_FORMATS:
        from aa_tui.cli.exchanging import export

        return export(conn, one, options)
    text = export_run(conn, one, options.format)
    if options.output and options.output != "-":
        from aa_tui.gguf.places import typed_path

        path = typed_path(options.output)
        if save(path, text.encode(), force=options.force):
            output.write_lines([f"Run {one.id} is in {clean_line(str(path))}."])
    else:
        output.print_document(text)
    return 0


def _regrade(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    from aa_tui.pages.json import regraded as regraded_json
    from aa_tui.pages.text import regraded

    bar = output.ProgressLine()
    try:
        found = actions.grade_again(conn, one.id, lambda part: bar.show(part, "grading again"))
    finally:
        bar.clear()
    if not options.dry_run:
        found = actions.keep_verdicts(conn, found)
    if options.json:
        output.print_json(regraded_json.as_json(found))
    else:
        output.write_lines(regraded.lines(found))
    return 0


def _told(conn: sqlite3.Connection, run_id: int, options: argparse.Namespace, words: str) -> int:
    if options.json:
        _print(conn, catalog_runs.get(conn, run_id), as_json_wanted=True)
    else:
        output.write_lines([words])
    return 0


def _print(
    conn: sqlite3.Connection,
    one: RunRow,
    as_json_wanted: bool,
    these_items: bool | None = None,
    control: RunRow | None = None,
) -> None:
    if one.kind == "eval":
        from aa_tui.cli.evaluate import report as eval_report

        eval_report(conn, one, as_json_wanted=as_json_wanted, these_items=these_items, control=control)
    elif one.kind == "ask":
        from aa_tui.cli.ask import report as ask_report

        ask_report(conn, one, as_json_wanted=as_json_wanted)
    elif one.kind == "study":
        from aa_tui.cli.study import report as study_report

        study_report(conn, one, as_json_wanted=as_json_wanted)
    elif as_json_wanted:
        from aa_tui.pages.json import run as run_json

        output.print_json(run_json.bench(catalog_runs.result_of(conn, one), catalog_runs.samples(conn, one.id)))
    else:
        output.write_lines(report(conn, one))
    if one.origin == "machine" and not as_json_wanted:
        from aa_tui.pages.text import others

        output.write_lines([f"  {others.origin(one)}"])


_Action = Callable[[sqlite3.Connection, RunRow, Any], int]
_ACTIONS: dict[str, _Action] = {
    "show": _show,
    "follow": _follow,
    "wait": wait,
    "log": log,
    "start": _start,
    "resume": _start,
    "pause": _pause,
    "stop": _stop,
    "finish": _finish,
    "skip": _skip,
    "delete": _delete,
    "export": _export,
    "regrade": _regrade,
}
