"""The sections of a comparison with what was measured here, and when two figures cannot be told apart."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aa_tui.analysis import MISSING
from aa_tui.catalog import metric_names
from aa_tui.catalog.rows import LocalResult, MeasurementRow
from aa_tui.charts.here.evaluations import undecided
from aa_tui.pages import eval_labels, measured
from aa_tui.pages.compare_parts import Better, Cell, Row, Section, Subject, with_best
from aa_tui.pages.paired import Pair

_LESS_IS_BETTER = frozenset({"truncation_rate", *eval_labels.TOKENS})

_Span = tuple[float, float, float]
"""A score with the ends of its interval."""


def local_rows(subjects: Sequence[Subject]) -> tuple[Row, ...]:
    """What was run, on what and how, of both kinds of run; speeds where they were measured."""
    shown = [measured.row_of(subject.result) if subject.result else None for subject in subjects]

    def words(key: str, label: str, read: Callable[[measured.MeasuredRow], str]) -> Row:
        texts = [read(row) if row is not None else MISSING for row in shown]
        return Row(key, label, "", None, tuple(Cell(text, None if text == MISSING else text) for text in texts))

    names = dict.fromkeys(
        name for subject in subjects if subject.result for name in subject.result.measurements if "." not in name
    )
    rates = [_rate_row(name, subjects) for name in names]
    workloads = dict.fromkeys(
        sample.test for subject in subjects for sample in subject.samples if sample.ttft_s is not None
    )
    clocks = [
        row
        for test in workloads
        for row in (
            _clock_row(f"{test}.output_tps", f"{test}: output speed", "tokens/s", "higher", subjects),
            _clock_row(f"{test}.ttft_s", f"{test}: first token", "s", "lower", subjects),
        )
    ]
    return (
        words("file", "File", lambda row: row.file),
        words("quant", "Quantization", lambda row: row.quant),
        words("size", "Size", lambda row: row.size),
        words("machine", "Machine", lambda row: row.machine),
        words("threads", "Threads", lambda row: row.threads),
        words("backend", "Backend", lambda row: row.backend),
        *rates,
        *(row for row in clocks if any(cell.value is not None for cell in row.cells)),
        words("memory", "Peak memory", lambda row: row.memory),
        words("run_id", "Run", lambda row: f"{row.run_id} ({row.state})"),
        words("date", "Measured on", lambda row: row.date),
    )


def evaluations(subjects: Sequence[Subject], pairs: Sequence[Pair]) -> list[Section]:
    """A section for each pack in a version: scores, categories in the pack's order, tokens."""
    packs = dict.fromkeys(
        (one.result.run.pack, one.result.run.pack_version)
        for one in subjects
        if one.result is not None and one.result.run.kind == "eval" and one.result.run.pack
    )
    return [
        Section(f"{titled('Evaluated', results)} {pack} {version or ''}".rstrip(), rows)
        for pack, version in packs
        if (rows := _of_pack(pack or "", results := [_on(one, pack, version) for one in subjects], pairs))
    ]


def titled(done: str, results: Sequence[LocalResult | None]) -> str:
    """What was done and where: figures of elsewhere are never given out for those made here."""
    here = {one.run.origin == "here" for one in results if one is not None}
    if here <= {True}:
        return f"{done} here ⌂"
    return f"{done}, here ⌂ and elsewhere" if True in here else f"{done} elsewhere"


def headline_bars(sections: Sequence[Section]) -> list[tuple[str, str]]:
    """The key of each pack's score and its label in the overview."""
    keys = [row.key for section in sections for row in section.rows]
    strict = [key for key in keys if metric_names.is_strict_score(key)]
    return [(key, f"⌂ {metric_names.pack_of(key)}") for key in strict]


def _on(subject: Subject, pack: str | None, version: str | None) -> LocalResult | None:
    """What a subject's run came to on a pack in a version; None where it is of another."""
    result = subject.result
    return result if result is not None and (result.run.pack, result.run.pack_version) == (pack, version) else None


def _of_pack(pack: str, results: Sequence[LocalResult | None], pairs: Sequence[Pair]) -> tuple[Row, ...]:
    labels = eval_labels.labels(pack, [one for one in results if one is not None])
    rows = [row for name, label in labels.items() if (row := _graded_row(name, label, results, pairs)) is not None]
    if not rows:
        return ()
    counts = [None if one is None else _n_graded(one, pack) for one in results]
    items = Row("questions", "Questions", "", None, tuple(Cell(str(n or MISSING), n) for n in counts))
    left_out = [0 if one is None else one.run.setup.n_too_long for one in results]
    cells = tuple(Cell(str(n) if n else MISSING, n) for n in left_out)
    too_long = (Row("too_long", "  too long to ask", "", None, cells),) if any(left_out) else ()
    return (rows[0], *_undecided_rows(results), items, *too_long, *rows[1:])


def _n_graded(result: LocalResult, pack: str) -> int | None:
    figure = result.measurements.get(metric_names.of_evaluation(pack, "score_strict"))
    return None if figure is None else figure.n


def _graded_row(name: str, label: str, results: Sequence[LocalResult | None], pairs: Sequence[Pair]) -> Row | None:
    figures = [None if one is None else one.measurements.get(name) for one in results]
    if not any(figures):
        return None
    cells = [Cell(MISSING) if one is None else Cell(eval_labels.words(one), one.value) for one in figures]
    better: Better = "lower" if metric_names.last_part(name) in _LESS_IS_BETTER else "higher"
    spans = [_span(one) for one in figures]
    if not any(spans):
        return Row(name, label, "", better, with_best(cells, better))
    alone = len(pairs) == 1 and sum(map(bool, figures)) == 2
    if alone and metric_names.is_strict_score(name) and (interval := pairs[0].interval) is not None:
        if not interval.contains(0.0):
            return Row(name, label, "", better, with_best(cells, better))
        tied = tuple(replace(cell, mark="tied") if cell.value is not None else cell for cell in cells)
        return Row(name, label, "", better, tied)
    return Row(name, label, "", better, _marked_by_interval(cells, spans, better))


