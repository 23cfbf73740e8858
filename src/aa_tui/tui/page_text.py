"""The written sections of a page, each as text for a width."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.tui.columns import GAP, Column, Part, lay_out
from aa_tui.tui.parts import styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aa_tui.pages.measured import MeasuredRow
    from aa_tui.pages.page import Page

PROSE_CELLS = 100
"""Longer lines are hard to read."""

LABEL_CELLS = 19


def heading(number: int, title: str, width: int) -> Content:
    """The title of a section with the key that leads to it, on a thin rule."""
    line = styled((f"{number} ", "accent"), (title, "strong"), " ")
    return styled(line, ("─" * max(0, width - line.cell_length), "faint"))


def summary_text(page: Page, width: int) -> Content:
    """The summary, a blank line between its paragraphs."""
    prose = min(width, PROSE_CELLS)
    return Content("\n\n").join(wrapped(Content(part), prose) for part in page.summary)


def facts_text(page: Page, width: int) -> Content:
    """The fact table: labels in one column, values in the other, long ones wrapped under themselves."""
    label_cells = min(LABEL_CELLS, width // 2)
    lines = []
    for label, value in page.facts:
        absent = value in (MISSING, "not published")
        text = _wrap_anywhere(value, max(8, width - label_cells))
        for number, part in enumerate(text):
            left = set_cell_size(label, label_cells) if number == 0 else " " * label_cells
            lines.append(styled((left, "dim"), (part, "faint" if absent else "")))
    return Content("\n").join(lines)


def _wrap_anywhere(value: str, width: int) -> list[str]:
    """Lines of a text; a word longer than a line, such as an address, is broken where the line ends."""
    return [line.plain for line in wrapped(Content(value), width).split("\n")] or [""]


def faq_text(page: Page, width: int) -> Content:
    """Questions and answers."""
    prose = min(width, PROSE_CELLS)
    blocks = []
    for one in page.faq:
        question = wrapped(styled((one.question, "strong")), prose)
        answer = wrapped(styled((one.answer, "")), prose)
        blocks.append(styled(question, "\n", answer))
    return Content("\n\n").join(blocks)


def sources_text(page: Page, width: int) -> Content:
    """Where the figures come from, and which files of the model are on this machine."""
    lines = [wrapped(Content(source), width) for source in page.sources] or [Content("No sources.")]
    if page.files:
        lines.append(styled("\n", ("Files on this machine", "strong")))
        for file in page.files:
            size = display.size_bytes(file.size_bytes)
            words = f"{file.path} · {file.quant or MISSING} · {size} · sha256 {file.sha256[:12]}…"
            lines.append(wrapped(styled((words, "dim")), width))
    return Content("\n").join(lines)


def measured_text(page: Page, width: int) -> Content:
    """The table of what was measured, newest first, and how it differs from what is published."""
    from aa_tui.pages import measured

    rows = measured.rows(page.measured_here)
    if not rows:
        words = "Nothing was measured on this machine yet. Press b to measure a GGUF file of this model."
        return wrapped(styled(("Nothing", ""), (words.removeprefix("Nothing"), "")), min(width, PROSE_CELLS))
    layout = lay_out((), _MEASURED, 0, width + 1, start=0)
    lines = [_table_line([(placed.column.title, placed.width, placed.column.right) for placed in layout.placed], "dim")]
    for row in rows:
        cells = []
        for placed in layout.placed:
            parts = placed.column.cell(row, placed.width)
            cells.append(_fit(parts, placed.width, right=placed.column.right))
        lines.append(Content(" " * GAP).join(cells))
    lines.append(Content(""))
    lines.append(styled((f"{rows[0].how} · run {rows[0].run_id}", "dim")).truncate(width, ellipsis=True))
    for row in rows:
        if row.caution:
            lines.append(wrapped(styled((f"! Run {row.run_id}: {row.caution}", "warn")), min(width, PROSE_CELLS)))
    lines.append(wrapped(styled((measured.METHOD_NOTE, "dim")), min(width, PROSE_CELLS)))
    return Content("\n").join(lines)


def _table_line(cells: Sequence[tuple[str, int, bool]], kind: str) -> Content:
    return Content(" " * GAP).join(_fit([(text, kind)], width, right=right) for text, width, right in cells)


def _fit(parts: Sequence[Part], width: int, *, right: bool) -> Content:
    content = styled(*parts).truncate(width, ellipsis=True)
    spare = max(0, width - cell_len(content.plain))
    return content.pad_left(spare) if right else content.pad_right(spare)


def _text(name: str, kind: str = "") -> Callable[[MeasuredRow, int], Sequence[Part]]:
    def cell(row: MeasuredRow, _: int) -> Sequence[Part]:
        value = str(getattr(row, name))
        return ((value, "faint" if value == MISSING else kind),)

    return cell


def _file_cell(row: MeasuredRow, _: int) -> Sequence[Part]:
    note = "" if row.state == "finished" else f" ({row.state})"
    return ((Path(row.file).name, ""), (note, "warn"))


_MEASURED: tuple[Column[MeasuredRow], ...] = (
    Column("date", "Date", 10, _text("date", "dim"), right=False),
    Column("quant", "Quant", 7, _text("quant"), right=False),
    Column("pp", "pp tok/s", 14, _text("pp", "here")),
    Column("tg", "tg tok/s", 14, _text("tg", "here")),
    Column("ttft", "TTFT", 7, _text("ttft")),
    Column("memory", "Memory", 8, _text("memory")),
    Column("output_tps", "short tok/s", 12, _text("output_tps")),
    Column("threads", "Threads", 7, _text("threads")),
    Column("file", "File", 24, _file_cell, right=False, flexible=True, most=48),
    Column("backend", "Backend", 8, _text("backend", "dim"), right=False),
)
