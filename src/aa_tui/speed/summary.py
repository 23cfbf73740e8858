"""What samples of a speed measurement add up to. Pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class Sample(Protocol):
    """What is needed of a sample: a `SampleEvent`, or a row of the journal."""

    @property
    def test(self) -> str: ...
    @property
    def warmup(self) -> bool: ...
    @property
    def tokens_per_s(self) -> float: ...
    @property
    def ttft_s(self) -> float | None: ...
    @property
    def e2e_s(self) -> float | None: ...
    @property
    def output_tps(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class TestSummary:
    """One test's figures over its `n` timed repetitions; warm-ups are left out.

    `tokens_per_s_mean` is the mean of the rates (not n tokens over the mean time) and `tokens_per_s_stdev`
    the sample standard deviation, 0 for a single sample: llama-bench's avg_ts and stddev_ts. `tokens_per_s_q1` and
    `tokens_per_s_q3` are the quartiles, interpolated as NumPy does it: between them lies the IQR. `samples` are the
    rates in the order measured. A request's rate is its output speed. Its medians are in seconds and tokens/s,
    None for tests that are not requests.
    """

    __test__: ClassVar[bool] = False  # not one of pytest's

    name: str
    tokens_per_s_mean: float
    tokens_per_s_stdev: float
    tokens_per_s_median: float
    tokens_per_s_q1: float
    tokens_per_s_q3: float
    samples: tuple[float, ...]
    ttft_s_median: float | None
    e2e_s_median: float | None
    output_tps_median: float | None
    n: int


def summarise(samples: Iterable[Sample]) -> list[TestSummary]:
    """One summary a test, in the order of their first samples; a test with warm-ups only has none."""
    by_test: dict[str, list[Sample]] = {}
    for sample in samples:
        if not sample.warmup:
            by_test.setdefault(sample.test, []).append(sample)
    return [_summary(name, timed) for name, timed in by_test.items()]


def _summary(name: str, timed: list[Sample]) -> TestSummary:
    rates = tuple(sample.tokens_per_s for sample in timed)
    q1, _, q3 = statistics.quantiles(rates, n=4, method="inclusive") if len(rates) > 1 else rates * 3
    return TestSummary(
        name=name,
        tokens_per_s_mean=statistics.fmean(rates),
        tokens_per_s_stdev=statistics.stdev(rates) if len(rates) > 1 else 0.0,
        tokens_per_s_median=statistics.median(rates),
        tokens_per_s_q1=q1,
        tokens_per_s_q3=q3,
        samples=rates,
        ttft_s_median=_median(sample.ttft_s for sample in timed),
        e2e_s_median=_median(sample.e2e_s for sample in timed),
        output_tps_median=_median(sample.output_tps for sample in timed),
        n=len(rates),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
