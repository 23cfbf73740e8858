"""`aa-tui catalog merge`, `export`, `import` and `sync`: the catalogs of several machines side by side."""

from __future__ import annotations

import argparse
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from aa_tui.actions import catalogs
from aa_tui.analysis import display
from aa_tui.catalog import db
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.merging.bundle import replacing
from aa_tui.catalog.merging.merge import Merged
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.textsafe import clean_line

STREAM = "-"


def merge(options: argparse.Namespace) -> int:
    """Merge other catalogs or bundles."""
    paths = [typed_path(one) for one in options.others]
    with _opened(options) as conn, _progress() as bar:
        found = catalogs.merge(conn, paths, again=options.again, dry_run=options.dry_run, on_progress=bar.show)
    return _tell(found, options)


def import_bundle(options: argparse.Namespace) -> int:
    """Merge a bundle, from a file or standard input."""
    if options.bundle == STREAM:
        if sys.stdin.isatty():
            raise UsageError("No bundle comes on standard input; name a file.")
        with _opened(options) as conn, catalogs.spooled(sys.stdin.buffer, "Standard input") as file, _progress() as bar:
            found = catalogs.import_bundle(
                conn, file, "standard input", again=options.again, dry_run=options.dry_run, on_progress=bar.show
            )
        return _tell([found], options)
    path = typed_path(options.bundle)
    with _opened(options) as conn, _open_bundle(path) as file, _progress() as bar:
        found = catalogs.import_bundle(
            conn, file, str(path), again=options.again, dry_run=options.dry_run, on_progress=bar.show
        )
    return _tell([found], options)


def export(options: argparse.Namespace) -> int:
    """Write runs into a bundle."""
    if options.bundle == STREAM:
        if sys.stdout.isatty():
            raise UsageError("A bundle is no text for a terminal; name a file.")
        if options.json:
            raise UsageError("--json and a bundle on standard output exclude each other; name a file.")
        with db.reading(catalog_path(options)) as conn, tempfile.TemporaryFile() as file, _progress() as bar:
            catalogs.export_bundle(conn, file, options.runs, on_progress=bar.show)
            file.seek(0)
            while piece := file.read(1 << 20):
                output.write_data(piece)
        return 0
    path = typed_path(options.bundle)
    if path.exists() and not options.force:
        if not sys.stdin.isatty():
            raise CatalogError(f"{path} exists already; name another file, or replace it with --force.")
        if not output.agrees(f"{path} exists already. Replace it?"):
            output.write_lines(["Nothing was written."])
            return 0
    with db.reading(catalog_path(options)) as conn, _progress() as bar:
        try:
            with replacing(path) as file:
                found = catalogs.export_bundle(conn, file, options.runs, on_progress=bar.show)
        except OSError as error:
            raise CatalogError(f"{path} cannot be written ({error.strerror}): name another file.") from error
    if options.json:
        output.print_json({"path": str(path), "bytes": found.n_bytes, "runs": found.n_runs, "samples": found.n_samples})
        return 0
    runs = "1 run" if found.n_runs == 1 else f"{found.n_runs:,} runs"
    output.write_lines(
        [f"{clean_line(str(path))}: {runs}, {found.n_samples:,} samples, {display.size_bytes(found.n_bytes)}."]
    )
    return 0


def sync(options: argparse.Namespace) -> int:
    """Merge the catalog of another machine through ssh, and push ours."""
    with _opened(options) as conn, _progress() as bar:
        found = catalogs.sync(
            conn,
            options.box,
            push=options.push,
            again=options.again,
            dry_run=options.dry_run,
            on_progress=bar.show,
        )
    if options.json:
        from aa_tui.pages.json import merged

        output.print_json({**merged.as_json([found.pulled], dry_run=options.dry_run), "runs_pushed": found.n_pushed})
        return 0
    from aa_tui.pages.text import merged as merged_text

    _tell([found.pulled], options)
    output.write_lines(merged_text.pushed(found.n_pushed))
    return 0


def _tell(found: Sequence[Merged], options: argparse.Namespace) -> int:
    if options.json:
        from aa_tui.pages.json import merged as merged_json

        output.print_json(merged_json.as_json(found, dry_run=options.dry_run))
        return 0
    from aa_tui.pages.text import merged

    for one in found:
        output.write_lines(merged.lines(one, dry_run=options.dry_run))
    return 0


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[sqlite3.Connection]:
    """The catalog to merge into: written, but for a dry run."""
    path = catalog_path(options)
    with (db.reading if options.dry_run else db.writing)(path) as conn:
        yield conn


@contextmanager
def _progress() -> Iterator[output.ProgressLine]:
    with closing(_Bar()) as bar:
        yield bar


class _Bar(output.ProgressLine):
    """A progress bar that goes away at the end, whatever that is."""

    def close(self) -> None:
        """Take it away."""
        self.clear()


@contextmanager
def _open_bundle(path: Path) -> Iterator[IO[bytes]]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            # A zip is read from its end, and a device may have none.
            raise CatalogError(f"{path} is a device: name the bundle's file.")
        file = path.open("rb")
    except OSError as error:
        raise CatalogError(f"{path} cannot be read ({error.strerror}): name the bundle's file.") from error
    with file:
        if stat.S_ISFIFO(mode):
            with catalogs.spooled(file, str(path)) as whole:
                yield whole
        else:
            yield file


ACTIONS = {"merge": merge, "import": import_bundle, "export": export, "sync": sync}
