"""The list of runs, for the clipboard or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.tui.core.view import Copied
from aa_tui.tui.runs.detail import run_detail
from aa_tui.tui.runs.rows import columns_of
from aa_tui.tui.samples.sharing import TEXT_CELLS
from aa_tui.tui.widgets.columns import words_of

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunRow
    from aa_tui.export.document import Document
    from aa_tui.tui.runs.rows import RunList


def table_copied(runs: RunList) -> Copied:
    """The table as Markdown."""
    from aa_tui.export import markdown

    return Copied(markdown.render(document(runs)), f"the table of {len(runs)} runs as Markdown")


def run_copied(runs: RunList, run: RunRow) -> Copied:
    """All about a run as text."""
    text = run_detail(run, *runs.details(run), TEXT_CELLS).plain
    return Copied("\n".join(line.rstrip() for line in text.splitlines()), f"all about run {run.id}")


def document(runs: RunList) -> Document:
    """The runs as they are listed."""
    from aa_tui.export.content import table_document

    fixed, moving = columns_of(runs)
    columns = (*fixed, *moving)
    entries = [entry for index in range(len(runs)) if (entry := runs.row(index)) is not None]
    rows = [[words_of(column, entry) for column in columns] for entry in entries]
    right = frozenset(number for number, column in enumerate(columns) if column.right)
    return table_document("Runs", [column.title for column in columns], rows, right)
