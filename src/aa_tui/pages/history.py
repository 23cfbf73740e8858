"""What was published of a model's index, as rows of a table: a line for each table that says so."""

from __future__ import annotations

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.offers import PastRow
from aa_tui.textsafe import clean_line

HEAD = ("Date", "Version", "Index", "Tokens", "Cost to run", "Source")
NOTE = "Scores of two versions of the index are on different scales: they cannot be compared."


def rows(past: list[PastRow]) -> list[tuple[str, ...]]:
    """As `HEAD` names them, in the order that they are given in."""
    return [
        (
            clean_line(one.as_of),
            clean_line(one.index_version) or MISSING,
            _index(one),
            display.metric("index_output_tokens_m", one.figures.get("index_output_tokens_m")),
            display.metric("cost_to_run_usd", one.figures.get("cost_to_run_usd")),
            clean_line(one.source_name),
        )
        for one in past
    ]


def lines(past: list[PastRow]) -> list[str]:
    """The same as text in columns, with what to know of it below."""
    table = [HEAD, *rows(past)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    out = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return [*out, *([NOTE] if len({one.index_version for one in past}) > 1 else [])]


def _index(one: PastRow) -> str:
    value = one.figures.get("intelligence_index")
    return MISSING if value is None else display.index(value) + ("~" if one.is_estimate else "")
