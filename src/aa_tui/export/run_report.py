"""A run as a report to hand on: scores with intervals, charts, answers that were not right, and how it was made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING, display
from aa_tui.analysis.lost import LOST, WORDS
from aa_tui.catalog import life, runs
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.spec import Bar, BarChart, Chart, PanelChart, ScatterChart
from aa_tui.export.answers import MOST, not_right
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
    Tile,
    Tiles,
    Verbatim,
    document,
)
from aa_tui.export.settings import how_blocks
from aa_tui.outcomes import OUTCOMES, outcome_words
from aa_tui.pages import conversation, evaluation, load, lost, measured
from aa_tui.pages.graded_by import graded_by
from aa_tui.pages.run_charts import run_charts
from aa_tui.pages.studies.report import StudyReport, study_report
from aa_tui.pages.talked import class_of
from aa_tui.pages.text import conversation as conversation_text
from aa_tui.pages.text import costs as costs_text
from aa_tui.pages.text import lost as lost_text
from aa_tui.pages.text import speed as speed_text
from aa_tui.pages.text import talked as talked_text
from aa_tui.pages.text.evaluation import too_long
from aa_tui.pages.text.scores import bounds_words, score_words

if TYPE_CHECKING:
    from aa_tui.analysis.evaluation import Part
    from aa_tui.analysis.intervals import Score
    from aa_tui.catalog.rows import LocalResult, RunRow, SampleRow
    from aa_tui.pages.conversation import Conversation
    from aa_tui.pages.evaluation import EvalReport
    from aa_tui.pages.lost import LostReport
    from aa_tui.pages.talked import Talked


MOST_REPETITIONS = 300
"""Repetitions of a speed run in a file."""

_SOURCE = "Measured with aa-tui"


def _source(run: RunRow) -> str:
    """What a picture of a run is of."""
    return f"R{run.read_from[1:]}" if run.read_from else _SOURCE


def run_report(conn: sqlite3.Connection, run_id: int, *, answers: int = MOST) -> Document:
    """A run with at most so many of the answers that were not right. Raises `UnknownRunError`."""
    run = runs.get(conn, run_id)
    result = runs.result_of(conn, run)
    title = f"{run.target} {run.file.quant or ''}".strip()
    what = f"{run.what} {run.pack_version or ''}".strip()
    blocks: list[Block] = [Heading(f"{title} · {what}", 1), Paragraph(_line(run))]
    if run.reason:
        blocks.append(Paragraph(run.reason, quiet=True))
    pictures = [Picture(chart, _source(run), tabled=True) for chart in run_charts(conn, run.id) if _says_more(chart)]
    if run.kind == "eval":
        blocks += _evaluation(conn, evaluation.load(conn, run), pictures, answers)
    elif run.kind == "ask":
        blocks += _conversation(conversation.load(conn, run))
    elif run.kind == "study":
        blocks += [*_study(study_report(conn, run)), *pictures]
    else:
        blocks += _speed(conn, result, pictures)
    blocks += [*how_blocks(run, life.events(conn, run.id)), Heading("Sources"), *_sources(conn, run), made()]
    return document(f"{title} · {what}", blocks)


def _says_more(chart: Chart) -> bool:
    """Whether a run's chart shows more than a single figure, which the tables have already."""
    if isinstance(chart, LineChart | PanelChart):
        return True
    if isinstance(chart, ScatterChart):
        return len(chart.dots) > 1
    return len(chart.bars) > 1 or bool(chart.parts)


def date_of(run: RunRow) -> str:
    """The day on which it ended, else that on which it was made."""
    return (run.ended_at or run.created_at)[:10]


def _line(run: RunRow) -> str:
    size = display.size_bytes(run.file.size_bytes) if run.file.size_bytes else ""
    words = (f"Run {run.id}", run.state, date_of(run), run.file.shown_name, size, run.made_on_whole)
    return " · ".join(filter(None, words))


def _study(found: StudyReport | None) -> Iterator[Block]:
    if found is None:
        return
    yield Heading(found.title)
    yield from (Paragraph(words) for words in found.sentences)
    for table in found.tables:
        yield Heading(table.title, 3)
        yield Table(table.head, table.rows, table.right)
        if table.note:
            yield Paragraph(table.note, quiet=True)


