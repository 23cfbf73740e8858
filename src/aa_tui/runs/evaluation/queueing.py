"""An evaluation written down: its pack, and its row in the catalog."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.catalog import runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import FileRow
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.short import chosen

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack
    from aa_tui.evals.packs import PackEntry


def found_pack(conn: sqlite3.Connection, pack: str) -> tuple[PackEntry, Pack]:
    """The pack that is meant, read. Raises PackError."""
    from aa_tui.evals.packfile import read_pack
    from aa_tui.evals.packs import find

    entry = find(pack, path_of(conn).parent)
    return entry, read_pack(entry.folder)


def queue(
    conn: sqlite3.Connection, file: FileRow, entry: PackEntry, pack: Pack, *, options: EvalOptions, planned: bool
) -> int:
    """Write the run down. Returns its number. Raises RunError for a choice of items of another pack."""
    n_wanted = len(pack.items) if options.short is None else len(chosen(pack, options.short))
    limit = min(options.limit or n_wanted, n_wanted)
    name = str(entry.folder.absolute()) if entry.kind == "folder" else pack.name
    return runs.create(
        conn,
        kind="eval",
        file=file,
        settings={**options.to_settings(), "pack": name},
        conditions=options.conditions,
        pack=pack.name,
        pack_version=pack.version,
        n_items=limit * options.epochs,
        planned=planned,
    )
