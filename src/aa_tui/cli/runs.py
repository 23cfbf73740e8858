"""`aa-tui runs`: list, show, start, pause, resume, stop, follow, delete, export and regrade runs."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

from aa_tui.catalog import db, life
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.catalog.scores import no_headline
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, report, watch
from aa_tui.cli.errors import UsageError
from aa_tui.cli.main import FAILURE, catalog_path
from aa_tui.runs import request_finish, request_pause, request_stop, settle_orphans


def run(options: argparse.Namespace) -> int:
    """One of the actions on runs."""
    path = catalog_path(options)
    with closing(db.open_catalog(path)) as conn:
        settle_orphans(conn)
        if options.action == "list":
            return _list(conn, options.json)
        if options.action == "start" and options.run_id is None:
            return _start_waiting(conn, options)
        if options.run_id is None:
            raise UsageError(f"`aa-tui runs {options.action}` wants a run's number; `aa-tui runs` lists them.")
        one = catalog_runs.get(conn, options.run_id)
        return _ACTIONS[options.action](conn, one, options)


def _list(conn: sqlite3.Connection, as_json_wanted: bool) -> int:
    rows = catalog_runs.list_runs(conn)
    if as_json_wanted:
        from aa_tui.pages import as_json

        output.print_json([{**as_json.run(row), "no_headline_reason": no_headline(conn, row)} for row in rows])
        return 0
    if not rows:
        output.write_lines(["No runs yet; `aa-tui demo` makes the first one."])
        return 0
    body = [
        (
            str(row.id),
            row.created_at[:16].replace("T", " "),
            f"{row.state} {row.progress:.0%}" if row.is_live else row.state,
            output.cut(row.target, 36),
            row.file.quant or "–",
            row.pack or "speed",
            _result(conn, row),
        )
        for row in rows
    ]
    head = ("Run", "Created (UTC)", "State", "Model", "Quant", "What", "Result")
    output.write_lines(output.table(head, body, left=frozenset({1, 2, 3, 4, 5, 6})))
    return 0


def _result(conn: sqlite3.Connection, row: RunRow) -> str:
    """What came of a run, in a few words."""
    from aa_tui.charts.here_eval import undecided
    from aa_tui.pages import measured

    result = catalog_runs.result_of(conn, row)
    if row.kind != "eval":
        return f"pp512 {measured.rate(result, 'pp512')} · tg128 {measured.rate(result, 'tg128')} tok/s"
    score = result.measurements.get(f"eval.{row.pack}.score_strict")
    done = f"{row.n_done} of {row.n_items}"
    if result.no_headline is not None:
        return f"{result.no_headline} · {done}"
    if score is None or score.interval_low is None or score.interval_high is None:
        return done
    interval = f"({score.interval_low:.2f}–{score.interval_high:.2f})"
    return f"{score.value:.2f} {interval}{undecided(result, 1, 2)} · {done}"


def _show(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    if options.these_items and one.kind != "eval":
        raise UsageError(f"Run {one.id} measured speed: it has no items.")
    if options.these_items and not one.settings.get("n_items_by_category"):
        raise UsageError(
            f"Run {one.id} does not know how many items its pack has (it has not begun, or an earlier version of the "
            "program made it): only intervals for items such as these can be told."
        )
    _print(conn, one, options.json, options.these_items or None)
    if not options.json:
        from aa_tui.pages import crash

        output.write_lines(["  life"])
        for event in life.events(conn, one.id):
            reason = f": {event.reason}" if event.reason else ""
            output.write_lines([f"    {event.at[:19].replace('T', ' ')}  {event.state}{reason}"])
        if one.crash:
            output.write_lines(crash.lines(one.crash))
    return 0


def _follow(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    done = watch(conn, one.id, stop_on_interrupt=False)
    _print(conn, done, options.json)
    came_to_its_end = done.state == "planned" and not done.interrupted  # a pilot
    return 0 if came_to_its_end else exit_code(done)


def _start(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    """Begin or continue a run, going further than before where that is asked for."""
    from aa_tui.cli.evaluate import conditions_of
    from aa_tui.runs import resume

    changed = {
        "limit": options.limit,
        "budget_s": options.budget,
        "until_width": options.until_width,
        "until_above": options.until_above,
        "these_items": options.these_items or None,
    }
    wanted = {name: value for name, value in changed.items() if value is not None}
    if wanted and one.kind != "eval":
        raise UsageError(f"Run {one.id} measures speed: how far it goes is set by its tests.")
    _check_aims(one, wanted)
    conditions = conditions_of(options)
    for name, value in wanted.items():
        life.set_settings_value(conn, one.id, name, value)
    resume(catalog_path(options), conn, one.id, conditions or None, go_further=bool(wanted))
    return _told(conn, one.id, options, f"Run {one.id} goes on: `aa-tui runs follow {one.id}` shows it.")


def _check_aims(one: RunRow, wanted: dict[str, Any]) -> None:
    from aa_tui.runs.eval_options import EvalOptions
    from aa_tui.runs.eval_plan import check_aims

    if wanted:
        check_aims(EvalOptions.from_settings({**one.settings, **wanted}))


def _start_waiting(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    from aa_tui.runs import start_waiting

    refused: dict[int, str] = {}
    started = start_waiting(catalog_path(options), conn, refused.__setitem__)
    for why in refused.values():
        sys.stderr.write(f"aa-tui: {why}\n")
    if options.json:
        output.print_json({"started": started, "refused": refused})
    elif started:
        output.write_lines([f"Started: {', '.join(f'run {number}' for number in started)}."])
    else:
        output.write_lines(["No run waits to be started."])
    return 0


def _pause(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    if not one.is_live:
        return _ended_already(one)
    request_pause(conn, one.id)
    return _told(conn, one.id, options, f"Run {one.id} will pause; `aa-tui runs resume {one.id}` goes on.")


def _stop(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    was_live = one.is_live or one.state == "planned"
    request_stop(conn, one.id)
    words = f"Run {one.id} was asked to stop; what it has measured is kept."
    return _told(conn, one.id, options, words if was_live else f"Run {one.id} has already ended: {one.state}.")


def _finish(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    if not one.is_live:
        return _ended_already(one)
    request_finish(conn, one.id)
    return _told(conn, one.id, options, f"Run {one.id} will stop after the samples that it is writing.")


def _skip(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    from aa_tui.runs.asking import request_skip

    if options.item is None:
        raise UsageError(f"`aa-tui runs skip {one.id}` wants the item too; `aa-tui runs follow {one.id}` names them.")
    if not one.is_live:
        return _ended_already(one)
    request_skip(conn, one.id, options.item)
    return _told(conn, one.id, options, f"The sample of {options.item} will be left out, if it is being written.")


def _delete(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    from aa_tui.runs.asking import delete

    if not options.yes:
        if not sys.stdin.isatty():
            raise UsageError(f"`aa-tui runs delete {one.id}` asks first; say --yes where nobody can answer.")
        sys.stderr.write(f"Delete run {one.id} of {one.target} with all that it measured? [y/N] ")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            output.write_lines(["Nothing was deleted."])
            return 0
    delete(conn, one.id)
    if options.json:
        output.print_json({"run_id": one.id, "deleted": True})
    else:
        output.write_lines([f"Run {one.id} is deleted."])
    return 0


def _export(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    from aa_tui.export.run import export_run

    text = export_run(conn, one, options.format)
    if options.output and options.output != "-":
        from pathlib import Path

        from aa_tui.export.files import write

        write(Path(options.output), text.encode())
        output.write_lines([f"Run {one.id} is in {options.output}."])
    else:
        sys.stdout.write(text)
    return 0


def _regrade(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> int:
    from aa_tui.pages import regraded
    from aa_tui.runs.regrade import grade_again, keep

    bar = output.ProgressLine()
    try:
        found = grade_again(conn, one.id, lambda part: bar.show(part, "grading again"))
    finally:
        bar.clear()
    if not options.dry_run:
        found = keep(conn, found)
    if options.json:
        output.print_json(regraded.as_json(found))
    else:
        output.write_lines(regraded.lines(found))
    return 0


def _ended_already(one: RunRow) -> int:
    words = "has not begun" if one.state == "planned" else f"has already ended: {one.state}"
    sys.stderr.write(f"aa-tui: Run {one.id} {words}.\n")
    return FAILURE


def _told(conn: sqlite3.Connection, run_id: int, options: argparse.Namespace, words: str) -> int:
    if options.json:
        _print(conn, catalog_runs.get(conn, run_id), as_json_wanted=True)
    else:
        output.write_lines([words])
    return 0


def _print(conn: sqlite3.Connection, one: RunRow, as_json_wanted: bool, these_items: bool | None = None) -> None:
    if one.kind == "eval":
        from aa_tui.cli.evaluate import report as eval_report

        eval_report(conn, one, as_json_wanted=as_json_wanted, these_items=these_items)
    elif as_json_wanted:
        from aa_tui.pages import as_json

        output.print_json(as_json.bench(catalog_runs.result_of(conn, one), catalog_runs.samples(conn, one.id)))
    else:
        output.write_lines(report(conn, one))


_Action = Callable[[sqlite3.Connection, RunRow, Any], int]
_ACTIONS: dict[str, _Action] = {
    "show": _show,
    "follow": _follow,
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
