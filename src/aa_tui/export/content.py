"""What an exported page, chart, table and comparison of models say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui import __version__
from aa_tui.analysis import METRICS, MISSING, display, untold
from aa_tui.catalog.clock import utc_now
from aa_tui.charts.spec import PanelChart, ScatterChart
from aa_tui.export.document import (
    Block,
    Document,
    Heading,
    Link,
    Paragraph,
    Picture,
    Table,
    Tile,
    Tiles,
    Words,
    document,
)
from aa_tui.export.evaluations import evaluation_blocks
from aa_tui.export.figures import figures
from aa_tui.pages import history, load, local, measured
from aa_tui.pages.text import load as load_text
from aa_tui.pages.text import others, study

if TYPE_CHECKING:
    from aa_tui.catalog.rows import MeasurementRow
    from aa_tui.charts.spec import Chart
    from aa_tui.pages.measured import MeasuredRow
    from aa_tui.pages.page import Page

_TILES = ("intelligence_index", "output_tps", "price_in_usd_per_m", "price_out_usd_per_m", "index_output_tokens_m")
_MADE_OF = {"blended_price_usd_per_m": "price_out_usd_per_m"}
"""A figure that is computed from others is of the source of the last of them."""
_UNITS = {"index_output_tokens_m": "tokens", "intelligence_index": "0–100", "openness_index": "0–100"}


@dataclass(frozen=True, slots=True)
class ChartGroup:
    """The charts under one heading of a page, and what is said of those that have nothing to draw."""

    title: str
    pictures: tuple[Picture, ...]
    missing: tuple[str, ...] = ()


def page_document(
    page: Page, groups: Sequence[ChartGroup] = (), here: Sequence[Picture] = (), quants: Sequence[Block] = ()
) -> Document:
    """A whole page, with these charts of what is published, and of what was measured here; `quants` compare files."""
    model = page.model
    blocks: list[Block] = [Heading(model.name, 1), _marks(page), _tiles(page)]
    blocks += [Heading("Summary"), *map(Paragraph, page.summary)]
    blocks += [Heading("Facts"), Table((), tuple((label, _linked(value)) for label, value in page.facts))]
    blocks += [Heading("Headline figures"), _headlines(page)]
    for group in groups:
        blocks += [Heading(group.title), *group.pictures]
        if group.missing:
            blocks.append(Paragraph(f"Not drawn: {' '.join(group.missing)}", quiet=True))
    blocks += [Heading("Measured here"), *_measured(page), *here]
    if page.studied:
        blocks += [Heading(study.TITLE), *map(Paragraph, study.studied_lines(page.studied))]
    if quants:
        blocks += [Heading("Quantizations"), *quants]
    if page.measured_on_others:
        blocks += [Heading(others.TITLE), *map(Paragraph, others.lines(page.measured_on_others))]
    blocks.append(Heading("Questions and answers"))
    for one in page.faq:
        blocks += [Paragraph(one.question, strong=True), Paragraph(one.answer)]
    blocks += [Heading("Files"), *_files(page), *_history(page), Heading("Sources"), *_sources(page), made()]
    return document(model.name, blocks)


def made() -> Paragraph:
    """What made the file, and when."""
    return Paragraph(f"Made with aa-tui {__version__} on {utc_now()[:10]}.", quiet=True)


def chart_document(chart: Chart, source: str = "") -> Document:
    """A chart, and every figure of it in a table."""
    picture = Picture(chart, source, large=not isinstance(chart, PanelChart))
    blocks: list[Block] = [Heading(chart.title, 1), picture]
    charts = chart.charts if isinstance(chart, PanelChart) else (chart,)
    for one in charts:
        values = figures(one)
        if values.rows:
            blocks += [Heading(one.title if one is not chart else "Figures"), values]
    if not any(one.dots if isinstance(one, ScatterChart) else one.bars for one in charts):
        blocks.append(Paragraph(chart.missing))
    return document(chart.title, [*blocks, made()], picture=picture)


def table_document(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> Document:
    """A table alone."""
    return document(title, [Heading(title, 1), Table(tuple(head), tuple(map(tuple, rows)), right)])


_KINDS = {True: "Reasoning", False: "Non-reasoning", None: "Language"}


def _marks(page: Page) -> Paragraph:
    """What kind of model it is, whose, and where its weights and its published figures are."""
    model = page.model
    kind = {True: "open weights", False: "proprietary", None: "weights not told"}[untold.open_weights(model)]
    kind = f"weights {local.weights(model)}" if model.is_local else kind
    words = [f"{_KINDS[untold.reasoning(model)]} model", kind, f"by {model.creator}"]
    words += [f"released {model.release_date}"] if model.release_date else []
    words += [model.license] if model.license else []
    parts: list[Words] = [" · ".join(words)]
    if model.weights_url:
        parts += [" · ", Link("Weights", model.weights_url)]
    if model.source_url and not model.is_local:
        parts += [" · ", Link(f"{model.source_name or 'Source'}", model.source_url)]
    return Paragraph(tuple(parts))


def _tiles(page: Page) -> Tiles:
    return Tiles(tuple(_tile(page, metric) for metric in _TILES))


def _tile(page: Page, metric: str) -> Tile:
    about, place = METRICS[metric], page.standings[metric]
    if place.value is None:
        return Tile(about.label, MISSING, (_unknown(page), _unit(metric)))
    rank = f"#{place.rank} of {place.of}" if place.rank else ""
    average = f"class average {display.metric(metric, place.class_median)}" if place.class_median is not None else ""
    notes = (_unit(metric), ", ".join(filter(None, (rank, place.phrase))), average)
    return Tile(about.label, display.metric(metric, place.value), tuple(filter(None, notes)))


def _unit(metric: str) -> str:
    """The unit beside a value that may have its millions in it."""
    return _UNITS.get(metric, METRICS[metric].unit)


def _unknown(page: Page) -> str:
    return "not in this catalog" if page.model.is_local else "not published"


def _linked(value: str) -> Words:
    return Link(value.removeprefix("https://"), value) if value.startswith("https://") else value


def _headlines(page: Page) -> Table:
    """Each figure with its unit, its place in the class, and where it comes from."""
    rows = []
    for metric, place in page.standings.items():
        about = METRICS[metric]
        rows.append(
            (
                about.label,
                display.metric(metric, place.value) if place.value is not None else _unknown(page),
                _unit(metric),
                f"#{place.rank} / {place.of}" if place.rank else MISSING,
                display.metric(metric, place.class_median),
                place.phrase or "",
                _origin(page.published.get(_MADE_OF.get(metric, metric))),
            )
        )
    head = ("Figure", "Value", "Unit", "Rank", "Class average", "", "Source")
    return Table(head, tuple(rows), frozenset({1, 3, 4}))


def _origin(row: MeasurementRow | None) -> Words:
    """Whose a published figure is, and as of when."""
    if row is None:
        return ""
    words = ", ".join(filter(None, (row.source_name, row.index_version, row.as_of)))
    return Link(words, row.source_url) if row.source_url else words


def _measured(page: Page) -> list[Block]:
    rows = measured.rows(page.measured_here)
    blocks, through = evaluation_blocks(page), load.loads(page.measured_here)
    if not rows and not through:
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
    blocks += [Paragraph(measured.METHOD_NOTE, quiet=True)] if rows else []
    for one in through:
        blocks.append(Paragraph(f"{one.result.run.file.shown_name} · {load_text.head(one)}"))
        blocks += [Paragraph(words) for words in load_text.brief(one)]
    return [*blocks, *([Paragraph(load.METHOD_NOTE, quiet=True)] if through else [])]


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
    """The files by name: where they lie on this machine is nobody else's business."""
    where = page.model.weights_url
    words: tuple[Words, ...] = (
        ("Weights: ", _linked(where)) if where else ("No link to the weights is in this catalog.",)
    )
    if not page.files:
        return [Paragraph(words), Paragraph("No file of it is known on this machine.")]
    rows = tuple(
        (file.shown_name, file.quant or MISSING, display.size_bytes(file.size_bytes or None), file.sha256)
        for file in page.files
    )
    return [Paragraph(words), Table(("File", "Quant", "Size", "sha256"), rows, frozenset({2}))]


def _history(page: Page) -> list[Block]:
    """What other tables said of its index, where there are any."""
    if not page.other_scores:
        return []
    table = Table(history.HEAD, tuple(history.rows(page.other_scores)), frozenset({2, 3, 4}))
    return [Heading("Score history"), table, Paragraph(history.NOTE, quiet=True)]


def _sources(page: Page) -> list[Block]:
    """Each source once, with its address as a link, its date and what it is of."""
    if page.model.is_local or not page.published:
        return [Paragraph(source) for source in page.sources] or [Paragraph("No sources.")]
    return [Paragraph(_with_links(source)) for source in page.sources]


def _with_links(sentence: str) -> tuple[Words, ...]:
    """A source's sentence with the address in it as a link."""
    parts: list[Words] = []
    for number, word in enumerate(sentence.split(" ")):
        bare = word.rstrip(",:")
        gap = " " if number else ""
        if bare.startswith("https://"):
            parts += [gap, Link(bare.removeprefix("https://"), bare), word[len(bare) :]]
        else:
            parts.append(gap + word)
    return tuple(parts)
