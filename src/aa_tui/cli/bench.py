"""`aa-tui bench`: measure a file on this machine, or a server."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from aa_tui.actions import start
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE, INTERRUPTED

DETACHED = "Run {0} continues in the background: `aa-tui runs follow {0}` shows it, `aa-tui runs stop {0}` ends it."


def bench(options: argparse.Namespace) -> int:
    """Measure a file and print its figures."""
    path = catalog_path(options)
    with db.writing(path) as conn:
        warn(path, options.rpc)
        run_id = _start(conn, options)
        if options.detach:
            if options.json:
                output.print_json(_result(conn, run_id))
            else:
                output.write_lines([DETACHED.format(run_id)])
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

    Its end rings and notifies, unless the user has turned that off. Ctrl-C asks the worker to stop, and the runs
    `and_stop`, and waits for it; a second one leaves it alone. What was measured is kept.
    """
    from aa_tui.actions.runs import stop
    from aa_tui.pages.text import ended, live
    from aa_tui.runs.follow import follow

    bar, path = output.ProgressLine(), db.path_of(conn)
    was_live = False
    try:
        for run in follow(conn, run_id):
            was_live = was_live or run.is_live
            bar.show(run.progress, live.words(run, path))
        if was_live:
            output.announce(ended.words(catalog_runs.get(conn, run_id)))
    except KeyboardInterrupt:
        bar.clear()
        if not stop_on_interrupt:
            raise
        for one in (run_id, *and_stop):
            stop(conn, one)
        output.say("Stopping; what is measured stays in the catalog.")
        for run in follow(conn, run_id):
            bar.show(run.progress, "stopping")
    finally:
        bar.clear()
    return catalog_runs.get(conn, run_id)


def warn(catalog_path: Path | None = None, rpc: Sequence[str] = ()) -> None:
    """Say what one should know before a run starts."""
    for words in start.cautions(catalog_path, rpc=rpc):
        output.say(f"! {words}")


def tell_of_parts(targets: Sequence[str]) -> None:
    """A later part of a model stands for the whole, which is said."""
    from aa_tui.gguf.parts import led_to_first
    from aa_tui.gguf.places import typed_path

    for target in targets:
        words = led_to_first(typed_path(target))
        if words is not None:
            output.say(words)


def exit_code(run: RunRow) -> int:
    """What a run's end means to the shell."""
    return {"finished": 0, "stopped": INTERRUPTED}.get(run.state, FAILURE)


def report(conn: sqlite3.Connection, run: RunRow) -> list[str]:
    """A run in a few lines: what it measured, on what, and how it ended."""
    from aa_tui.analysis import MISSING
    from aa_tui.pages import measured
    from aa_tui.pages.text import speed as speed_report

    result = catalog_runs.result_of(conn, run)
    row = measured.row_of(result)
    lines = [f"Run {run.id}: {run.target} · {row.file} · {row.quant} · {row.size} · {run.state}"]
    if run.reason:
        lines.append(f"  {run.reason}")
    samples = catalog_runs.samples(conn, run.id)
    lines += speed_report.lines(result, samples)
    if row.memory != MISSING:
        lines.append(f"  memory  {row.memory:>18} at its peak")
    lines.append(f"  {row.how}")
    lines += [f"  {words}" for words in measured.devices(run)]
    if row.caution:
        lines.append(f"  ! {row.caution}")
    if run.slug and samples:
        lines.append(f"  `aa-tui show {run.slug}` has it on the model's page.")
    return lines


def _start(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    from aa_tui.runs import SpeedOptions

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
        tariff=options.tariff,
        parallel=options.parallel,
        rates=options.rate,
        for_s=options.for_s,
        slo=options.slo,
        prompt_tokens=options.prompt_tokens,
        output_tokens=options.output_tokens,
        key_env=options.key_env,
        max_usd=options.max_usd,
    )
    with output.hashing() as on_progress:
        run_id = start.bench(conn, options.target, model=options.model, options=wanted, on_progress=on_progress)
    tell_of_parts([options.target])
    return run_id


def _result(conn: sqlite3.Connection, run_id: int) -> dict[str, object]:
    from aa_tui.pages.json import run as run_json

    run = catalog_runs.get(conn, run_id)
    return run_json.bench(catalog_runs.result_of(conn, run), catalog_runs.samples(conn, run_id))
