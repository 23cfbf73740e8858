"""Take away the page of a model that is known from files here only."""

from __future__ import annotations

import sqlite3

from aa_tui.actions.runs import delete, why_not
from aa_tui.catalog import local_pages, runs
from aa_tui.catalog.rows import ModelRow
from aa_tui.runs.errors import RunError
from aa_tui.runs.launch import settle_orphans


def remove(conn: sqlite3.Connection, model: ModelRow) -> None:
    """Take away the page of a model that is known from files here only, with its runs and all that they measured.

    Files stay. Raises `RunError` for a published model, and where a run has not ended.
    """
    check_removable(model)
    settle_orphans(conn)
    ids = local_pages.run_ids(conn, model.model_id)
    for run in (runs.get(conn, run_id) for run_id in ids):
        if why := why_not("delete", run):
            raise RunError(why)
    for run_id in ids:
        delete(conn, run_id)
    local_pages.remove_imported(conn, model.model_id)
    local_pages.remove_if_empty(conn, model.model_id)


def check_removable(model: ModelRow) -> None:
    """Raises `RunError` for a model that is published."""
    if not model.is_local:
        raise RunError(f"{model.name} is a published model: only pages of models known from files here are removed.")


def page_words(conn: sqlite3.Connection, model: ModelRow) -> str:
    """What goes with a page, in words."""
    found = local_pages.on_page(conn, model.model_id)
    parts = [
        f"{n:,} {one if n == 1 else many}"
        for n, one, many in (
            (found.n_runs, "run", "runs"),
            (found.n_samples, "sample", "samples"),
            (found.n_labels, "label", "labels"),
            (found.n_imported, "imported speed", "imported speeds"),
        )
        if n
    ]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts) or "nothing"
