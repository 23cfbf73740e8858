"""`aa-tui export`: a page, a run, a comparison or a chart as a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.cli import index_version, output
from aa_tui.cli.saving import save
from aa_tui.errors import UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.export.document import Document

STDOUT = "-"


def run(options: argparse.Namespace) -> int:
    """Write the file and say where it is; with `--output -` print it."""
    from aa_tui.export import files

    key = _format(options)
    with index_version.reading(options) as conn:
        document, name = _document(conn, options)
    data = files.contents(document, key)
    if options.output == STDOUT:
        if key == "png" and sys.stdout.isatty():
            raise UsageError("a PNG is no text; name a file with --output, or send it to another program.")
        if key == "png":
            output.write_data(data)
        else:
            output.print_document(data.decode())
        return 0
    path = typed_path(options.output) if options.output else Path(files.default_name(name, key))
    if save(path, data, force=options.force):
        output.say(f"Written: {path}")
    return 0


def _format(options: argparse.Namespace) -> str:
    """The format asked for, else that of the file's suffix, else Markdown."""
    from aa_tui.export import files

    named = files.format_of(options.output) if options.output and options.output != STDOUT else None
    if options.format is None and named is None and options.output not in (None, STDOUT):
        there = ", ".join(f".{one.key}" for one in files.FORMATS)
        raise UsageError(f"the format of {clean_line(options.output)} is not clear; end it in {there} or say --format.")
    return options.format or named or "md"


def _document(conn: sqlite3.Connection, options: argparse.Namespace) -> tuple[Document, tuple[str, ...]]:
    """What is to be written, and the words of its file's name."""
    from aa_tui.catalog import models
    from aa_tui.export.comparison import comparison_report
    from aa_tui.export.page import one_chart, whole_page
    from aa_tui.export.run_report import run_report
    from aa_tui.pages import page
    from aa_tui.pages.scene import run_of

    target, *others = options.targets
    if others and options.chart is not None:
        raise UsageError("a chart is of one model or run; name one, or leave --chart out to compare them.")
    if others:
        names = tuple(one.replace(":", "-") for one in options.targets)
        return comparison_report(conn, options.targets, answers=options.answers), names
    run_id = run_of(target)
    if run_id is not None and options.chart is None:
        return run_report(conn, run_id, answers=options.answers), (f"run-{run_id}",)
    if run_id is not None:
        return one_chart(conn, target, options.chart), (f"run-{run_id}", options.chart)
    slug = models.resolve(conn, target).slug
    if options.chart is None:
        return whole_page(conn, page.load(conn, slug)), (slug,)
    return one_chart(conn, slug, options.chart), (slug, options.chart)
