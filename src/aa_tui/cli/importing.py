"""`aa-tui import`: what other programs logged, as runs that were made elsewhere and speeds that stand apart."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.actions.logs import Imported

_LLAMA_BENCH = "llama-bench"


def run(options: argparse.Namespace) -> int:
    """Read files into the catalog, or list the speeds that were imported."""
    from aa_tui.cli import llama_bench

    names: list[str] = options.files
    named = names[:1] == [_LLAMA_BENCH]
    names = names[1:] if named else names
    if options.list == bool(names):
        raise UsageError("name a file or a folder that another program wrote, or say --list.")
    if options.list:
        return llama_bench.listing(options)
    if named:
        if len(names) != 1:
            raise UsageError("name one file of llama-bench; without that word several files can be imported at once.")
        return llama_bench.run(options, names[0])
    return _import(options, names)


def _import(options: argparse.Namespace, names: Sequence[str]) -> int:
    from aa_tui.actions import logs

    bar = output.ProgressLine()
    with tempfile.TemporaryDirectory(prefix="aa-tui-") as folder, db.writing(catalog_path(options)) as conn:
        paths = [_readable(name, Path(folder)) for name in names]
        try:
            imported = logs.take_in(
                conn,
                logs.read_all(paths),
                model=options.model,
                dry_run=options.dry_run,
                on_progress=lambda name, n: bar.show(0.0, f"{name}: {n:,} samples") if n % 100 == 0 else None,
            )
        finally:
            bar.clear()
    if options.json:
        output.print_json([_json(one) for one in imported])
    else:
        output.write_lines(_lines(imported))
    return 0


def _readable(name: str, folder: Path) -> Path:
    """The file of that name; of standard input, or a pipe, a copy in the folder, since a log is read twice."""
    if name == "-":
        path = folder / "standard input"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        return path
    path = typed_path(name)
    if not path.is_fifo():
        return path
    copy = Path(tempfile.mkdtemp(dir=folder)) / path.name
    try:
        with path.open("rb") as pipe, copy.open("wb") as file:
            shutil.copyfileobj(pipe, file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name another file.") from error
    return copy


def _json(one: Imported) -> dict[str, Any]:
    return {
        "file": one.file_name,
        "program": one.program,
        "what": one.what,
        "name": one.model,
        "model": one.slug,
        "status": one.outcome.replace(" ", "_"),
        "n_samples": one.n_samples,
        "run_id": one.run_id,
        "figures": [
            {
                "metric": figure.metric,
                "value": figure.value,
                "unit": figure.unit,
                "n": figure.n,
                "stderr": figure.stdev,
                "interval_low": figure.interval_low,
                "interval_high": figure.interval_high,
            }
            for figure in one.figures
        ],
    }


def _lines(imported: Sequence[Imported]) -> list[str]:
    body = [
        (
            output.fit(one.file_name, 40),
            one.program,
            output.fit(clean_line(one.what), 24),
            output.fit(one.model, 32),
            f"{one.n_samples:,}",
            one.slug or "–",
            one.outcome if one.run_id is None else f"{one.outcome}: run {one.run_id}",
        )
        for one in imported
    ]
    head = ("File", "Log of", "What", "Model", "Samples", "Page", "Outcome")
    lines = output.table(head, body, left=frozenset({0, 1, 2, 3, 5, 6}))
    if any(one.slug is None for one in imported):
        lines.append("“–”: no model of the catalog is certainly meant; --model says which one was measured.")
    return lines