# -- evaluations


def _evaluation(conn: sqlite3.Connection, report: EvalReport, pictures: list[Picture], answers: int) -> Iterator[Block]:
    run, summary = report.run, report.summary
    yield Tiles(tuple(_eval_tiles(report)))
    yield from (Paragraph(one) for one in _remarks(report))
    yield Heading("Scores")
    if summary.no_headline is None:
        yield Table(("Score", "Value", "n", "Meaning"), tuple(_scores(report)), frozenset({1, 2}))
    by_category = _category_chart(report)
    if by_category is not None:
        yield Picture(by_category, _source(run), tabled=True)
    yield Table(("Category", *_columns(summary.all)), tuple(_outcomes(report)), frozenset(range(1, 12)))
    yield from _costs(report)
    yield from _talked(report.talked)
    yield from _lost(lost.load(conn, run))
    if pictures:
        yield Heading("Charts")
        yield from pictures
    yield Heading("Answers that were not right")
    yield from not_right(conn, run, report.samples, answers)


def _eval_tiles(report: EvalReport) -> Iterator[Tile]:
    summary, part = report.summary, report.summary.all
    if summary.no_headline is not None:
        yield Tile("Score", MISSING, (summary.no_headline,))
    elif part.strict is not None:
        yield _score_tile("Strict score", part.strict, f"of {part.n_graded:,} answers")
    if part.completed is not None and summary.no_headline is None:
        yield _score_tile("Completed only", part.completed, "of those that came to their own end")
    if summary.index is not None and summary.no_headline is None:
        one = summary.index
        yield Tile(
            "Index",
            f"{one.value:.1f}",
            (f"{one.interval.low:.1f}–{one.interval.high:.1f}", "of 100, categories in equal weight"),
        )
    if part.tokens is not None:
        notes = (
            f"thinking {part.tokens.mean_thinking:,.0f}, answer {part.tokens.mean_answer:,.0f}",
            f"median {part.tokens.median:,.0f}",
        )
        yield Tile("Tokens per question", f"{part.tokens.mean:,.0f}", notes)
    if report.tokens_per_s_total is not None:
        slots = report.run.setup.n_parallel
        yield Tile(
            "Speed", f"{report.tokens_per_s_total:,.1f}", ("tokens/s in total", f"{slots} slots" if slots else "")
        )
    if report.joules_per_token is not None:
        yield Tile("Energy", f"{report.joules_per_token:,.2f}", ("J a token",))


def _score_tile(label: str, score: Score, words: str) -> Tile:
    ends = f"{100 * score.interval.low:.1f}–{100 * score.interval.high:.1f} with 95 % confidence"
    return Tile(label, f"{100 * score.value:.1f} %", (ends, words))


def _remarks(report: EvalReport) -> Iterator[str]:
    """What a reader of the score must know beside it."""
    run, summary = report.run, report.summary
    wanted = run.n_items or len(report.samples)
    yield f"{len(report.samples):,} of {wanted:,} samples are finished."
    if summary.all.bounds is not None:
        yield f"Undecided: the strict score is {bounds_words(summary.all.bounds)}."
    if report.any_time:
        yield "The run ended because of its score; its intervals hold at any stopping time."
    if summary.n_left_out:
        yield f"{summary.n_left_out:,} answers that ended out of turn are left out, since short answers end first."
    if too_long(run):
        yield f"{too_long(run).capitalize()}."
    if run.engine_caution:
        yield run.engine_caution


def _scores(report: EvalReport) -> Iterator[tuple[str, ...]]:
    part = report.summary.all
    n = f"{part.n_graded:,}"
    yield "Strict", score_words(part.strict), n, "anything not correct counts as wrong"
    yield "Completed", score_words(part.completed), "", "of those that came to their own end"
    yield "Cut short", score_words(part.truncation), f"{part.n_told:,}", "truncated, looping or out of time"
    index = report.summary.index
    if index is not None:
        words = display.score(*(one / 100 for one in (index.value, index.interval.low, index.interval.high)))
        yield "Index", words, n, "mean of the categories' strict scores in equal weight"


