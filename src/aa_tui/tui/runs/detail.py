"""Everything about one run, as text for a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.content import Content

from aa_tui.analysis import MISSING
from aa_tui.catalog.clock import local, zone
from aa_tui.pages import eval_labels, measured
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import how
from aa_tui.pages.text import lost as lost_text
from aa_tui.pages.text import speed as speed_text
from aa_tui.pages.text import study as study_text
from aa_tui.textsafe import clean, clean_line
from aa_tui.tui.widgets.parts import beside, styled, wrapped
from aa_tui.tui.widgets.running import STATE_MARKS, live_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aa_tui.catalog.rows import LocalResult, MeasurementRow, RunEvent, RunRow, SampleRow
    from aa_tui.pages.evaluation import EvalReport
    from aa_tui.pages.lost import LostReport
    from aa_tui.pages.studies.report import StudyReport, StudyTable

LABEL_CELLS = 14
REPORT_CELLS = 15
"""Where the values of a report's lines begin."""

LATEST = 4
"""Samples shown of a run that is running."""


def run_detail(
    run: RunRow,
    result: LocalResult | None,
    samples: list[SampleRow],
    width: int,
    found: StudyReport | None = None,
) -> Content:
    """What came of it, how it was made, and every sample of a speed run."""
    mark, kind = STATE_MARKS[run.state]
    head = styled((f"Run {run.id}  ", "strong"), (f"{mark} {run.state}", kind))
    what = f"{run.what} {run.pack_version or ''}".rstrip()
    title = styled((f"{run.target} {run.file.quant or ''}".rstrip(), "strong"), (f" · {what}", ""))
    blocks = [styled(head, "\n", wrapped(title, width))]
    if run.is_live:
        blocks.append(live_line(run, width))
    if run.reason:
        blocks.append(wrapped(styled((run.reason, "bad" if run.state == "failed" else "warn")), width))
    if result and result.no_headline:
        blocks.append(wrapped(styled((result.no_headline, "warn")), width))
    if found is not None:
        blocks.append(_sentences(found, width))
    elif result and result.measurements:
        blocks.append(_came_of_it(run, result, samples, width))
    blocks.append(_facts(how.facts(run), width))
    if samples:
        blocks.append(_latest(samples, width) if run.is_live else _samples(samples, width))
    return Content("\n\n").join(blocks)


def eval_detail(
    run: RunRow, report: EvalReport, events: list[RunEvent], width: int, lost: LostReport | None = None
) -> Content:
    """What came of an evaluation until now, its facts, and the turns of its life."""
    told = [*evaluation_text.lines(report)[1:], *(lost_text.lines(lost) if lost is not None else ())]
    lines = [_report_line(line, width) for line in told]
    return Content("\n\n").join([Content("\n").join(lines), _facts(how.facts(run), width), *_history(events, width)])


def study_detail(run: RunRow, found: StudyReport | None, events: list[RunEvent], width: int) -> Content:
    """What a study found until now, how it was made, and the turns of its life."""
    blocks = [wrapped(styled((run.reason, "bad" if run.state == "failed" else "warn")), width)] if run.reason else []
    if found is not None:
        blocks.append(styled((found.title, "strong")))
        blocks.append(_sentences(found, width))
        blocks += [_study_table(table, width) for table in found.tables]
    return Content("\n\n").join([*blocks, _facts(how.facts(run), width), *_history(events, width)])


def _sentences(found: StudyReport, width: int) -> Content:
    told = [wrapped(styled((clean_line(words), "here")), width) for words in found.sentences]
    return Content("\n").join(told or [styled((study_text.NOTHING_YET, "dim"))])


def _study_table(table: StudyTable, width: int) -> Content:
    """A table whose columns stay where they are, its head and its note standing back."""
    told: list[tuple[str, str]] = []
    for head, *rows in study_text.table_parts(table, width):
        told += [*((line, "dim") for line in head), *((line, "") for row in rows for line in row)]
    shown = [styled((table.title, "strong"))] if table.title else []
    shown += [styled((clean(line), kind)).truncate(width, ellipsis=True) for line, kind in told]
    if table.note:
        shown.append(wrapped(styled((clean_line(table.note), "dim")), width))
    return Content("\n").join(shown)


