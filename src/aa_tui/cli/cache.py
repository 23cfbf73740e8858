"""`aa-tui cache`: which types of KV cache are safe and fast for a file."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from typing import Any

from aa_tui.actions import start
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.bench import DETACHED, exit_code, tell_of_parts, warn, watch
from aa_tui.cli.catalog_option import catalog_path


def run(options: argparse.Namespace) -> int:
    """Study a file's cache types, and print what was found."""
    from aa_tui.runs.studies.cache_plan import CacheOptions

    path = catalog_path(options)
    wanted = CacheOptions(
        types=options.types,
        depths=options.depths,
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        force=options.force,
    )
    with db.writing(path) as conn:
        warn(path)
        with output.hashing() as on_progress:
            run_id = start.cache(conn, options.target, model=options.model, options=wanted, on_progress=on_progress)
        tell_of_parts([options.target])
        if options.detach and not options.json:
            output.write_lines([DETACHED.format(run_id)])
            return 0
        one = catalog_runs.get(conn, run_id) if options.detach else watch(conn, run_id)
        if options.json:
            output.print_json(_values(conn, one))
        else:
            output.write_lines(_lines(conn, one))
        return 0 if options.detach else exit_code(one)


def _values(conn: sqlite3.Connection, one: RunRow) -> dict[str, Any]:
    from aa_tui.pages.json import run as run_json
    from aa_tui.pages.studies.report import study_report

    found = study_report(conn, one)
    return {**run_json.run(one), "report": dict(found.values) if found is not None else None}


def _lines(conn: sqlite3.Connection, one: RunRow) -> Iterator[str]:
    from aa_tui.pages.studies.report import study_report

    yield f"Run {one.id}: {one.target} · {one.file.quant or ''} · {one.state}"
    if one.reason:
        yield f"  {one.reason}"
    found = study_report(conn, one)
    if found is None:
        return
    yield from (f"  {words}" for words in found.sentences)
    for table in found.tables:
        yield ""
        yield table.title
        left = frozenset(range(len(table.head))) - table.right
        yield from output.table(table.head, table.rows, left)
        if table.note:
            yield table.note
