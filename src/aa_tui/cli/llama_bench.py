"""`aa-tui import llama-bench`: speeds that were measured on other machines."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import db, elsewhere, models
from aa_tui.catalog.elsewhere import Elsewhere
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.pages.json import elsewhere as elsewhere_json
from aa_tui.pages.text import elsewhere as pages
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.speed.llama_bench import Entry


def run(options: argparse.Namespace) -> int:
    """Read a file of llama-bench into the catalog, or list what was imported."""
    if options.list == (options.file is not None):
        raise UsageError("name a file that `llama-bench -o json` wrote, or say --list.")
    with db.writing(catalog_path(options)) as conn:
        if options.list:
            rows = elsewhere.listing(conn, models.resolve(conn, options.model).model_id if options.model else None)
            _print(rows, as_json=options.json)
            return 0
        from aa_tui.speed.llama_bench import parse

        rows = [_row(conn, entry, options.model) for entry in parse(_data(options.file))]
        added = elsewhere.add(conn, rows)
        if options.json:
            _print(rows, as_json=True)
        else:
            _print(rows, as_json=False)
            known = f", {len(rows) - added} were there already" if added < len(rows) else ""
            output.write_lines([f"{added} tests imported as measured elsewhere{known}."])
            if any(row.model_id is None for row in rows):
                output.write_lines(["No model of the catalog is called so; --model says which one was measured."])
    return 0


def _data(name: str) -> bytes:
    from aa_tui.speed.errors import SpeedError
    from aa_tui.speed.llama_bench import MAX_BYTES

    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with typed_path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpeedError(f"{clean_line(name)} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_BYTES:
        raise SpeedError(f"{clean_line(name)} is larger than {MAX_BYTES >> 20} MiB: it is no file of llama-bench.")
    return data


def _row(conn: sqlite3.Connection, entry: Entry, model: str | None) -> Elsewhere:
    from aa_tui.gguf.naming import without_quant
    from aa_tui.library.naming import find_model

    if model is not None:
        model_id: int | None = models.resolve(conn, model).model_id
    else:
        model_id = find_model(conn, (without_quant(Path(entry.model_file).stem),), entry.n_params)
    found = models.by_model_id(conn, model_id) if model_id is not None else []
    return Elsewhere(
        test=entry.test,
        tokens_per_s=entry.avg_ts,
        stdev=entry.stddev_ts,
        n=entry.n,
        program="llama-bench",
        build=entry.build,
        cpu=entry.cpu,
        gpu=entry.gpu,
        backends=entry.backends,
        n_threads=entry.n_threads,
        n_gpu_layers=entry.n_gpu_layers,
        model_file=entry.model_file,
        model_type=entry.model_type,
        n_params=entry.n_params,
        measured_at=entry.test_time,
        entry=entry.raw,
        model_id=model_id,
        slug=found[0].slug if found else None,
    )


def _print(rows: list[Elsewhere], *, as_json: bool) -> None:
    if as_json:
        output.print_json([elsewhere_json.as_json(row) for row in rows])
        return
    if not rows:
        output.write_lines(["Nothing was imported yet: `aa-tui import llama-bench FILE` does it."])
        return
    body = [
        (
            output.fit(row.slug or row.model_file or row.model_type, 32),
            row.test,
            pages.rate(row),
            output.fit(pages.machine(row), 32),
            row.build,
            row.measured_at[:10],
        )
        for row in rows
    ]
    head = ("Model", "Test", "tokens/s", f"{pages.TITLE} on", "llama.cpp", "Date")
    output.write_lines(output.table(head, body, left=frozenset({0, 1, 3, 4, 5})))
