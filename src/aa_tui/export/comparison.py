"""Models or runs side by side as a report to hand on: the verdict in words, charts, tables, items that differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aa_tui.catalog import samples
from aa_tui.charts.spec import Bar, BarChart
from aa_tui.export.answers import MOST, PROMPT, answer_text, extracted, keys_of, name_of
from aa_tui.export.content import made
from aa_tui.export.document import (
    Block,
    Document,
    Fold,
    Heading,
    Link,
    Paragraph,
    Picture,
    Table,
    Verbatim,
    Words,
    document,
)
from aa_tui.export.run_report import date_of
from aa_tui.outcomes import Outcome, outcome_words
from aa_tui.pages import compare, run_names
from aa_tui.pages.text import paired as paired_text
from aa_tui.pages.text.compare import LEGEND, cell_text, label_text
from aa_tui.textsafe import cut

if TYPE_CHECKING:
    from aa_tui.catalog.rows import MeasurementRow, ScoredSample
    from aa_tui.pages.compare import Comparison
    from aa_tui.pages.compare_parts import Cell, Row, Subject
    from aa_tui.pages.paired import Pair

_TO_100 = ("share", "points")
"""Units of figures that go up to 100."""


def comparison_report(
    conn: sqlite3.Connection, targets: Sequence[str], *, differences: bool = False, answers: int = MOST
) -> Document:
    """Models and runs side by side, with at most so many items that differ. Raises `CompareError` and its like."""
    comparison = compare.load(conn, targets)
    blocks: list[Block] = []
    if comparison.pairs:
        blocks += _verdicts(comparison.pairs)
    blocks += _sections(comparison, differences=differences)
    pair = comparison.two_runs
    if pair is not None and pair.differences:
        blocks += _items(conn, pair, answers)
    names = [subject.name for subject in comparison.subjects]
    title = (" against " if len(names) == 2 else ", ").join(names)
    sources = [Heading("Sources"), *_sources(comparison)]
    return document(title, [Heading(title, 1), _line(comparison), *blocks, *sources, made()])


def _line(comparison: Comparison) -> Paragraph:
    """What each subject is, in one line; a run by its file."""
    words = []
    for subject in comparison.subjects:
        run = subject.result.run if subject.model is None and subject.result else None
        if run is not None:
            words.append(f"{subject.name}: {run.pack or 'speed'}, {run.file.shown_name}, {date_of(run)}")
        elif subject.model is not None:
            words.append(f"{subject.name} by {subject.model.creator}")
    return Paragraph("\n".join(words))


def _verdicts(pairs: Sequence[Pair]) -> Iterator[Block]:
    """What each paired comparison comes to, how many items each run had right, and what must be said beside that."""
    yield Heading("Verdict")
    for pair in pairs:
        yield Paragraph(f"{paired_text.verdict(pair)}.", strong=True)
        if pair.result is not None:
            one, (a, b) = pair.result, run_names.apart([pair.a, pair.b])
            head = ("Same items", "Both right", f"Only {a} right", f"Only {b} right", "Neither right")
            counts = (one.n, one.n_both, one.n_only_a, one.n_only_b, one.n_neither)
            yield Table(head, (tuple(f"{count:,}" for count in counts),), frozenset(range(5)))
        yield from (Paragraph(f"{line.strip()}.", quiet=True) for line in paired_text.reservations(pair))


# -- sections: charts of what two subjects or more have a figure of, then all in a table


def _sections(comparison: Comparison, *, differences: bool) -> Iterator[Block]:
    """Published figures and those measured here under headings of their own; of all rows, or those that differ."""
    subjects = comparison.subjects
    names = tuple(subject.name for subject in subjects)
    for section in comparison.sections:
        rows = [row for row in section.rows if not (differences and row.is_same)]
        if not rows:
            continue
        is_here = any(_is_measured(row, subjects) for row in section.rows)
        yield Heading(section.title)
        charts = [chart for row in rows if (chart := _chart(row, subjects, is_here=is_here))]
        source = _here(subjects) if is_here else _published(comparison)
        yield from (Picture(chart, source) for chart in charts)
        cells = tuple((label_text(row), *map(_cell, row.cells)) for row in rows)
        numbers = any(isinstance(cell.value, int | float) for row in rows[:1] for cell in row.cells)
        yield Table(("", *names), cells, frozenset(range(1, len(names) + 1)) if numbers else frozenset())
    yield from (Paragraph(note, quiet=True) for note in (LEGEND, *comparison.notes))


def _is_measured(row: Row, subjects: Sequence[Subject]) -> bool:
    return any(subject.result is not None and row.key in subject.result.measurements for subject in subjects)


def _chart(row: Row, subjects: Sequence[Subject], *, is_here: bool) -> BarChart | None:
    """A bar for each subject that has the figure; None where fewer than two have, or nothing would be seen."""
    bars = []
    for subject, cell in zip(subjects, row.cells, strict=True):
        if not isinstance(cell.value, int | float):
            continue
        figure = subject.result.measurements.get(row.key) if subject.result is not None and is_here else None
        scale = 100.0 if figure is not None and figure.unit == "share" else 1.0
        bars.append(
            Bar(subject.target, _label(subject), scale * cell.value, cell.text, interval=_interval(figure, scale))
        )
    is_flat = row.is_same and not any(bar.interval for bar in bars)
    if len(bars) < 2 or is_flat or not any(bar.value for bar in bars):
        return None
    figures = [subject.result.measurements.get(row.key) for subject in subjects if subject.result is not None]
    unit = next((_unit(figure) for figure in figures if figure is not None and is_here), row.unit)
    return BarChart(
        name=row.key,
        title=row.label,
        unit=unit,
        better=row.better,
        bars=tuple(bars),
        total=len(subjects),
        noun="compared",
        full=100.0 if any(figure is not None and figure.unit in _TO_100 for figure in figures) else 0.0,
    )


def _label(subject: Subject) -> str:
    """A run by its file's quantization: two runs are often of one model."""
    run = subject.result.run if subject.model is None and subject.result else None
    return subject.name if run is None else f"run {run.id} · {run.target} {run.file.quant or ''}".rstrip()


