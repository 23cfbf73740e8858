"""`aa-tui speculate`: whether speculative decoding makes a file faster here."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator

from aa_tui.actions import start
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, tell_of_parts, warn, watch
from aa_tui.cli.catalog_option import catalog_path

_DETACHED = "Run {0} continues in the background: `aa-tui runs follow {0}` shows it, `aa-tui runs stop {0}` ends it."


def run(options: argparse.Namespace) -> int:
    """Study a file and print what came of it."""
    path = catalog_path(options)
    with db.writing(path) as conn:
        warn(path)
        run_id = _start(conn, options)
        if options.detach:
            if options.json:
                output.print_json(_values(conn, catalog_runs.get(conn, run_id)))
            else:
                output.write_lines([_DETACHED.format(run_id)])
            return 0
        found = watch(conn, run_id)
        if options.json:
            output.print_json(_values(conn, found))
        else:
            output.write_lines(list(_lines(conn, found)))
        return exit_code(found)


def _start(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    from aa_tui.analysis.speculating import N_DRAFT
    from aa_tui.runs.studies.drafting import SpeculationOptions

    wanted = SpeculationOptions(
        draft=options.draft,
        ngram=not options.no_ngram,
        kinds=options.kinds,
        n_draft=options.n_draft or N_DRAFT,
        exhaustive=options.exhaustive,
        repetitions=options.repetitions,
        max_output=options.max_output,
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        slots=options.slots,
        force=options.force,
    )
    with output.hashing() as on_progress:
        run_id = start.speculate(conn, options.target, model=options.model, options=wanted, on_progress=on_progress)
    tell_of_parts([options.target, *([options.draft] if options.draft else [])])
    return run_id


def _lines(conn: sqlite3.Connection, run: RunRow) -> Iterator[str]:
    from aa_tui.pages.studies.report import study_report

    yield f"Run {run.id}: {run.target} · {run.file.shown_name} · {run.state}"
    if run.reason:
        yield f"  {run.reason}"
    report = study_report(conn, run)
    if report is None:
        return
    yield from report.sentences
    for table in report.tables:
        yield ""
        yield table.title
        yield from output.table(table.head, table.rows, frozenset(range(len(table.head))) - table.right)
        if table.note:
            yield table.note


def _values(conn: sqlite3.Connection, run: RunRow) -> dict[str, object]:
    from aa_tui.pages.studies.report import study_report

    report = study_report(conn, run)
    return {
        "run_id": run.id,
        "state": run.state,
        "reason": run.reason or None,
        "file": run.file.shown_name,
        "sentences": list(report.sentences) if report else [],
        "study": dict(report.values) if report else {},
    }
