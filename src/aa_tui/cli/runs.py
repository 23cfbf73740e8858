"""`aa-tui runs`: list, show, follow and stop runs."""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing

from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, report, watch
from aa_tui.cli.errors import UsageError
from aa_tui.cli.main import catalog_path
from aa_tui.runs import request_stop, settle_orphans


def run(options: argparse.Namespace) -> int:
    """One of the actions on runs."""
    with closing(db.open_catalog(catalog_path(options))) as conn:
        settle_orphans(conn)
        if options.action == "list":
            return _list(conn, options.json)
        if options.run_id is None:
            raise UsageError(f"`aa-tui runs {options.action}` wants a run's number; `aa-tui runs` lists them.")
        one = catalog_runs.get(conn, options.run_id)
        if options.action == "stop":
            return _stop(conn, one, options.json)
        if options.action == "follow":
            one = watch(conn, one.id, stop_on_interrupt=False)
        _print(conn, one, options.json)
        return exit_code(one) if options.action == "follow" else 0


def _list(conn: sqlite3.Connection, as_json_wanted: bool) -> int:
    rows = catalog_runs.list_runs(conn)
    if as_json_wanted:
        from aa_tui.pages import as_json

        output.print_json([as_json.run(row) for row in rows])
        return 0
    if not rows:
        output.write_lines(["No runs yet; `aa-tui demo` makes the first one."])
        return 0
    from aa_tui.pages import measured

    body = []
    for row in rows:
        result = catalog_runs.result_of(conn, row)
        state = f"{row.state} {row.progress:.0%}" if row.is_live else row.state
        body.append(
            (
                str(row.id),
                row.created_at[:16].replace("T", " "),
                state,
                output.cut(row.target, 40),
                row.file.quant or "–",
                measured.rate(result, "pp512"),
                measured.rate(result, "tg128"),
            )
        )
    head = ("Run", "Created (UTC)", "State", "Model", "Quant", "pp512 tok/s", "tg128 tok/s")
    output.write_lines(output.table(head, body, left=frozenset({1, 2, 3, 4})))
    return 0


def _stop(conn: sqlite3.Connection, one: RunRow, as_json_wanted: bool) -> int:
    was_live = one.is_live
    request_stop(conn, one.id)
    if as_json_wanted:
        _print(conn, catalog_runs.get(conn, one.id), as_json_wanted)
    elif was_live:
        output.write_lines([f"Run {one.id} was asked to stop; what it has measured is kept."])
    else:
        output.write_lines([f"Run {one.id} has already ended: {one.state}."])
    return 0


def _print(conn: sqlite3.Connection, one: RunRow, as_json_wanted: bool) -> None:
    if as_json_wanted:
        from aa_tui.pages import as_json

        output.print_json(as_json.bench(catalog_runs.result_of(conn, one), catalog_runs.samples(conn, one.id)))
    else:
        output.write_lines(report(conn, one))
