"""What an exported page and an exported chart say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aa_tui.analysis import METRICS, MISSING, display
from aa_tui.charts.spec import BarChart, PanelChart, ScatterChart
from aa_tui.export.document import Block, Document, Heading, Paragraph, Picture, Table, document
from aa_tui.export.evaluations import evaluation_blocks
from aa_tui.pages import measured
from aa_tui.pages.compare_text import LEGEND, cell_text, label_text

if TYPE_CHECKING:
    from aa_tui.charts.drawing import Drawing
    from aa_tui.charts.spec import Chart
    from aa_tui.pages.compare import Comparison
    from aa_tui.pages.measured import MeasuredRow
    from aa_tui.pages.page import Page

DrawnChart = tuple[str, "Chart", "Drawing"]
"""A chart with its section's title and its drawing."""

_HEADLINES = ("intelligence_index", "output_tps", "price_in_usd_per_m", "price_out_usd_per_m", "index_output_tokens_m")


def page_document(page: Page, charts: Sequence[DrawnChart] = ()) -> Document:
    """A whole page, with these charts under their sections' titles."""
    model = page.model
    marks = f"{'Reasoning' if model.reasoning else 'Non-reasoning'}, "
    marks += "weights on this machine" if model.is_local else "open weights" if model.open_weights else "proprietary"
    blocks: list[Block] = [Heading(model.name, 1), Paragraph(f"{marks}. By {model.creator}.")]
    if page.cls is not None:
        blocks.append(Paragraph(page.cls.explanation))
    blocks += [_headlines(page), Heading("Summary"), *map(Paragraph, page.summary)]
    blocks += [Heading("Facts"), Table((), tuple(page.facts))]
    section = ""
    for title, chart, drawing in charts:
        if title != section:
            section = title
            blocks.append(Heading(title))
        blocks.append(Picture(drawing, chart.title))
    blocks += [Heading("Measured here"), *_measured(page)]
    blocks.append(Heading("Questions"))
    for one in page.faq:
        blocks += [Paragraph(one.question, strong=True), Paragraph(one.answer)]
    blocks += [Heading("Files"), *_files(page), Heading("Sources")]
    blocks += [Paragraph(source) for source in page.sources] or [Paragraph("No sources.")]
    return document(model.name, blocks)


def chart_document(chart: Chart, drawing: Drawing) -> Document:
    """A chart as drawn, and every figure of it in a table."""
    blocks: list[Block] = [Heading(chart.title, 1), Picture(drawing, chart.title)]
    charts = chart.charts if isinstance(chart, PanelChart) else (chart,)
    for one in charts:
        if one is not chart:
            blocks.append(Heading(one.title))
        values = _scatter_table(one) if isinstance(one, ScatterChart) else _bar_table(one)
        if values.rows:
            blocks.append(values)
    return document(chart.title, blocks, picture=drawing)


def table_document(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> Document:
    """A table alone."""
    return document(title, [Heading(title, 1), Table(tuple(head), tuple(map(tuple, rows)), right)])


def comparison_document(comparison: Comparison, *, differences: bool = False) -> Document:
    """A comparison, a table for each section; without the rows that are alike where only differences are wanted."""
    names = tuple(subject.name for subject in comparison.subjects)
    title = " · ".join(names)
    blocks: list[Block] = [Heading(title, 1)]
    for section in comparison.sections:
        rows = [row for row in section.rows if not (differences and row.is_same)]
        if rows:
            cells = tuple((label_text(row), *map(cell_text, row.cells)) for row in rows)
            right = frozenset(range(1, len(names) + 1))
            blocks += [Heading(section.title), Table(("", *names), cells, right)]
    return document(title, [*blocks, *map(Paragraph, (LEGEND, *comparison.notes))])


def _headlines(page: Page) -> Table:
    missing = "not in this catalog" if page.model.is_local else "not published"
    rows = []
    for metric in _HEADLINES:
        place = page.standings[metric]
        rows.append(
            (
                METRICS[metric].label,
                display.metric(metric, place.value) if place.value is not None else missing,
                f"#{place.rank} / {place.of}" if place.rank else MISSING,
                display.metric(metric, place.class_median),
                place.phrase or "",
            )
        )
    return Table(("", "Value", "Rank", "Class average", ""), tuple(rows), frozenset({1, 2, 3}))


def _measured(page: Page) -> list[Block]:
    rows = measured.rows(page.measured_here)
    blocks = evaluation_blocks(page)
    if not rows:
        return blocks or [Paragraph("Nothing was measured on this machine yet.")]
    for group in measured.groups(rows):
        first = group[0]
        blocks.append(Paragraph(f"{first.file} · {first.quant} · {first.size} · {first.machine}"))
        blocks.append(_runs(group))
        blocks += [Paragraph(f"Run {row.run_id}: {row.caution}") for row in group if row.caution]
    beside = measured.beside(page.measured_here, page.model)
    if beside:
        cells = tuple((one.label, one.here, one.published, one.difference) for one in beside)
        blocks.append(Table(("", "Here", "Published", "Difference of method"), cells, frozenset({1, 2})))
    return [*blocks, Paragraph(measured.METHOD_NOTE)]


def _runs(group: Sequence[MeasuredRow]) -> Table:
    head = ("Run", "Date", "pp512 tok/s", "tg128 tok/s", "TTFT", "short tok/s", "Memory", "Threads", "Backend", "State")
    rows = tuple(
        (
            str(row.run_id),
            row.date,
            row.pp,
            row.tg,
            row.ttft,
            row.output_tps,
            row.memory,
            row.threads,
            row.backend,
            row.state,
        )
        for row in group
    )
    return Table(head, rows, frozenset(range(2, 8)))


def _files(page: Page) -> list[Block]:
    where = page.model.weights_url
    words = f"Weights: {where}" if where else "No link to the weights is in this catalog."
    if not page.files:
        return [Paragraph(words), Paragraph("No file of it is known on this machine.")]
    rows = tuple(
        (file.quant or MISSING, display.size_bytes(file.size_bytes), file.sha256, file.path) for file in page.files
    )
    return [Paragraph(words), Table(("Quant", "Size", "sha256", "Path"), rows, frozenset({1}))]


def _bar_table(chart: BarChart) -> Table:
    """Every bar, also those that the drawing had no room for."""
    parts = chart.parts
    rows = []
    for bar in chart.bars:
        cells = [display.exact(value) for value in bar.parts] or [MISSING] * len(parts)
        marks = " ".join(filter(None, (_reasoning(bar.reasoning), bar.group, "estimate" if bar.estimate else "")))
        rows.append((bar.label, bar.text, display.exact(bar.value), *cells, marks))
    head = ("Model", "Reads", chart.unit, *parts, "")
    return Table(head, tuple(rows), frozenset(range(1, 3 + len(parts))))


def _scatter_table(chart: ScatterChart) -> Table:
    rows = tuple(
        (
            dot.label,
            display.exact(dot.x),
            display.exact(dot.y),
            " ".join(filter(None, (_reasoning(dot.reasoning), dot.group))),
        )
        for dot in chart.dots
    )
    head = ("Model", f"{chart.x.label}, {chart.x.unit}", f"{chart.y.label}, {chart.y.unit}", "")
    return Table(head, rows, frozenset({1, 2}))


def _reasoning(reasoning: bool | None) -> str:
    return "" if reasoning is None else "reasoning" if reasoning else "non-reasoning"
