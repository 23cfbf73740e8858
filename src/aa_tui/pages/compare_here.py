"""The section of a comparison with what was measured here, and when two figures cannot be told apart."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aa_tui.analysis import MISSING
from aa_tui.catalog.rows import LocalResult, MeasurementRow
from aa_tui.charts.here_eval import undecided
from aa_tui.pages import measured
from aa_tui.pages.compare_parts import Better, Cell, Row, Subject


def local_rows(subjects: Sequence[Subject]) -> tuple[Row, ...]:
    shown = [next(iter(measured.rows([subject.result])), None) if subject.result else None for subject in subjects]

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
        *_evaluation_rows(subjects),
        words("memory", "Memory at most", lambda row: row.memory),
        words("run_id", "Run", lambda row: f"{row.run_id} ({row.state})"),
        words("date", "Measured on", lambda row: row.date),
    )


def _evaluation_rows(subjects: Sequence[Subject]) -> list[Row]:
    """Scores with their intervals; two whose intervals overlap are not told apart here: items pair them better."""
    names = dict.fromkeys(
        name
        for subject in subjects
        if subject.result
        for name, row in subject.result.measurements.items()
        if name.startswith("eval.") and (row.unit in ("share", "points") or name.endswith("tokens_per_item"))
        if not name.endswith(("_low", "_high"))  # they stand with their score
    )
    rows = []
    for name in names:
        cells = []
        for subject in subjects:
            figure = subject.result.measurements.get(name) if subject.result else None
            cells.append(Cell(MISSING) if figure is None else Cell(evaluation_words(figure), figure.value))
        label = name.removeprefix("eval.").replace(".", ": ").replace("_", " ")
        better: Better = "lower" if name.endswith(("truncation_rate", "tokens_per_item")) else "higher"
        rows.append(Row(name, label, "", better, tuple(cells)))
    return [*rows, *_undecided_rows(subjects)]


def _undecided_rows(subjects: Sequence[Subject]) -> list[Row]:
    """What undecided samples leave open of a run's strict score, where there are any."""
    words = [undecided(subject.result).removeprefix(", ") if subject.result else "" for subject in subjects]
    if not any(words):
        return []
    return [Row("undecided", "Undecided", "", None, tuple(Cell(one or MISSING, one or None) for one in words))]


def without_score(subjects: Sequence[Subject]) -> list[str]:
    """A sentence for each run that has too many errors for a score."""
    results = [subject.result for subject in subjects if subject.result is not None]
    return [f"Run {one.run.id}: {one.no_headline}." for one in results if one.no_headline]


def evaluation_words(figure: MeasurementRow) -> str:
    """A score as it reads: "71.0 % (50.1-86.2)"; tokens as a whole number."""
    if figure.unit == "tokens":
        return f"{figure.value:,.0f} tokens"
    scale, sign = (100.0, " %") if figure.unit == "share" else (1.0, "")
    words = f"{scale * figure.value:.1f}{sign}"
    if figure.interval_low is None or figure.interval_high is None:
        return words
    return f"{words} ({scale * figure.interval_low:.1f}–{scale * figure.interval_high:.1f})"


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
        run.machine.fingerprint if run.machine else None,
        run.settings.get("n_threads"),
        run.settings.get("n_gpu_layers"),
        *(tuple(run.settings.get(name) or ()) for name in ("devices", "tensor_split", "rpc")),
    )
