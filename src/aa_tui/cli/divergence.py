"""`aa-tui divergence`: how far a file is from another of the same model."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.actions import start
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.cli import bench, output
from aa_tui.cli.catalog_option import catalog_path

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunRow
    from aa_tui.pages.studies.report import StudyReport

_DETACHED = "Run {0} continues in the background: `aa-tui runs follow {0}` shows it, `aa-tui runs stop {0}` ends it."


def divergence(options: argparse.Namespace) -> int:
    """Measure a file against its reference and print what came of it."""
    path = catalog_path(options)
    with db.writing(path) as conn:
        bench.warn(path)
        with output.hashing() as on_progress:
            run_id = start.divergence(
                conn, options.target, options.reference, **_wanted(options), on_progress=on_progress
            )
        bench.tell_of_parts([options.target, options.reference])
        run = catalog_runs.get(conn, run_id) if options.detach else bench.watch(conn, run_id)
        if options.json:
            output.print_json(_result(conn, run))
        elif options.detach:
            output.write_lines([_DETACHED.format(run_id)])
        else:
            output.write_lines(_lines(conn, run))
        return 0 if options.detach else bench.exit_code(run)


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "n_ctx": options.ctx,
        "text": Path(options.text).expanduser() if options.text else None,
        "max_blocks": options.blocks,
        "until_width": options.until_width,
        "type_k": options.kv_k,
        "type_v": options.kv_v,
        "n_threads": options.threads,
        "n_gpu_layers": options.gpu_layers,
        "force": options.force,
        "with_thinking": options.with_thinking,
    }


def _lines(conn: sqlite3.Connection, run: RunRow) -> Iterator[str]:
    yield f"Run {run.id}: {run.target} · {run.file.shown_name} · {run.state}"
    if run.reason:
        yield f"  {run.reason}"
    found = _report(conn, run)
    for sentence in found.sentences:
        yield f"  {sentence}"
    for table in found.tables:
        left = frozenset(range(len(table.head))) - table.right
        yield ""
        yield from output.table(table.head, table.rows, left)
        if table.note:
            yield table.note


def _result(conn: sqlite3.Connection, run: RunRow) -> dict[str, Any]:
    from aa_tui.pages.json import run as run_json

    found = _report(conn, run)
    return {**run_json.run(run), "settings": run.settings, "study": "divergence", "divergence": dict(found.values)}


def _report(conn: sqlite3.Connection, run: RunRow) -> StudyReport:
    from aa_tui.pages.studies.divergence import report

    return report(conn, run)
