"""The written sections of a page, each as text for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.style import Style

from aa_tui.analysis import MISSING, display, licence
from aa_tui.analysis.display import threads_words
from aa_tui.pages import history, local
from aa_tui.pages.links import links_of
from aa_tui.pages.page import LICENCE
from aa_tui.tui.core.keymap import USUAL, Keymap
from aa_tui.tui.page.tiles import class_words, has_class_box, tiles_content
from aa_tui.tui.widgets.columns import GAP, Column, Part, lay_out
from aa_tui.tui.widgets.parts import beside, styled, wrapped
from aa_tui.weblinks import found_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aa_tui.catalog.rows import FileRow
    from aa_tui.pages.measured import MeasuredRow
    from aa_tui.pages.page import Page

PROSE_CELLS = 100
"""Longer lines are hard to read."""

LABEL_CELLS = 19
FACTS_CELLS = 48
COLUMN_GAP = 3
SIDE_BY_SIDE_FROM = 112
MEASURED_TABLE_FROM = 115
"""The width of all columns of the table of runs."""


def overview_text(page: Page, width: int, *, with_tiles: bool) -> Content:
    """Headline figures where they are not above already, class, summary and facts; side by side where that fits."""
    blocks: list[Content] = []
    if with_tiles:
        blocks.append(tiles_content(page, width))
    if not has_class_box(page, width) or with_tiles:
        blocks.append(wrapped(styled((class_words(page), "dim")), min(width, PROSE_CELLS)))
    if width < SIDE_BY_SIDE_FROM:
        blocks += [summary_text(page, width), facts_text(page, width)]
    else:
        room = min(PROSE_CELLS, width - FACTS_CELLS - COLUMN_GAP)
        blocks.append(beside(summary_text(page, room), facts_text(page, FACTS_CELLS), room + COLUMN_GAP))
    return Content("\n\n").join(blocks)


def summary_text(page: Page, width: int) -> Content:
    """The summary, a blank line between its paragraphs."""
    prose = min(width, PROSE_CELLS)
    return Content("\n\n").join(wrapped(Content(part), prose) for part in page.summary)


def facts_text(page: Page, width: int) -> Content:
    """The fact table: labels in one column, values in the other, long ones wrapped under themselves."""
    label_cells = min(LABEL_CELLS, width // 2)
    lines = []
    for label, value in page.facts:
        absent = value in (MISSING, "not published", local.UNKNOWN)
        text = linked(styled((value, "dim" if absent else "")))
        if label == LICENCE and (url := licence(value).url):
            text = text.stylize(Style(link=url))
        # A word longer than a line, such as an address, is broken where the line ends.
        for number, part in enumerate(wrapped(text, max(8, width - label_cells)).split("\n")):
            left = set_cell_size(label, label_cells) if number == 0 else " " * label_cells
            lines.append(styled((left, "dim"), part))
    return Content("\n").join(lines)


def linked(content: Content) -> Content:
    """The text with its addresses as links (OSC 8), which a terminal opens where it can."""
    for start, end, url in found_in(content.plain):
        content = content.stylize(Style(link=url), start, end)
    return content


def faq_text(page: Page, width: int) -> Content:
    """Questions and answers."""
    prose = min(width, PROSE_CELLS)
    blocks = []
    for one in page.faq:
        question = wrapped(styled((one.question, "strong")), prose)
        answer = wrapped(linked(styled((one.answer, ""))), prose)
        blocks.append(styled(question, "\n", answer))
    return Content("\n\n").join(blocks)


def sources_text(page: Page, width: int) -> Content:
    """Where the figures come from, and what other tables said of the index."""
    words = page.sources or ["No sources."]
    blocks = [wrapped(linked(styled((source, ""))), min(width, PROSE_CELLS)) for source in words]
    if page.other_scores:
        head, *rows = history.lines(page.other_scores)
        table = [styled((line, "")).truncate(width, ellipsis=True) for line in rows]
        blocks.append(Content("\n").join([styled(("Score history", "strong")), styled((head, "dim")), *table]))
    return Content("\n\n").join(blocks)


def files_text(page: Page, gone: frozenset[str], width: int, keymap: Keymap = USUAL) -> Content:
    """Where the weights are, and which files of them are on this machine. `gone` are paths with no file any more."""
    where = page.model.weights_url
    words = where or "No link to the weights is in this catalog."
    blocks = [styled(("Weights\n", "strong"), wrapped(linked(styled((words, "" if where else "dim"))), width))]
    links = links_of(page.model)
    if links:
        listed = "\n".join(f"{one.label:<16}{one.url}" for one in links)
        blocks.append(
            styled(
                ("Links", "strong"),
                (f"   {keymap.told('<links:o> opens one')}\n", "dim"),
                wrapped(linked(styled(listed)), width),
            )
        )
    files = [file for file in page.files if not file.is_served]
    served = [file for file in page.files if file.is_served]
    if not files:
        none = keymap.told(
            "No GGUF file of it is known on this machine. <pull:p> pulls one; <measure:b> and <evaluate:E> do so first."
        )
        blocks.append(styled(("On this machine\n", "strong"), wrapped(styled((none, "dim")), min(width, PROSE_CELLS))))
    else:
        blocks.append(styled(("On this machine", "strong"), (f"   {keymap.told('<measure:b> measures one')}", "dim")))
    for file in files:
        mark = ("not there any more  ", "warn") if file.path in gone else ("", "")
        head = styled((file.shown_name, "strong"), f"  {file.quant or MISSING}  {display.size_bytes(file.size_bytes)}")
        path = wrapped(styled(mark, (file.shown_path, "dim")), max(10, width - 2))
        sha = wrapped(styled((f"sha256 {file.sha256}", "dim")), max(10, width - 2))
        lines = [wrapped(head, width), *(styled("  ", line) for line in (*path.split("\n"), *sha.split("\n")))]
        blocks.append(Content("\n").join(lines))
    if served:
        blocks.append(styled(("On servers", "strong")))
        blocks += [_served_file(file, width) for file in served]
    return Content("\n\n").join(blocks)


def _served_file(file: FileRow, width: int) -> Content:
    """A model as a server serves it: nothing of it is on this machine's disk."""
    size = display.size_bytes(file.size_bytes or None)
    head = wrapped(styled((file.shown_name, "strong"), f"  {file.quant or MISSING}  {size}"), width)
    where = wrapped(styled((f"first asked through {file.shown_path.partition('#')[0]}", "dim")), max(10, width - 2))
    return Content("\n").join([head, *(styled("  ", line) for line in where.split("\n"))])


