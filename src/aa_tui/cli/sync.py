"""`aa-tui sync`: ask sources for what they publish, and take it back."""

from __future__ import annotations

import argparse
import re
import sqlite3

from aa_tui.actions import sync
from aa_tui.actions.sync import Done, Wanted
from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE, UsageError
from aa_tui.pages.json import sync as sync_json
from aa_tui.pages.text import sync as words

_VERSION = re.compile(r"v?\d{1,3}(\.\d{1,3}){0,2}")


def run(options: argparse.Namespace) -> int:
    """List, take back, or ask."""
    if options.list and (options.undo or options.dry_run or options.sources):
        raise UsageError("--list goes with nothing else: it lists all sources and syncs.")
    if options.undo and options.dry_run:
        raise UsageError("--undo and --dry-run exclude each other.")
    if options.list:
        with db.reading(catalog_path(options)) as conn:
            return _list(conn, options)
    if options.undo:
        with db.writing(catalog_path(options)) as conn:
            return _undo(conn, options)
    return _sync(options)


def _list(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    states, history = sync.states(conn), sync.history(conn)
    if options.json:
        output.print_json(sync_json.listing(states, history))
        return 0
    head, rows = words.source_table(states)
    output.write_lines(output.table(head, rows, left=frozenset({0, 1, 2, 3, 5})))
    output.write_lines([""])
    if history:
        head, rows = words.sync_table(history)
        output.write_lines(output.table(head, rows, left=frozenset({1, 2, 3, 4})))
    else:
        output.write_lines(["Nothing was synced yet: `aa-tui sync --dry-run` shows what would come."])
    return 0


def _undo(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    if len(options.sources) > 1:
        raise UsageError("--undo takes back one sync: name one source, or none for the newest of all.")
    name = options.sources[0] if options.sources else ""
    row = sync.to_undo(conn, name)
    question = f"Take back sync {row.id} of {row.source}, {words.when(row)}, with all that it brought?"
    if not output.may_lose(question, yes=options.yes):
        output.write_lines(["Nothing was taken back."])
        return 0
    undone = sync.undo(conn, name)
    if options.json:
        output.print_json(sync_json.undone(undone))
    else:
        output.write_lines(words.undone(undone))
    return 0


def _sync(options: argparse.Namespace) -> int:
    version = options.index_version.strip().lower()
    if version and not _VERSION.fullmatch(version):
        raise UsageError("--index-version is a version such as v4.1.")
    version = version if not version or version.startswith("v") else f"v{version}"
    chosen = sync.chosen(options.sources)
    if options.url and len(chosen) != 1:
        raise UsageError("--url is for one source: name it.")
    wanted = Wanted(options.url, version, options.paged, dataset=options.dataset.strip())
    done: list[Done] = []
    bar = output.ProgressLine(quiet=options.json)
    with (db.noting if options.dry_run else db.writing)(catalog_path(options)) as conn:
        try:
            for one in sync.run_all(conn, chosen, wanted, dry=options.dry_run, named=options.model, progress=bar.show):
                bar.clear()
                done.append(one)
                if not options.json:
                    _tell(one, options)
        finally:
            bar.clear()
    if options.json:
        output.print_json(sync_json.done(done, dry=options.dry_run))
    return FAILURE if any(one.why_not for one in done) else 0


def _tell(one: Done, options: argparse.Namespace) -> None:
    if one.why_not:
        output.say(f"! {one.why_not}")
        return
    most = None if options.changes or options.unmatched else words.FEW
    output.write_lines(words.done(one, dry=options.dry_run, most=most, unmatched=options.unmatched))
