"""What was evaluated here, in a page's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.export.document import Block, Paragraph, Table
from aa_tui.pages import local_evaluations

if TYPE_CHECKING:
    from aa_tui.pages.local_evaluations import EvaluationRow
    from aa_tui.pages.page import Page

_HEAD = (
    *("Pack", "n", "Strict", "Completed only", "Cut short", "Index", "Tokens per question", "Thinking", "Answer"),
    *("Energy per question", "Time per question", "Date", "Run", "State"),
)


def evaluation_blocks(page: Page) -> list[Block]:
    """A table for each file and machine, the categories below it, and all beside the published figures."""
    rows = local_evaluations.rows(page.measured_here)
    if not rows:
        return []
    blocks: list[Block] = []
    for group in local_evaluations.groups(rows):
        first = group[0]
        blocks.append(Paragraph(f"Evaluated: {first.file} · {first.quant} · {first.size} · {first.machine}"))
        blocks.append(Table(_HEAD, tuple(map(_cells, group)), frozenset(range(1, 11))))
        for row in group:
            if row.no_headline:
                blocks.append(Paragraph(f"Run {row.run_id}, {row.pack}: {row.no_headline}."))
            if row.undecided:
                words = f"{row.undecided} is the strict score with these wrong, and right"
                blocks.append(Paragraph(f"Run {row.run_id}, {row.pack}: {words}."))
            if row.categories:
                told = "; ".join(f"{name} {value}" for name, value in row.categories)
                blocks.append(Paragraph(f"{row.pack} by category, strict: {told}."))
    beside = local_evaluations.beside(page.measured_here, page.model)
    if beside:
        cells = tuple((one.label, one.here, one.published, one.difference) for one in beside)
        blocks.append(Table(("", "Here", "Published", "Difference of method"), cells, frozenset({1, 2})))
    return [*blocks, Paragraph(local_evaluations.method_note(rows), quiet=True)]


def _cells(row: EvaluationRow) -> tuple[str, ...]:
    return (
        *(row.pack, row.count, row.strict, row.completed, row.truncation, row.index, row.tokens, row.thinking),
        *(row.answer, row.energy, row.seconds, row.date, str(row.run_id), row.state),
    )
