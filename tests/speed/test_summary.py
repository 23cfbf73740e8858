"""Summaries of samples that need no model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aa_tui.speed.protocol import SampleEvent
from aa_tui.speed.summary import summarise


def sample(test: str, rate: float, *, warmup: bool = False) -> SampleEvent:
    return SampleEvent(test, 0 if warmup else 1, warmup, 0, 10, 10 / rate, rate, None, None, None, "")


def test_nothing_measured() -> None:
    assert summarise([]) == []
    assert summarise([sample("tg8", 3.0, warmup=True)]) == []


def test_warmups_do_not_count_and_one_sample_has_no_spread() -> None:
    (summary,) = summarise([sample("tg8", 1.0, warmup=True), sample("tg8", 3.0)])
    assert (summary.samples, summary.n) == ((3.0,), 1)
    assert (summary.tokens_per_s_mean, summary.tokens_per_s_stdev, summary.tokens_per_s_median) == (3, 0, 3)


def test_interleaved_tests_are_kept_apart_in_order() -> None:
    rates = [("b", 2.0), ("a", 1.0), ("b", 4.0), ("a", 3.0), ("b", 9.0)]
    first, second = summarise(sample(name, rate) for name, rate in rates)
    assert (first.name, first.samples, first.tokens_per_s_mean, first.tokens_per_s_median) == (
        "b",
        (2.0, 4.0, 9.0),
        5.0,
        4.0,
    )
    assert first.tokens_per_s_stdev == 13**0.5
    assert (second.name, second.samples) == ("a", (1.0, 3.0))


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=30))
def test_figures_lie_within_the_samples(rates: list[float]) -> None:
    (summary,) = summarise(sample("x", rate) for rate in rates)
    slack = 1e-9 * max(rates)
    for figure in (summary.tokens_per_s_mean, summary.tokens_per_s_median):
        assert min(rates) - slack <= figure <= max(rates) + slack
    assert summary.tokens_per_s_stdev >= 0
    assert summary.samples == tuple(rates)
