"""The figures that a test's samples give, by name. Pure.

pp and tg have the test's name and llama-bench's mean and deviation. A request's clocks are `NAME.output_tps`,
`NAME.ttft_s` and `NAME.e2e_s`, medians. Requests at once have their total rate as NAME and their own clocks as
`NAME/request.*`. `NAME.joules_per_token` is there where the machine counts energy.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aa_tui.speed.plan import Test
from aa_tui.speed.protocol import SampleEvent
from aa_tui.speed.summary import summarise
from aa_tui.speed.sustained import burst_and_sustained

_WITH_THREADS = re.compile(r"((?:pp|tg)[0-9]+(?:@d[0-9]+)?)@t([0-9]+)")


@dataclass(frozen=True, slots=True)
class FigureEvent:
    """A figure of a test that is done. `stdev` is the sample standard deviation over `n` values."""

    metric: str
    value: float
    unit: str
    stdev: float | None = None
    n: int | None = None


def of_samples(name: str, test: Test, samples: Sequence[SampleEvent]) -> Iterator[FigureEvent]:
    """The figures of the timed samples with this name; none where there are no samples."""
    if not samples:
        return
    if test.kind == "sustained":
        yield from _of_sustained(name, test, samples)
    else:
        yield from _of_repetitions(name, samples)
    yield from _energy(name, samples)


def of_load(name: str, rates: Mapping[int, float]) -> Iterator[FigureEvent]:
    """Where a load sweep is fastest: how many requests at once, and their total rate."""
    if rates:
        best = max(rates, key=lambda level: rates[level])
        yield FigureEvent(f"{name}.best_at_once", best, "requests", n=len(rates))
        yield FigureEvent(f"{name}.best_tps", rates[best], "tokens/s")


def best_threads(rates_by_test: Mapping[str, Sequence[float]]) -> list[FigureEvent]:
    """For each test that was made with several numbers of threads, the fastest of them by the mean of its rates."""
    found: dict[str, dict[int, float]] = {}
    for name, timed in rates_by_test.items():
        match = _WITH_THREADS.fullmatch(name)
        if match and timed:
            found.setdefault(match[1], {})[int(match[2])] = statistics.fmean(timed)
    return [
        FigureEvent(f"{name}.best_threads", max(rates, key=lambda n: rates[n]), "threads", n=len(rates))
        for name, rates in found.items()
        if len(rates) > 1
    ]


def _of_repetitions(name: str, samples: Sequence[SampleEvent]) -> Iterator[FigureEvent]:
    summary = summarise(samples)[0]
    if summary.ttft_s_median is None:
        # a single value has no spread, which is not a spread of 0
        spread = summary.tokens_per_s_stdev if summary.n > 1 else None
        yield FigureEvent(name, summary.tokens_per_s_mean, "tokens/s", spread, summary.n)
    clocks = (
        ("output_tps", summary.output_tps_median, "tokens/s"),
        ("ttft_s", summary.ttft_s_median, "s"),
        ("e2e_s", summary.e2e_s_median, "s"),
    )
    for clock, value, unit in clocks:
        if value is not None:
            yield FigureEvent(f"{name}.{clock}", value, unit, n=summary.n)


def _of_sustained(name: str, test: Test, samples: Sequence[SampleEvent]) -> Iterator[FigureEvent]:
    burst, sustained = burst_and_sustained(samples, test.seconds or 0.0)
    for clock, value in (("burst_tps", burst), ("sustained_tps", sustained)):
        if value is not None:
            yield FigureEvent(f"{name}.{clock}", value, "tokens/s", n=len(samples))


def _energy(name: str, samples: Sequence[SampleEvent]) -> Iterator[FigureEvent]:
    """Joules for an output token, prompts included: all that was used, over all that was written."""
    known = [(one.joules, one.n_gen) for one in samples if one.joules is not None and one.n_gen > 1]
    if not known or len(known) < len(samples):
        return
    each = [joules / tokens for joules, tokens in known]
    total = sum(joules for joules, _ in known) / sum(tokens for _, tokens in known)
    if total > 0:  # a counter that stands still counts nothing
        stdev = statistics.stdev(each) if len(each) > 1 else None
        yield FigureEvent(f"{name}.joules_per_token", total, "J/token", stdev, len(each))
