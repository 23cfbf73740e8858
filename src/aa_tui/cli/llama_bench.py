"""`aa-tui import llama-bench`: speeds that were measured on other machines."""

from __future__ import annotations

import argparse
import sys

from aa_tui.catalog import db, elsewhere, models
from aa_tui.catalog.elsewhere import Elsewhere
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.gguf.places import typed_path
from aa_tui.pages.json import elsewhere as elsewhere_json
from aa_tui.pages.text import elsewhere as pages
from aa_tui.textsafe import clean_line


def listing(options: argparse.Namespace) -> int:
    """List the speeds that were imported."""
    with db.writing(catalog_path(options)) as conn:
        rows = elsewhere.listing(conn, models.resolve(conn, options.model).model_id if options.model else None)
        _print(rows, as_json=options.json)
    return 0


def run(options: argparse.Namespace, name: str) -> int:
    """Read a file of llama-bench into the catalog."""
    from aa_tui.actions.speeds_elsewhere import of_llama_bench

    with db.writing(catalog_path(options)) as conn:
        model_id = models.resolve(conn, options.model).model_id if options.model is not None else None
        rows = of_llama_bench(conn, _data(name), model_id)
        added = 0 if options.dry_run else elsewhere.add(conn, rows)
        if options.json:
            _print(rows, as_json=True)
        else:
            _print(rows, as_json=False)
            known = f", {len(rows) - added} were there already" if added < len(rows) else ""
            told = f"{added} tests imported as measured elsewhere{known}."
            output.write_lines([f"{len(rows)} tests would be imported." if options.dry_run else told])
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
