"""Verdicts on types of KV cache: by limits, intervals and facts that are lost."""

from __future__ import annotations

import pytest

from aa_tui.analysis.cache_types import Spread, Verdict, lost, safe_to, spread, verdict


def test_the_interval_of_a_mean_is_students() -> None:
    found = spread([0.1, 0.2, 0.3])
    assert found is not None
    # t of 2 degrees is 4.302653, the standard error 0.1 / sqrt(3)
    assert (found.mean, found.high) == pytest.approx((0.2, 0.2 + 4.302653 * 0.1 / 3**0.5), abs=1e-6)
    assert (found.low, found.n) == (0.0, 3), "a divergence is never below 0"
    assert spread([]) is None
    assert spread([0.5]) == Spread(0.5, None, None, 1)


@pytest.mark.parametrize(
    ("low", "high", "gone", "said"),
    [
        (0.0003, 0.0006, 0, "safe"),
        (0.0003, 0.0006, None, "safe"),
        (0.0003, 0.0006, 1, "noticeable"),
        (0.0003, 0.0006, 2, "harmful"),
        (0.005, 0.02, 0, "unclear"),
        (0.02, 0.05, 0, "noticeable"),
        (0.2, 0.5, 0, "harmful"),
    ],
)
def test_a_verdict_takes_the_interval_and_the_lost_facts(low: float, high: float, gone: int | None, said: str) -> None:
    assert verdict(Spread((low + high) / 2, low, high, 8), gone) == said


def test_without_a_divergence_only_lost_facts_decide() -> None:
    assert verdict(None, 0) == "unclear"
    assert verdict(None, 3) == "harmful"


def test_what_f16_does_not_find_nobody_loses() -> None:
    assert lost(0, 0, 8) is None
    assert lost(0, 0, 0) is None
    assert lost(6, 8, 8) == 2
    assert lost(8, 6, 8) == 0


def test_safe_ends_where_the_first_is_not() -> None:
    found: list[tuple[int, Verdict]] = [(16_384, "safe"), (0, "safe"), (4096, "unclear")]
    assert safe_to(found) == 0
    assert safe_to([(0, "noticeable"), (4096, "safe")]) is None
