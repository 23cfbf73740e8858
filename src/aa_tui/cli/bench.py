"""`aa-tui bench`: measure a file on this machine."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from aa_tui.catalog import db, life
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.main import FAILURE, INTERRUPTED, catalog_path

_DETACHED = "Run {0} goes on by itself: `aa-tui runs follow {0}` shows it, `aa-tui runs stop {0}` ends it.\n"


def bench(options: argparse.Namespace) -> int:
    """Measure a file and print its figures."""
    path = catalog_path(options)
    with closing(db.open_catalog(path)) as conn:
        run_id = _start(conn, path, options)
        if options.detach:
            if options.json:
                output.print_json(_result(conn, run_id))
            else:
                sys.stdout.write(_DETACHED.format(run_id))
            return 0
        run = watch(conn, run_id)
        if options.json:
            output.print_json(_result(conn, run_id))
        else:
            output.write_lines(report(conn, run))
        return exit_code(run)


def watch(
    conn: sqlite3.Connection, run_id: int, *, stop_on_interrupt: bool = True, and_stop: Sequence[int] = ()
) -> RunRow:
    """Follow a run with a progress bar until it has ended.

    Ctrl-C asks the worker to stop, and the runs `and_stop`, and waits for it; a second one leaves it alone. What was
    measured is kept.
    """
    from aa_tui.pages import live
    from aa_tui.runs.follow import follow

    bar, path = output.ProgressLine(), db.path_of(conn)
    warn_of_network(path)
    try:
        for run in follow(conn, run_id):
            bar.show(run.progress, live.words(run, path))
    except KeyboardInterrupt:
        bar.clear()
        if not stop_on_interrupt:
            raise
        for one in (run_id, *and_stop):
            life.ask(conn, one, "stop")
        sys.stderr.write("Stopping; what is measured stays in the catalog.\n")
        for run in follow(conn, run_id):
            bar.show(run.progress, "stopping")
    finally:
        bar.clear()
    return catalog_runs.get(conn, run_id)


def warn_of_network(catalog_path: Path) -> None:
    """SQLite's locks cannot be relied on over a network: two programs may write at once."""
    from aa_tui.host.disk import network_file_system

    kind = network_file_system(catalog_path.parent)
    if kind is not None:
        sys.stderr.write(
            f"The catalog lies on a network drive ({kind}), where its locks may not hold: set AA_TUI_HOME to a "
            "local folder for runs.\n"
        )


def warn_of_rpc(rpc: Sequence[str]) -> None:
    """What everybody on the network can read and change."""
    if rpc:
        from aa_tui.engine.offload import RPC_WARNING

        sys.stderr.write(f"! {RPC_WARNING}\n")


def exit_code(run: RunRow) -> int:
    """What a run's end means to the shell."""
    return {"finished": 0, "stopped": INTERRUPTED}.get(run.state, FAILURE)


def report(conn: sqlite3.Connection, run: RunRow) -> list[str]:
    """A run in a few lines: what it measured, on what, and how it ended."""
    from aa_tui.analysis import MISSING
    from aa_tui.pages import measured, speed_report

    result = catalog_runs.result_of(conn, run)
    row = measured.rows([result])[0]
    lines = [f"Run {run.id}: {run.target} · {row.file} · {row.quant} · {row.size} · {run.state}"]
    if run.reason:
        lines.append(f"  {run.reason}")
    lines += speed_report.lines(result, catalog_runs.samples(conn, run.id))
    if row.memory != MISSING:
        lines.append(f"  memory  {row.memory:>18} at most")
    lines.append(f"  {row.how}")
    lines += [f"  {words}" for words in measured.devices(run)]
    if row.caution:
        lines.append(f"  ! {row.caution}")
    if run.slug:
        lines.append(f"  `aa-tui show {run.slug}` has it on the model's page.")
    return lines


def _start(conn: sqlite3.Connection, path: Path, options: argparse.Namespace) -> int:
    from aa_tui.runs import SpeedOptions, prepare, start

    wanted = SpeedOptions(
        tests=options.tests,
        repetitions=options.repetitions,
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        force=options.force,
        depths=options.depths,
        sweeps=tuple(options.sweep or ()),
        sustained_s=options.sustained,
        devices=options.device,
        tensor_split=options.tensor_split,
        rpc=options.rpc,
        tariff=options.tariff or os.environ.get("AA_TUI_TARIFF") or None,
    )
    warn_of_rpc(options.rpc)
    bar = output.ProgressLine()
    try:
        run_id = prepare(
            conn,
            options.target,
            model=options.model,
            options=wanted,
            on_progress=lambda done, total: bar.show(done / max(total, 1), "reading the file (sha256)"),
        )
    finally:
        bar.clear()
    start(path, conn, run_id)
    return run_id


def _result(conn: sqlite3.Connection, run_id: int) -> dict[str, object]:
    from aa_tui.pages import as_json

    run = catalog_runs.get(conn, run_id)
    return as_json.bench(catalog_runs.result_of(conn, run), catalog_runs.samples(conn, run_id))