def _span(figure: MeasurementRow | None) -> _Span | None:
    if figure is None or figure.interval_low is None or figure.interval_high is None:
        return None
    return figure.value, figure.interval_low, figure.interval_high


def _marked_by_interval(cells: Sequence[Cell], spans: Sequence[_Span | None], better: Better) -> tuple[Cell, ...]:
    """The best marked where its interval lies apart from all others'; else it and those it overlaps as tied."""
    known = [number for number, span in enumerate(spans) if span is not None]
    if len(known) < 2 or len({span for span in spans if span is not None}) == 1:
        return tuple(cells)
    sign = 1 if better == "higher" else -1
    best = max(known, key=lambda number: sign * (spans[number] or (0.0,))[0])
    tied = {number for number in known if number != best and _touch(spans[number], spans[best])}
    if tied:
        return tuple(replace(cell, mark="tied") if n in {best, *tied} else cell for n, cell in enumerate(cells))
    return tuple(replace(cell, mark="best") if n == best else cell for n, cell in enumerate(cells))


def _touch(one: _Span | None, other: _Span | None) -> bool:
    return one is not None and other is not None and one[1] <= other[2] and other[1] <= one[2]


def _undecided_rows(results: Sequence[LocalResult | None]) -> list[Row]:
    """What undecided samples leave open of a run's strict score, where there are any."""
    words = [undecided(one).removeprefix(", ") if one is not None else "" for one in results]
    if not any(words):
        return []
    return [Row("undecided", "Undecided", "", None, tuple(Cell(one or MISSING, one or None) for one in words))]


def without_score(subjects: Sequence[Subject]) -> list[str]:
    """A sentence for each run that has too many errors for a score."""
    results = [subject.result for subject in subjects if subject.result is not None]
    return [f"Run {one.run.id}: {one.no_headline}." for one in results if one.no_headline]


@dataclass(frozen=True, slots=True)
class _Spread:
    """A mean with the sample standard deviation of `n` repetitions."""

    mean: float
    stdev: float
    n: int

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Mean ± 2 standard deviations; None for a single repetition, which has none."""
        return (self.mean - 2 * self.stdev, self.mean + 2 * self.stdev) if self.n > 1 else None


def _rate_row(metric: str, subjects: Sequence[Subject]) -> Row:
    cells: list[Cell] = []
    spreads: list[_Spread | None] = []
    for subject in subjects:
        figure = subject.result.measurements.get(metric) if subject.result else None
        if figure is None or subject.result is None:
            cells.append(Cell(MISSING))
            spreads.append(None)
            continue
        cells.append(Cell(measured.rate(subject.result, metric), figure.value))
        spreads.append(_Spread(figure.value, figure.stdev or 0.0, figure.n or 1))
    label = {"pp512": "Prompt (pp512)", "tg128": "Generation (tg128)"}.get(metric, metric)
    return Row(metric, label, "tokens/s", "higher", _marked_by_spread(cells, spreads, "higher"))


def _clock_row(metric: str, label: str, unit: str, better: Better, subjects: Sequence[Subject]) -> Row:
    test, _, clock = metric.rpartition(".")
    cells: list[Cell] = []
    spreads: list[_Spread | None] = []
    for subject in subjects:
        values = [
            value
            for sample in subject.samples
            if sample.test == test and not sample.warmup and (value := getattr(sample, clock)) is not None
        ]
        if not values:
            cells.append(Cell(MISSING))
            spreads.append(None)
            continue
        spread = _Spread(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0, len(values))
        digits = 3 if unit == "s" else 1
        around = f" ± {spread.stdev:,.{digits}f}" if spread.n > 1 else ""
        cells.append(Cell(f"{spread.mean:,.{digits}f}{around}", spread.mean))
        spreads.append(spread)
    return Row(metric, label, unit, better, _marked_by_spread(cells, spreads, better))


def _marked_by_spread(cells: Sequence[Cell], spreads: Sequence[_Spread | None], better: Better) -> tuple[Cell, ...]:
    """The best marked where its spread lies apart from all others'; else it and those it overlaps as tied."""
    known = [number for number, spread in enumerate(spreads) if spread is not None]
    if len(known) < 2:
        return tuple(cells)
    sign = 1 if better == "higher" else -1
    best = max(known, key=lambda number: sign * (spreads[number] or _Spread(0, 0, 1)).mean)
    tied = [number for number in known if number != best and _overlap(spreads[number], spreads[best])]
    if tied:
        return tuple(
            replace(cell, mark="tied") if number in (best, *tied) else cell for number, cell in enumerate(cells)
        )
    if any(spread is not None and spread.bounds is None for spread in spreads):
        return tuple(cells)
    return tuple(replace(cell, mark="best") if number == best else cell for number, cell in enumerate(cells))


def _overlap(one: _Spread | None, other: _Spread | None) -> bool:
    first, second = (one.bounds if one else None), (other.bounds if other else None)
    return first is not None and second is not None and first[0] <= second[1] and second[0] <= first[1]


def setup(result: LocalResult) -> tuple[object, ...]:
    run = result.run
    return (
        run.machine.fingerprint if run.machine else run.made_on,
        *(run.setup.n_threads, run.setup.n_gpu_layers, run.setup.devices, run.setup.tensor_split, run.setup.rpc),
    )
