"""What a run found that studies one thing, on paper and as JSON."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.pages.studies.report import study_report


def report(conn: sqlite3.Connection, run: RunRow, *, as_json_wanted: bool) -> None:
    """Print what came of a study so far: its findings, its tables, and how it ended."""
    found = study_report(conn, run)
    if as_json_wanted:
        from aa_tui.pages.json.study import as_json

        output.print_json(as_json(run, found))
        return
    from aa_tui.analysis import display
    from aa_tui.pages.text import study

    size = display.size_bytes(run.file.size_bytes or None)
    lines = [f"Run {run.id}: {run.target} · {run.file.shown_name} · {run.file.quant or '–'} · {size} · {run.state}"]
    if run.reason:
        lines.append(f"  {run.reason}")
    if found is None:
        lines.append(f"  It is a study of {run.setup.study or 'a kind'} that this version does not know: update it.")
    else:
        lines += ["", found.title, *(f"  {line}".rstrip() for line in study.lines(found, output.width() - 2))]
    if run.made_on_whole:
        lines += ["", f"  {run.made_on_whole}"]
    output.write_lines(lines)


def follow(conn: sqlite3.Connection, run_id: int, *, detach: bool, as_json_wanted: bool) -> int:
    """Follow a study that has just been started, then print it; only name it where it is to go on by itself.

    Returns the exit code. Ctrl-C stops it; what it found is kept.
    """
    from aa_tui.cli.bench import DETACHED, exit_code, watch

    if detach:
        if as_json_wanted:
            report(conn, runs.get(conn, run_id), as_json_wanted=True)
        else:
            output.write_lines([DETACHED.format(run_id)])
        return 0
    run = watch(conn, run_id)
    report(conn, run, as_json_wanted=as_json_wanted)
    return exit_code(run)
