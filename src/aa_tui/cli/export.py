"""`aa-tui export`: a page or a chart as a file."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import db
from aa_tui.cli.errors import UsageError
from aa_tui.cli.main import catalog_path
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.export.document import Document

STDOUT = "-"


def run(options: argparse.Namespace) -> int:
    """Write the file and say where it is; with `--output -` print it."""
    from aa_tui.export import files
    from aa_tui.export.errors import ExportError

    key = _format(options)
    with closing(db.open_best(catalog_path(options))) as conn:
        document, name = _document(conn, options)
    data = files.contents(document, key)
    if options.output == STDOUT:
        if key == "png" and sys.stdout.isatty():
            raise UsageError("a PNG is no text; name a file with --output, or send it to another program.")
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return 0
    path = Path(options.output) if options.output else Path(files.default_name(name, key))
    try:
        files.write(path, data, replace=options.force)
    except files.FileExistsAlready as error:
        raise ExportError(
            f"{path} exists already; name another file with --output, or replace it with --force."
        ) from error
    sys.stderr.write(f"Written: {clean_line(str(path))}\n")
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
    from aa_tui.export.page import one_chart, whole_page
    from aa_tui.pages import page
    from aa_tui.pages.scene import run_of

    run_id = run_of(options.model)
    if run_id is not None and options.chart is None:
        raise UsageError(f"name a chart of the run with --chart; `aa-tui runs export {run_id}` writes the run itself.")
    if run_id is not None:
        return one_chart(conn, options.model, options.chart), (f"run-{run_id}", options.chart)
    slug = models.resolve(conn, options.model).slug
    if options.chart is None:
        return whole_page(conn, page.load(conn, slug)), (slug,)
    return one_chart(conn, slug, options.chart), (slug, options.chart)