def _history(events: list[RunEvent], width: int) -> list[Content]:
    if not events:
        return []
    head = styled(("History", "strong"), (f"  {zone(events[0].at)}", "dim"))
    return [Content("\n").join([head, *(_event(event, width) for event in events)])]


def _report_line(line: str, width: int) -> Content:
    """A line of the shell's report: its label stands back, what is too long goes on below the value."""
    if line.startswith(" " * REPORT_CELLS):  # goes on below the value
        words = wrapped(Content(clean_line(line)), max(20, width - REPORT_CELLS))
        return beside(Content(""), words, REPORT_CELLS - 2)
    if line.startswith("    "):  # a table's row: its columns stay where they are
        return Content(clean(line)).truncate(width, ellipsis=True)
    label, value = line[:REPORT_CELLS], line[REPORT_CELLS:]
    if not value or not label.endswith(" "):  # words without a label
        return wrapped(Content(clean_line(line)), width)
    parts = wrapped(Content(clean(value)), max(20, width - REPORT_CELLS)).split("\n")
    left = [set_cell_size(label[2:], REPORT_CELLS - 2), *[" " * (REPORT_CELLS - 2)] * (len(parts) - 1)]
    return Content("\n").join(styled((one, "dim"), part) for one, part in zip(left, parts, strict=True))


def _event(event: RunEvent, width: int) -> Content:
    mark, kind = STATE_MARKS.get(event.state, ("·", "dim"))
    reason = f"  {event.reason}" if event.reason else ""
    line = styled((f"{local(event.at)}  ", "dim"), (f"{mark} {event.state}", kind), (reason, ""))
    return line.truncate(width, ellipsis=True)


def _facts(facts: Iterable[tuple[str, str]], width: int) -> Content:
    lines = []
    for label, value in facts:
        parts = wrapped(Content(value), max(10, width - LABEL_CELLS)).split("\n")
        for number, part in enumerate(parts):
            left = set_cell_size(label if number == 0 else "", LABEL_CELLS)
            lines.append(styled((left, "dim"), part))
    return Content("\n").join(lines)


def _came_of_it(run: RunRow, result: LocalResult, samples: list[SampleRow], width: int) -> Content:
    """The figures in words: scores and tokens of an evaluation, speeds of the other kind, and a caution."""
    if run.kind == "eval":
        named = eval_labels.labels(run.pack or "", [result])
        known = [(label, figure) for name, label in named.items() if (figure := result.measurements.get(name))]
        cells = max((len(label) for label, _ in known), default=0) + 2
        lines = [
            styled((f"{label:<{cells}}", "dim"), (eval_labels.words(one), "here"), (_n_words(one), "dim"))
            for label, one in known
        ]
    else:
        lines = [styled((line.removeprefix("  "), "here")) for line in speed_text.lines(result, samples)]
    if caution := measured.row_of(result).caution:
        lines.append(styled((f"! {caution}", "warn")))
    return Content("\n").join(wrapped(line, width) for line in lines)


def _n_words(figure: MeasurementRow) -> str:
    return f"  n {figure.n:,}" if figure.n and figure.unit != "tokens" else ""


def _latest(samples: list[SampleRow], width: int) -> Content:
    """The last ones, the newest first, always as many lines: a list that grows would be sent again each time."""
    shown = _samples(samples[: -LATEST - 1 : -1], width, title=f"Latest of {len(samples):,} samples")
    return Content("\n").join([shown, *[Content("")] * (LATEST - len(samples))])


def _samples(samples: list[SampleRow], width: int, title: str = "Samples") -> Content:
    cells = max(10, *(len(sample.test) + 1 for sample in samples)) if samples else 10
    head = f"{'test':<{cells}}{'rep':>4}  {'tok/s':>10}  {'seconds':>9}  {'TTFT s':>8}"
    lines = [styled((title, "strong")), styled((head, "dim"))]
    for sample in samples:
        ttft = f"{sample.ttft_s:8.3f}" if sample.ttft_s is not None else f"{MISSING:>8}"
        clock = f"{sample.tokens_per_s:>10,.2f}  {sample.seconds:>9.3f}  {ttft}"
        line = f"{sample.test:<{cells}}{sample.repetition:>4}  {clock}"
        lines.append(styled((line, ""), ("  warm-up" if sample.warmup else "", "dim")).truncate(width, ellipsis=True))
    return Content("\n").join(lines)