def _unit(figure: MeasurementRow) -> str:
    if figure.unit == "share":
        return "% (95 % interval)" if figure.interval_low is not None else "%"
    return f"{figure.unit} ± standard deviation" if figure.stdev is not None else figure.unit


def _interval(figure: MeasurementRow | None, scale: float) -> tuple[float, float] | None:
    if figure is None:
        return None
    if figure.interval_low is not None and figure.interval_high is not None:
        return scale * figure.interval_low, scale * figure.interval_high
    return (figure.value - figure.stdev, figure.value + figure.stdev) if figure.stdev else None


def _cell(cell: Cell) -> Words:
    return Link(cell.text.removeprefix("https://"), cell.text) if cell.text.startswith("https://") else cell_text(cell)


# -- the items on which two evaluations differ


def _items(conn: sqlite3.Connection, pair: Pair, most: int) -> Iterator[Block]:
    a, b = (_by_item(samples.scored(conn, run.id)) for run in (pair.a, pair.b))
    both = [(one, other) for key, one in a.items() if (other := b.get(key)) and _differ(one, other)]
    keys = keys_of(conn, pair.a)
    shown = both[: max(0, most)]
    told = "" if len(shown) == len(both) else f"; the first {len(shown):,} are here"
    yield Heading("Items on which they differ")
    yield Paragraph(f"{len(both):,} items{told}. Each unfolds.")
    if keys.hidden:
        yield Paragraph(f"Prompts and answers are left out: {keys.hidden}.", quiet=True)
    for one, other in shown:
        words = f"{outcome_words(one.outcome)} / {outcome_words(other.outcome)}"
        head = f"{name_of(one)} · {one.category} · {words}"
        if keys.hidden:
            yield Paragraph(head)
            continue
        got = f"expected {keys.of(one.item_id)}, got {extracted(one)} / {extracted(other)}"
        texts = [samples.get(conn, row.id) for row in (one, other)]
        yield Fold(
            f"{head} · {got}",
            (
                Verbatim("Prompt", cut(texts[0].prompt, PROMPT)),
                *keys.blocks(one.item_id),
                Verbatim(f"Answer of run {pair.a.id}", answer_text(texts[0].answer)),
                Verbatim(f"Answer of run {pair.b.id}", answer_text(texts[1].answer)),
            ),
        )


def _by_item(rows: Sequence[ScoredSample]) -> dict[tuple[str, int], ScoredSample]:
    return {(row.item_id, row.epoch): row for row in rows}


def _differ(one: ScoredSample, other: ScoredSample) -> bool:
    if None in (one.outcome, other.outcome):
        return False
    return (one.outcome == Outcome.CORRECT) != (other.outcome == Outcome.CORRECT)


# -- sources


def _here(subjects: Sequence[Subject]) -> str:
    found = [subject.result.run for subject in subjects if subject.result is not None]
    told = [f"run {run.id} {run.read_from or f'on {date_of(run)}'}" for run in found]
    return f"Measured with aa-tui: {', '.join(told)}" if not any(run.read_from for run in found) else ", ".join(told)


def _published(comparison: Comparison) -> str:
    models = [subject.model for subject in comparison.subjects if subject.model is not None]
    told = {f"{one.source_name}, {one.as_of}" for one in models if one.source_name and not one.is_local}
    return f"Source: {'; '.join(sorted(told))}" if told else ""


def _sources(comparison: Comparison) -> Iterator[Block]:
    for subject in comparison.subjects:
        model, result = subject.model, subject.result
        if model is not None and model.source_url and not model.is_local:
            words = f"{model.source_name}, table of {model.as_of}"
            yield Paragraph((f"{subject.name}: ", Link(words, model.source_url), "."))
        if result is not None:
            run = result.run
            where = run.made_on if run.file.is_served else f"on {run.made_on or 'an unknown machine'}"
            content = run.file.sha256 if run.file.is_served else f"sha256 {run.file.sha256}"
            yield Paragraph(f"{subject.name}: run {run.id} {where}, {date_of(run)}, {run.file.shown_name}, {content}.")
