"""`aa-tui eval`: evaluate a file on a pack, or plan it."""

from __future__ import annotations

import argparse
import sqlite3
from typing import TYPE_CHECKING, Any

from aa_tui.actions import start
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, tell_of_parts, warn, watch
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import UsageError

if TYPE_CHECKING:
    from aa_tui.pages.lost import LostReport
    from aa_tui.runs.evaluation.options import EvalOptions

PLANNABLE = ("planned", "paused", "stopped")
"""States in which one wonders what more would take."""


def run(options: argparse.Namespace) -> int:
    """Queue the evaluations, follow them, print what came of them."""
    path = catalog_path(options)
    wanted = eval_options(options)
    with db.writing(path) as conn:
        warn(path, options.rpc)
        with output.hashing() as on_progress:
            queued = start.evaluate(
                conn,
                options.targets,
                options.pack,
                model=options.model,
                options=wanted,
                pilot=options.plan,
                later=options.later,
                on_progress=on_progress,
            )
        tell_of_parts(options.targets)
        if options.later or options.detach:
            return _told([catalog_runs.get(conn, run_id) for run_id in queued], conn, options.json)
        return _watch_all(conn, queued, options)


def _watch_all(conn: sqlite3.Connection, queued: list[int], options: argparse.Namespace) -> int:
    """Follow the runs, one after the other. Ctrl-C stops the one that goes on and those that wait."""
    done = []
    for number, run_id in enumerate(queued):
        done.append(watch(conn, run_id, and_stop=queued[number + 1 :]))
        if not options.json:
            report(conn, done[-1], as_json_wanted=False)
    if options.json:
        _print_json(conn, done)
    codes = [0 if options.plan and run.state == "planned" else exit_code(run) for run in done]
    return next((code for code in codes if code), 0)


def _told(found: list[RunRow], conn: sqlite3.Connection, as_json_wanted: bool) -> int:
    if as_json_wanted:
        _print_json(conn, found)
        return 0
    for run in found:
        if run.state == "planned":
            output.write_lines([f"Run {run.id} is planned: `aa-tui runs start {run.id}` begins it."])
        else:
            output.write_lines([f"Run {run.id} continues in the background: `aa-tui runs follow {run.id}` shows it."])
    return 0


def _print_json(conn: sqlite3.Connection, found: list[RunRow]) -> None:
    """One as it is, several as an array."""
    values = [_json(conn, run) for run in found]
    output.print_json(values if len(values) > 1 else values[0])


def _json(
    conn: sqlite3.Connection, run: RunRow, these_items: bool | None = None, control: RunRow | None = None
) -> dict[str, Any]:
    from aa_tui.pages import evaluation, plan
    from aa_tui.pages.json import evaluation as evaluation_json
    from aa_tui.pages.json import lost as lost_json
    from aa_tui.pages.json import plan as plan_json

    report = evaluation.load(conn, run, these_items=these_items, control=control)
    value: dict[str, Any] = evaluation_json.as_json(report)
    value["lost"] = lost_json.as_json(_lost(conn, run))
    if run.state in PLANNABLE:
        value["plan"] = plan_json.as_json(plan.of_run(conn, run))
    return value


def _lost(conn: sqlite3.Connection, run: RunRow) -> LostReport:
    """What became of the answers that are not right, with a bar where many texts must be read."""
    from aa_tui.pages import lost

    bar = output.ProgressLine()
    try:
        return lost.load(conn, run, on_progress=lambda part: bar.show(part, "reading what was thought"))
    finally:
        bar.clear()


def report(
    conn: sqlite3.Connection,
    run: RunRow,
    *,
    as_json_wanted: bool,
    these_items: bool | None = None,
    control: RunRow | None = None,
) -> None:
    """What came of an evaluation until now; `these_items` and `control` as `pages.evaluation.load` has them."""
    from aa_tui.pages import evaluation, plan
    from aa_tui.pages.text import evaluation as evaluation_text
    from aa_tui.pages.text import lost as lost_text
    from aa_tui.pages.text import plan as plan_text

    if as_json_wanted:
        output.print_json(_json(conn, run, these_items, control))
        return
    shown = evaluation.load(conn, run, these_items=these_items, control=control)
    planned = plan.of_run(conn, run) if run.state in PLANNABLE else None
    output.write_lines([*evaluation_text.lines(shown), *lost_text.lines(_lost(conn, run))])
    if planned is not None:
        output.write_lines(plan_text.lines(planned))
    if run.can_resume and run.state != "finished":
        output.write_lines([f"  `aa-tui runs resume {run.id}` continues from there."])
    elif run.slug:
        output.write_lines(
            [f"  `aa-tui samples {run.id}` lists its samples; `aa-tui show {run.slug}` has its figures."]
        )


def eval_options(options: argparse.Namespace) -> EvalOptions:
    """The options of the command line as the runs take them."""
    from aa_tui.gguf.places import typed_path
    from aa_tui.runs.evaluation.options import BUDGETS, EvalOptions
    from aa_tui.runs.evaluation.short import read_file
    from aa_tui.runs.templates import read_note

    return EvalOptions(
        limit=options.limit,
        epochs=options.epochs,
        seed=options.seed,
        sampling=options.sampling,
        prompt=options.prompt,
        template=None if options.template is None else read_note(typed_path(options.template)),
        temperature=options.temperature,
        max_output_tokens=options.max_output,
        max_sample_s=options.max_sample_time,
        context=options.context,
        n_parallel=parallel(options.parallel),
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        devices=options.device,
        tensor_split=options.tensor_split,
        rpc=options.rpc,
        type_k=options.kv,
        type_v=options.kv,
        budgets=() if options.no_budget_curve else BUDGETS,
        loop_guard=not options.no_loop_guard,
        grammar=options.grammar,
        unsafe_code=options.unsafe_code,
        budget_s=options.budget,
        until_width=options.until_width,
        until_above=options.until_above,
        these_items=options.these_items,
        short=None if options.short is None else read_file(typed_path(options.short)),
        force=options.force,
        key_env=options.key_env,
        max_usd=options.max_usd,
        mixed=options.mixed,
        conditions=conditions_of(options),
    )


def parallel(text: str) -> int | None:
    """Slots as asked for: a number, or None for "auto"."""
    if text == "auto":
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 254:
        raise UsageError(f"--parallel {text} is no number of slots: take auto, or 1 to 254.")
    return int(text)


def conditions_of(options: argparse.Namespace) -> dict[str, Any]:
    """The night plan of the command line."""
    return start.night_conditions(
        start_at=options.start_at or "",
        stop_by=options.stop_by or "",
        mains_only=options.mains_only,
        max_temperature_c=options.max_temperature,
        min_battery_percent=options.min_battery,
        nice=options.nice,
    )
