"""Writing a run in another program's format: one file, or several in a folder."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

from aa_tui.catalog.rows import RunRow
from aa_tui.cli import output
from aa_tui.cli.saving import save
from aa_tui.errors import UsageError
from aa_tui.textsafe import clean_line

_STDOUT = "-"
_BINARY = frozenset({"inspect", "parquet"})


def export(conn: sqlite3.Connection, run: RunRow, options: argparse.Namespace) -> int:
    """Write or print a run in `options.format`."""
    from aa_tui.export import exchange

    key = options.format
    if exchange.is_folder(key) and options.output in (None, _STDOUT):
        raise UsageError(f"{key} is several files: name a folder for them with --output.")
    made = exchange.files_of(conn, run, key)
    if exchange.is_folder(key):
        return _folder(made, options)
    return put(made, options, is_text=key not in _BINARY)


def put(made: Mapping[str, bytes], options: argparse.Namespace, *, is_text: bool) -> int:
    """Write one file where `options.output` says, or print it; what is no text goes to no terminal."""
    from aa_tui.gguf.places import typed_path

    (name, data), *_ = made.items()
    if options.output in (None, _STDOUT) and is_text:
        output.print_document(data.decode())
        return 0
    if options.output == _STDOUT:
        if sys.stdout.isatty():
            raise UsageError("this format is no text; name a file with --output, or send it to another program.")
        output.write_data(data)
        return 0
    path = typed_path(options.output) if options.output else Path(name)
    if path.is_dir():
        path = path / name
    if save(path, data, force=options.force):
        output.say(f"Written: {clean_line(str(path))}")
    return 0


def _folder(made: Mapping[str, bytes], options: argparse.Namespace) -> int:
    from aa_tui.export.errors import ExportError
    from aa_tui.export.files import FileExistsAlready, write_all
    from aa_tui.gguf.places import typed_path

    folder = typed_path(options.output)
    try:
        written = write_all(folder, made, replace=options.force)
    except FileExistsAlready as error:
        raise ExportError(
            f"{error.path} exists already; name another folder with --output, or replace it with --force."
        ) from error
    for path in written:
        output.say(f"Written: {clean_line(str(path))}")
    return 0