def measured_text(page: Page, width: int, keymap: Keymap = USUAL) -> Content:
    """What was measured here and, below and apart, on other machines whose catalogs were merged."""
    from aa_tui.pages.text import others, study

    blocks = [_measured_here(page, width, keymap)]
    prose = min(width, PROSE_CELLS)
    parts = ((study.TITLE, study.studied_lines(page.studied)), (others.TITLE, others.lines(page.measured_on_others)))
    for title, words in parts:
        if words:
            lines = [styled((title, "strong")), *(wrapped(styled((one, "")), prose) for one in words)]
            blocks.append(Content("\n").join(lines))
    return Content("\n\n").join(blocks)


def _measured_here(page: Page, width: int, keymap: Keymap) -> Content:
    """By file and machine, newest first, and how it differs from what is published."""
    from aa_tui.pages import load, measured
    from aa_tui.pages.text import load as load_text
    from aa_tui.tui.page.evaluations import evaluation_blocks

    evaluated = evaluation_blocks(page, width, min(width, PROSE_CELLS))
    rows, through = measured.rows(page.measured_here), load.loads(page.measured_here)
    if not rows and not evaluated and not through:
        words = keymap.told(
            "Nothing was measured on this machine yet. <pull:p> pulls a GGUF file of this model, <measure:b> measures "
            "one: its speed, time to first token and memory then stand here, beside the published figures. "
            "<evaluate:E> evaluates one."
        )
        return wrapped(styled(words), min(width, PROSE_CELLS))
    keys = styled(
        ("n", "key"),
        (" draws these figures   ", "dim"),
        (keymap.told("<measure:b>"), "key"),
        (" measures a file   ", "dim"),
        (keymap.told("<evaluate:E>"), "key"),
        (" evaluates one", "dim"),
    )
    blocks = [keys, *evaluated, *(_group_text(group, width) for group in measured.groups(rows))]
    prose = min(width, PROSE_CELLS)
    for run in through:
        head = styled(("⇄ ", "here"), (run.result.run.file.shown_name, "strong"), f"  {load_text.head(run)}")
        lines = [wrapped(head, width), *(wrapped(styled((words, "here")), width) for words in load_text.brief(run))]
        blocks.append(Content("\n").join(lines))
    if through:
        blocks.append(wrapped(styled((load.METHOD_NOTE, "dim")), prose))
    if not rows:
        return Content("\n\n").join(blocks)
    for one in measured.beside(page.measured_here, page.model):
        line = styled((f"{one.label}  ", "strong"), (one.here, "here"), (one.words.removeprefix(one.here), ""))
        blocks.append(styled(wrapped(line, prose), "\n", wrapped(styled((one.difference, "dim")), prose)))
    blocks.append(wrapped(styled((measured.METHOD_NOTE, "dim")), prose))
    return Content("\n\n").join(blocks)


