"""`aa-tui watch`: whether a file has become slower or answers otherwise since its baseline."""

from __future__ import annotations

import argparse

from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import UsageError


def run(options: argparse.Namespace) -> int:
    """Probe a file and compare it, or list what is watched."""
    if options.list or options.history:
        return _listing(options)
    if options.target is None:
        raise UsageError("Name a .gguf file to probe; `aa-tui watch --list` lists the files that are watched.")
    from aa_tui.actions import studies
    from aa_tui.cli import study
    from aa_tui.cli.bench import tell_of_parts, warn
    from aa_tui.runs.studies.probe_plan import WatchOptions

    path = catalog_path(options)
    with db.writing(path) as conn:
        warn(path)
        with output.hashing() as on_progress:
            wanted = WatchOptions(
                baseline=options.baseline,
                against=options.against,
                pin=options.pin,
                n_threads=options.threads,
                force=options.force,
            )
            run_id = studies.watch(conn, options.target, model=options.model, options=wanted, on_progress=on_progress)
        tell_of_parts([options.target])
        return study.follow(conn, run_id, detach=options.detach, as_json_wanted=options.json)


def _listing(options: argparse.Namespace) -> int:
    from aa_tui.pages.studies import watch_list

    given = {"--pin": options.pin, "--baseline": options.baseline, "--against": options.against}
    wrong = next((name for name, value in given.items() if value), None)
    if wrong is not None or (options.list and options.history):
        raise UsageError(f"{wrong or '--history'} does not go with {'--list' if options.list else '--history'}.")
    if options.list and options.target is not None:
        raise UsageError("--list lists all files that are watched; `--history FILE` lists the probes of one.")
    with db.noting(catalog_path(options)) as conn:
        if options.list:
            rows, table = watch_list.files_json(conn), watch_list.files_table
            empty = "No file is watched yet: `aa-tui watch FILE` probes one."
        else:
            rows, table = watch_list.history_json(conn, options.target), watch_list.history_table
            empty = "There is no probe yet: `aa-tui watch FILE` makes one."
    if options.json:
        output.print_json(rows)
    elif not rows:
        output.say(empty)
    else:
        head, body, left = table(rows)
        output.write_lines(output.table(head, body, left))
    return 0
