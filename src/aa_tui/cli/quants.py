"""`aa-tui quants`: which quantization of a model to take."""

from __future__ import annotations

import argparse
import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import db
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, warn, watch
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import UsageError

if TYPE_CHECKING:
    from aa_tui.actions.quants import LadderOptions


def run(options: argparse.Namespace) -> int:
    """Measure what is missing, and print the table and the recommendation."""
    from aa_tui.actions import quants as actions
    from aa_tui.runs import quants

    _check(options)
    path = catalog_path(options)
    if not options.no_run:
        actions.check(_wanted(options))
    with db.writing(path) as conn:
        with output.hashing() as on_progress:
            files, reference, left_out = quants.files_of(
                conn, options.targets, reference=options.reference, on_progress=on_progress
            )
        code = 0
        if not options.no_run:
            warn(path)
            done = _measure(conn, files, reference, options)
            code = next((found for one in done if (found := exit_code(one)) and not one.is_live), 0)
        if not (options.detach and not (options.json or options.csv)):
            _print(conn, files, reference, options, left_out)
        return code


def _check(options: argparse.Namespace) -> None:
    """Raises UsageError for what goes only with something else."""
    if options.csv and options.json:
        raise UsageError("--csv and --json exclude each other.")
    for name, value in (("--limit", options.limit), ("--until", options.until)):
        if value is not None and options.pack is None:
            raise UsageError(f"{name} says how far to evaluate: name the pack with --pack.")
    if options.no_run and options.detach:
        raise UsageError("--no-run measures nothing, so there is nothing to --detach.")


def _wanted(options: argparse.Namespace) -> LadderOptions:
    from aa_tui.actions.quants import LadderOptions

    return LadderOptions(
        pack=options.pack,
        limit=options.limit,
        until_width=options.until,
        text=_text(options),
        quick=options.quick,
        exact=options.exact,
        force=options.force,
    )


def _text(options: argparse.Namespace) -> Path | None:
    return Path(options.text).expanduser() if options.text else None


def _measure(
    conn: sqlite3.Connection, files: list[FileRow], reference: FileRow, options: argparse.Namespace
) -> list[RunRow]:
    """Start what is missing and follow it, one after the other. Ctrl-C stops all of it; what is there stays."""
    from aa_tui.actions import quants as actions
    from aa_tui.errors import INTERRUPTED
    from aa_tui.pages.text.quants import plan_words

    planned = actions.plan(conn, files, reference, _wanted(options))
    if planned.n_known:
        output.say(f"Measured already, not again: {planned.n_known} run{'' if planned.n_known == 1 else 's'}.")
    if not planned.steps:
        return []
    output.say(plan_words([step.words for step in planned.steps], planned.seconds))
    if planned.room:
        output.say(planned.room)
    queued = actions.measure(conn, planned)
    if options.detach:
        numbers = ", ".join(map(str, queued))
        output.say(f"In the background: runs {numbers}; `aa-tui runs` shows them, the same command their table.")
        return []
    done: list[RunRow] = []
    for number, run_id in enumerate(queued):
        done.append(watch(conn, run_id, and_stop=queued[number + 1 :]))
        if exit_code(done[-1]) == INTERRUPTED:
            output.say("The same command goes on from here.")
            break
        if done[-1].state == "failed":
            output.say(f"! Run {run_id} failed: {done[-1].reason or 'see its log'}")
    return done


def _print(
    conn: sqlite3.Connection,
    files: list[FileRow],
    reference: FileRow,
    options: argparse.Namespace,
    left_out: tuple[str, ...],
) -> None:
    from aa_tui.actions.quants import pack_name, text_sha256
    from aa_tui.pages import quants as pages
    from aa_tui.pages.json import quants as quants_json
    from aa_tui.pages.text import quants as words

    pack = pack_name(conn, options.pack) if options.pack is not None else None
    text = text_sha256(_text(options))
    ladder = pages.load(
        conn,
        files,
        reference,
        pack=pack,
        text_sha256=text,
        with_evaluations=not options.no_eval,
        left_out=left_out,
    )
    if options.json:
        output.print_json(quants_json.as_json(ladder, [words.headline(ladder), *words.reasons(ladder)]))
    elif options.csv:
        output.print_rows(quants_json.rows(ladder), options)
    else:
        table = partial(output.table, left=frozenset({0}))
        output.write_lines(words.lines(ladder, table, output.width()))