def _group_text(group: Sequence[MeasuredRow], width: int) -> Content:
    """One file on one machine: a table of its runs where that fits, else a few lines for each."""
    first = group[0]
    head = styled(("⌂ ", "here"), (first.file, "strong"), f"  {first.quant}  {first.size}")
    lines = [head.truncate(width, ellipsis=True)]
    lines.append(styled((f"on {first.machine}", "dim")).truncate(width, ellipsis=True))
    if width >= MEASURED_TABLE_FROM:
        layout = lay_out((), _MEASURED, 0, width + 1, start=0)
        titles = [(placed.column.title, placed.width, placed.column.right) for placed in layout.placed]
        lines.append(_table_line(titles, "dim"))
        for row in group:
            cells = [
                _fit(placed.column.cell(row, placed.width), placed.width, right=placed.column.right)
                for placed in layout.placed
            ]
            lines.append(Content(" " * GAP).join(cells))
    else:
        for row in group:
            lines.extend(_run_lines(row, width))
    for row in group:
        if row.others:
            lines.append(wrapped(styled((f"run {row.run_id} also  {row.others} tok/s", "")), min(width, PROSE_CELLS)))
        if row.caution:
            lines.append(wrapped(styled((f"! run {row.run_id}: {row.caution}", "warn")), min(width, PROSE_CELLS)))
    return Content("\n").join(lines)


def _run_lines(row: MeasuredRow, width: int) -> list[Content]:
    """One run for narrow screens."""
    state = "" if row.state == "finished" else f"  {row.state}"
    words = f"run {row.run_id}  {row.date}  {threads_words(row.threads)}  {row.backend}"
    figures = styled(("  pp512 ", "dim"), (row.pp, "here"), ("  tg128 ", "dim"), (row.tg, "here"), (" tok/s", "dim"))
    times = styled(
        ("  TTFT ", "dim"), row.ttft, ("  short ", "dim"), f"{row.output_tps} tok/s", ("  memory ", "dim"), row.memory
    )
    return [wrapped(styled(words, (state, "warn")), width), wrapped(figures, width), wrapped(times, width)]


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


def _state_cell(row: MeasuredRow, _: int) -> Sequence[Part]:
    return ((row.state, "dim" if row.state == "finished" else "warn"),)


_MEASURED: tuple[Column[MeasuredRow], ...] = (
    Column("run_id", "Run", 4, _text("run_id")),
    Column("date", "Date", 10, _text("date", "dim"), right=False),
    Column("pp", "pp512 tok/s", 15, _text("pp", "here")),
    Column("tg", "tg128 tok/s", 15, _text("tg", "here")),
    Column("ttft", "TTFT", 8, _text("ttft")),
    Column("output_tps", "short tok/s", 12, _text("output_tps")),
    Column("memory", "Memory", 8, _text("memory")),
    Column("threads", "Threads", 7, _text("threads")),
    Column("backend", "Backend", 8, _text("backend", "dim"), right=False),
    Column("state", "State", 9, _state_cell, right=False),
)
