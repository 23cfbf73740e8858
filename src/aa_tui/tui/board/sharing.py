"""The leaderboard, for the clipboard or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aa_tui.tui.core.view import Copied
from aa_tui.tui.widgets.columns import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.export.document import Document
    from aa_tui.tui.board.query import ModelList
    from aa_tui.tui.widgets.columns import Column

    Columns = Sequence[Column[ModelRow]]

MOST_TABLE_ROWS = 1_000
"""A table of more rows is too long for any terminal's clipboard."""


def table_copied(models: ModelList, columns: Columns) -> Copied:
    """The table as Markdown."""
    from aa_tui.export import markdown

    count = min(len(models), MOST_TABLE_ROWS)
    words = f"the table ({count} of {len(models)} models) as Markdown"
    return Copied(markdown.render(document(models, columns)), words)


def row_copied(model: ModelRow, columns: Columns) -> Copied:
    """A row as a line of figures."""
    cells = [(column.title.strip(), words_of(column, model)) for column in _titled(columns)]
    text = f"{model.name}: " + ", ".join(f"{title} {text}" for title, text in cells if text not in ("", model.name))
    return Copied(text, f"the row of {model.name}")


def document(models: ModelList, columns: Columns) -> Document:
    """The rows that are listed, with these columns."""
    from aa_tui.export.content import table_document

    columns = _titled(columns)
    rows = []
    for index in range(min(len(models), MOST_TABLE_ROWS)):
        row = models.row(index)
        if row is not None:
            rows.append([words_of(column, row) for column in columns])
    right = frozenset(number for number, column in enumerate(columns) if column.right)
    return table_document("Models", [column.title.strip() for column in columns], rows, right)


def figures(models: ModelList) -> list[dict[str, Any]]:
    """The models that are listed, as `aa-tui models --csv` has them."""
    from aa_tui.pages.json import model as as_json

    return [as_json.model(row) for index in range(len(models)) if (row := models.row(index)) is not None]


def _titled(columns: Columns) -> Columns:
    return [column for column in columns if column.title.strip()]