def _category_chart(report: EvalReport) -> BarChart | None:
    """The strict score of each category with its interval; None where there is one category, or no score."""
    summary, run = report.summary, report.run
    if len(summary.by_category) < 2 or summary.no_headline is not None:
        return None
    bars = [
        Bar(
            name,
            name,
            100 * part.strict.value,
            f"{score_words(part.strict)} n {part.n_graded}",
            interval=(100 * part.strict.interval.low, 100 * part.strict.interval.high),
        )
        for name, part in sorted(summary.by_category.items())
        if part.strict is not None
    ]
    return BarChart(
        name="categories",
        title="Strict score by category",
        unit="% right (95 % interval)",
        better="higher",
        bars=tuple(bars),
        total=len(summary.by_category),
        noun="categories",
        full=100.0,
        note=f"run {run.id}, {run.pack} {run.pack_version}, {date_of(run)}",
    )


def _costs(report: EvalReport) -> Iterator[Block]:
    """What the right answers took: seconds, joules, money, as far as that is known."""
    told = costs_text.lines(report.costs)
    if told:
        yield Heading("What right answers cost")
    for line in told:
        words = line.strip()
        yield Paragraph(f"{words[:1].upper()}{words[1:]}")


def _talked(found: Talked | None) -> Iterator[Block]:
    """Turns, tokens kept between them, and failures by fault."""
    if found is None:
        return
    yield Heading("Conversations" if found.n_turns else "Faults")
    if found.n_turns:
        turns = f"{found.n_turns:,} turns in {found.n_conversations:,} conversations"
        yield Paragraph(f"{turns}; {talked_text.kept_words(found)}.")
    if found.faults:
        rows = tuple((class_of(fault), fault.partition(":")[2].strip(), f"{count:,}") for fault, count in found.faults)
        yield Table(("Whose fault", "Which", "Failures"), rows, frozenset({2}))


def _lost(report: LostReport) -> Iterator[Block]:
    """What became of the right answers in failures, and what was thought after them."""
    told = lost_text.lines(report)
    if not told:
        return
    yield Heading("Lost answers")
    for line in told:
        yield Paragraph(" ".join(line.split()))
    if report.all.n_told:
        head = ("Category", "Failures", "Had it", *(WORDS[one].capitalize() for one in LOST))
        parts = (*report.by_category.items(), ("All", report.all))
        rows = tuple(
            (name, f"{one.n_failed:,}", f"{one.n_had_it:,}", *(f"{one.classes.get(each, 0):,}" for each in LOST))
            for name, one in parts
        )
        yield Table(head, rows, frozenset(range(1, len(head))))


def _columns(part: Part) -> tuple[str, ...]:
    """The outcomes that occur, and what is said beside them."""
    return ("n", "Strict score", *(outcome_words(name).capitalize() for name in OUTCOMES if part.outcomes.get(name)))


def _outcomes(report: EvalReport) -> Iterator[tuple[str, ...]]:
    summary = report.summary
    names = [name for name in OUTCOMES if summary.all.outcomes.get(name)]
    for title, part in (*sorted(summary.by_category.items()), ("All", summary.all)):
        strict = score_words(part.strict) if summary.no_headline is None else MISSING
        yield title, f"{part.n:,}", strict, *(f"{part.outcomes.get(name, 0):,}" for name in names)


# -- speed runs


def _speed(conn: sqlite3.Connection, result: LocalResult, pictures: Sequence[Picture]) -> Iterator[Block]:
    run = result.run
    if tiles := tuple(_speed_tiles(result)):
        yield Tiles(tiles)
    for row in measured.rows([result]):
        if row.caution:
            yield Paragraph(row.caution)
    repetitions = runs.samples(conn, run.id)
    yield Heading("Figures")
    told = speed_text.lines(result, repetitions)
    if run.file.is_served:  # tables, whose columns are to stay
        yield Verbatim("Through the server", "\n".join(line.removeprefix("  ") for line in told))
    else:
        yield from (Paragraph(line.strip()) for line in told)
    head = ("Figure", "Value", "Unit", "± standard deviation", "n")
    yield Table(head, tuple(_measurements(result)), frozenset({1, 3, 4}))
    yield Paragraph(load.METHOD_NOTE if run.file.is_served else measured.METHOD_NOTE, quiet=True)
    if pictures:
        yield Heading("Charts")
        yield from pictures
    if repetitions:
        yield Heading("Repetitions")
        yield _repetitions(repetitions)


