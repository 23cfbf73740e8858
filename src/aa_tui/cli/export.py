"""`aa-tui export`: a page, a run, a comparison or a chart as a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import db
from aa_tui.cli import index_version, output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.cli.runs_arguments import EXCHANGE_FORMATS
from aa_tui.cli.saving import save
from aa_tui.errors import UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.catalog.connection import Catalog
    from aa_tui.export.document import Document

STDOUT = "-"
MEASURED = "measured"


def run(options: argparse.Namespace) -> int:
    """Write the file and say where it is; with `--output -` print it."""
    from aa_tui.export import files

    if options.targets == [MEASURED]:
        return _measured(options)
    if options.format in EXCHANGE_FORMATS:
        return _exchange(options)
    if options.format in ("csv", "jsonl"):
        raise UsageError(
            f"{options.format} is for `aa-tui export {MEASURED}`; of a run `aa-tui runs export` writes it."
        )
    key = _format(options)
    with index_version.reading(options) as conn, _shown(conn, options) as shown:
        document, name = _document(shown, options)
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


@contextmanager
def _shown(conn: Catalog, options: argparse.Namespace) -> Iterator[Catalog]:
    """What may be handed on, or all with --with-restricted; says what is left out."""
    from aa_tui.catalog import models, publishing

    if options.with_restricted:
        yield conn
        return
    with publishing.to_hand_on(conn) as (copy, withheld):
        if withheld.sources:
            index_version.show(copy, options)
            output.say(
                f"Left out: what came from {', '.join(map(clean_line, withheld.sources))}, whose terms do not let you "
                "hand it on; --with-restricted writes it too, for your own eyes."
            )
        try:
            yield copy
        except models.UnknownModelError as error:
            name = models.resolve(conn, error.name).name  # there it may be unknown as well
            raise UsageError(
                f"All that is known of {clean_line(name)} is of sources that do not let you hand it on; "
                "--with-restricted writes it, for your own eyes."
            ) from error


def _exchange(options: argparse.Namespace) -> int:
    """A run in another program's format."""
    from aa_tui.catalog import runs
    from aa_tui.cli.exchanging import export
    from aa_tui.pages.scene import run_of

    run_id = run_of(options.targets[0]) if len(options.targets) == 1 and options.chart is None else None
    if run_id is None:
        raise UsageError(f"{options.format} is a format of runs: name one, such as run:3.")
    with db.reading(catalog_path(options)) as conn:
        return export(conn, runs.get(conn, run_id), options)


def _measured(options: argparse.Namespace) -> int:
    """All figures that were measured here, a row each."""
    from aa_tui.catalog import measured
    from aa_tui.cli.exchanging import put
    from aa_tui.export import parquet
    from aa_tui.export.rows_csv import as_csv
    from aa_tui.jsontext import dumps

    suffix = Path(options.output or "").suffix.removeprefix(".")
    key = options.format or (suffix if suffix in ("parquet", "jsonl") else "csv")
    if key not in ("csv", "jsonl", "parquet"):
        raise UsageError(
            f"the figures that were measured here are rows: {key} is not for them; csv, jsonl and parquet are."
        )
    with db.reading(catalog_path(options)) as conn:
        if key == "parquet":
            data = parquet.of_measured(conn)
        else:
            rows = [row._asdict() for row in measured.here(conn)]
            text = as_csv(rows) if key == "csv" else "".join(dumps(row) + "\n" for row in rows)
            data = text.encode()
    return put({f"{MEASURED}.{key}": data}, options, is_text=key != "parquet")


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
