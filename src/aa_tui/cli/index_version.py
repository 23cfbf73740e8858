"""`--index-version`, which shows another version of the index for one command, and `aa-tui catalog index-version`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aa_tui.catalog import db, index_versions, leaderboard
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from aa_tui.catalog.connection import Catalog

USUAL = "usual"
"""What is typed for no choice: the catalog decides."""


@contextmanager
def reading(options: argparse.Namespace) -> Iterator[Catalog]:
    """The catalog for reading, in the version of the index that was asked for. Raises UnknownVersionError."""
    with db.reading(catalog_path(options)) as conn:
        show(conn, options)
        yield conn


def show(conn: sqlite3.Connection, options: argparse.Namespace) -> None:
    """Let a connection show the version that was asked for, or the settings name. Raises UnknownVersionError."""
    wanted = options.index_version if options.index_version is not None else setting(conn)
    if wanted is not None:
        leaderboard.show_version_here(conn, wanted)


def setting(conn: sqlite3.Connection) -> str | None:
    """The version that the settings name, as the catalog writes it; None where they name none that it has."""
    from aa_tui.config.reading import load

    wanted = load().index_version
    if not wanted:
        return None
    try:
        return index_versions.known(conn, wanted)
    except index_versions.UnknownVersionError as error:
        output.say(f"aa-tui: your settings: {error}")
        return None


def show_as_set(path: Path) -> None:
    """Let the catalog show the version that the settings name, where it can be written: for the app, as it begins."""
    from aa_tui.config.reading import load

    if not load().index_version:
        return
    with suppress(db.CatalogError), db.noting(path) as conn:  # the app says what is wrong with it
        wanted = setting(conn)
        if wanted is not None and wanted != index_versions.shown(conn) and not db.reads_only(conn):
            leaderboard.choose_version(conn, wanted)


def run(options: argparse.Namespace) -> int:
    """List the versions that there are; choose one first."""
    opened = db.reading if options.version is None else db.writing
    with opened(catalog_path(options)) as conn:
        if options.version is not None:
            leaderboard.choose_version(conn, None if options.version.lower() == USUAL else options.version)
        found, shown = index_versions.versions(conn), index_versions.shown(conn)
        chosen = index_versions.chosen(conn)
    if options.json:
        versions = [{**one._asdict(), "is_shown": one.name == shown} for one in found]
        output.print_json({"shown": shown, "chosen": chosen, "versions": versions})
        return 0
    if not found:
        output.say("No model of this catalog has an index.")
        return 0
    body = [
        ("●" if one.name == shown else "", clean_line(one.name), f"{one.models:,}", one.as_of, _why(one.name, chosen))
        for one in found
    ]
    output.write_lines(output.table(("", "Version", "Models", "Newest table", ""), body, left=frozenset({0, 1, 3, 4})))
    return 0


def _why(name: str, chosen: str | None) -> str:
    return "chosen" if name == chosen else ""