def _repetitions(samples: Sequence[SampleRow]) -> Fold:
    rows = tuple(
        (
            one.test,
            f"{one.repetition}{' (warm-up)' if one.warmup else ''}",
            f"{one.tokens_per_s:,.2f}",
            f"{one.seconds:,.3f}",
            f"{one.ttft_s:.3f}" if one.ttft_s is not None else MISSING,
        )
        for one in samples[:MOST_REPETITIONS]
    )
    title = f"All {len(samples):,}" if len(rows) == len(samples) else f"The first {len(rows):,} of {len(samples):,}"
    head = ("Test", "Repetition", "tokens/s", "s", "First token, s")
    return Fold(title, (Table(head, rows, frozenset({2, 3, 4})),))


def _speed_tiles(result: LocalResult) -> Iterator[Tile]:
    for metric, label in (
        ("pp512", "Prompt (pp512)"),
        ("tg128", "Generation (tg128)"),
        ("short.output_tps", "Short request"),
    ):
        if metric in result.measurements:
            yield Tile(label, measured.rate(result, metric), ("tokens/s", f"n {result.measurements[metric].n or 1}"))
    first = result.measurements.get("short.ttft_s")
    if first is not None:
        yield Tile("First token", display.seconds(first.value), ("100 input tokens",))
    if result.run.peak_memory_bytes:
        yield Tile("Peak memory", display.size_bytes(result.run.peak_memory_bytes))


def _measurements(result: LocalResult) -> Iterator[tuple[str, ...]]:
    for metric, row in result.measurements.items():
        digits = 4 if result.run.file.is_served and row.unit in ("s", "share") else 2  # milliseconds between tokens
        spread = f"{row.stdev:,.{digits}f}" if row.stdev is not None else MISSING
        yield metric, f"{row.value:,.{digits}f}", row.unit, spread, str(row.n or MISSING)


# -- conversations


def _conversation(talk: Conversation) -> Iterator[Block]:
    for turn in talk.turns:
        yield Verbatim("Prompt", turn.asked.prompt)
        sample = turn.sample
        if sample is None:
            yield Paragraph("Not answered.", quiet=True)
            continue
        if sample.thinking:
            title = f"Thinking, {sample.n_thinking:,} tokens"
            yield Fold(title, (Verbatim("Thinking", sample.thinking),))
        if sample.answer.strip():
            yield Verbatim("Answer", sample.answer.strip("\n"))
        ended = conversation_text.end_words(talk.run, sample)
        yield Paragraph(f"{conversation_text.clock_words(sample)} · {ended}", quiet=True)


# -- sources


def _sources(conn: sqlite3.Connection, run: RunRow) -> Iterator[Block]:
    if run.file.is_served:
        words = f"{run.made_on}, {date_of(run)}: of what was served then, with the time of the way there and back."
    else:
        words = f"on {run.made_on or 'an unknown machine'}, {date_of(run)}, of the file with the sha256 above."
    yield Paragraph(f"All figures were measured by run {run.id} {words}")
    if run.kind == "eval":
        yield from _pack(conn, run)
        by = graded_by(run, evaluation.load(conn, run).samples)
        if by is not None:
            yield Paragraph(f"Graded by {', '.join((*by.graders, by.extraction))}.")


def _pack(conn: sqlite3.Connection, run: RunRow) -> Iterator[Block]:
    """Where the questions come from, and under which licence."""
    from aa_tui.catalog.db import path_of
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load

    try:
        pack = load(run.setup.pack or run.pack or "", path_of(conn).parent)
    except PackError:
        yield Paragraph(f"Questions: {run.pack} {run.pack_version}; the pack is not here any more.")
        return
    source = Link(pack.source, pack.source) if pack.source.startswith("https://") else pack.source
    yield Paragraph((f"Questions: {pack.name} {run.pack_version}, licence {pack.license}, ", source, "."))
    if pack.citation:
        yield Paragraph(pack.citation, quiet=True)
