"""What was evaluated here, on a model's page: as text for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from aa_tui.pages import local_evaluations
from aa_tui.tui.widgets.parts import styled, wrapped

if TYPE_CHECKING:
    from aa_tui.pages.local_evaluations import EvaluationRow
    from aa_tui.pages.page import Page

LABEL_CELLS, VALUE_CELLS = 16, 26
MEANINGS_FROM = 90
"""On narrower screens the figures stand alone, but for what the tokens are made of."""


def evaluation_blocks(page: Page, width: int, prose: int) -> list[Content]:
    """The evaluations by file and machine, then beside what is published; empty where there are none."""
    rows = local_evaluations.rows(page.measured_here)
    if not rows:
        return []
    blocks = [_group(group, width) for group in local_evaluations.groups(rows)]
    for one in local_evaluations.beside(page.measured_here, page.model):
        line = styled((f"{one.label}  ", "strong"), (one.here, "here"), (one.words.removeprefix(one.here), ""))
        blocks.append(styled(wrapped(line, prose), "\n", wrapped(styled((one.difference, "dim")), prose)))
    return [*blocks, wrapped(styled((local_evaluations.method_note(rows), "dim")), prose)]


def _group(group: list[EvaluationRow], width: int) -> Content:
    first = group[0]
    lines = [
        styled(("⌂ ", "here"), (first.file, "strong"), f"  {first.quant}  {first.size}"),
        styled((first.made, "dim")),
    ]
    for row in group:
        lines.append(styled((row.head, "warn" if row.state != "finished" else "")))
        told = list(local_evaluations.figures(row))
        cells = max(LABEL_CELLS - 2, *(cell_len(label) + 1 for label, _, _ in told))
        lines += [_figure(*one, cells, width=width) for one in told]
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def _figure(label: str, value: str, meaning: str, cells: int, *, width: int) -> Content:
    narrow = meaning.split(";", maxsplit=1)[0] if label == "tokens" else ""
    words = meaning if width >= MEANINGS_FROM else narrow
    return styled(
        (f"  {set_cell_size(label, cells)}", "dim"),
        (set_cell_size(value, VALUE_CELLS) if len(value) < VALUE_CELLS else value, "here"),
        (f" {words}" if words else "", "dim"),
    )
