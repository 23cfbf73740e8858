"""Sums over blocks become means, shares, quantiles and intervals: compared with values computed by hand."""

from __future__ import annotations

import base64
import random
import struct
from math import exp, sqrt
from typing import Any

import pytest

from aa_tui.analysis.divergence import (
    block_of,
    divergence,
    mean_over_blocks,
    quantile,
    quantile_over_blocks,
    share_over_blocks,
)

T_2 = 4.302652729696142
"""Student's t at 95 % with two degrees of freedom, from a table."""


def facts(kind: str = "prose", klds: tuple[float, ...] = (0.5, 0.25), **other: Any) -> dict[str, Any]:
    packed = base64.b64encode(struct.pack(f"<{len(klds)}f", *klds)).decode()
    return {
        "kind": kind,
        "n": len(klds),
        "sum_kld": sum(klds),
        "sum_kld_least": sum(klds),
        "sum_tail": 0.0,
        "tail_variance": 0.0,
        "sum_nll": 2.0,
        "sum_reference_nll": 1.0,
        "n_same_top": 1,
        "sum_top_dp2": 0.02,
        "sum_next_dp2": 0.08,
        "max_kld": max(klds),
        "klds": packed,
        **other,
    }


def test_a_mean_over_blocks_by_hand() -> None:
    # 12 tokens, mean (2 + 6 + 4) / 12 = 1; residuals 2-4, 6-4, 4-4; v = 3/2 * (4 + 4 + 0) / 144 = 1/12
    found = mean_over_blocks([2.0, 6.0, 4.0], [4, 4, 4])
    assert found.value == 1.0
    assert found.high == pytest.approx(1 + T_2 * sqrt(1 / 12))
    assert found.low == pytest.approx(1 - T_2 * sqrt(1 / 12))
    # blocks of other sizes: mean 12/6 = 2; residuals 1-2, 11-10; v = 2 * 2 / 36
    other = mean_over_blocks([1.0, 11.0], [1, 5])
    assert other.value == 2.0
    assert other.high is not None
    assert (other.high - 2.0) / 12.706204736174698 == pytest.approx(sqrt(1 / 9))


def test_one_block_tells_no_interval() -> None:
    block = block_of(facts())
    assert block is not None
    found = divergence([block])
    assert found is not None
    assert (found.kld_mean.value, found.kld_mean.low, found.kld_mean.high) == (0.375, None, None)
    assert found.same_top.low is None
    assert found.kld_median.low is None


def test_all_that_two_blocks_tell_by_hand() -> None:
    first = block_of(facts("prose", (0.5, 0.25)))
    second = block_of(facts("code", (1.0, 0.0), sum_nll=4.0, n_same_top=2, sum_tail=0.1, tail_variance=0.09))
    assert first is not None
    assert second is not None
    found = divergence([first, second])
    assert found is not None
    assert (found.n, found.n_blocks) == (4, 2)
    assert found.kld_mean.value == pytest.approx(1.75 / 4)
    assert found.kld_median.value == pytest.approx((0.25 + 0.5) / 2)
    assert found.kld_p99.value == pytest.approx(0.5 + 0.97 * 0.5)
    assert found.kld_max == 1.0
    assert found.same_top.value == 0.75
    assert found.rms_dp.value == pytest.approx(sqrt(0.04 / 4))
    assert found.rms_next_dp.value == pytest.approx(sqrt(0.16 / 4))
    assert found.ppl.value == pytest.approx(exp(6 / 4))
    assert found.reference_ppl.value == pytest.approx(exp(2 / 4))
    assert found.ppl_ratio.value == pytest.approx(exp(1.0))
    assert {kind: one.value for kind, (one, _) in found.kld_by_kind.items()} == {"prose": 0.375, "code": 0.5}
    assert found.tail_share == pytest.approx(0.1 / 4)
    assert found.tail_se == pytest.approx(0.3 / 4)


def test_no_interval_of_a_divergence_goes_below_zero() -> None:
    blocks = [block_of(facts(klds=klds)) for klds in ((0.0, 0.0), (5.0, 5.0))]
    found = divergence([block for block in blocks if block is not None])
    assert found is not None
    assert found.kld_mean.low == 0.0
    assert found.kld_mean.high is not None
    assert found.kld_mean.high > 5.0


def test_a_file_against_itself_is_known_for_sure() -> None:
    block = block_of(facts(klds=(0.0, 0.0), sum_nll=1.0, n_same_top=2, sum_top_dp2=0.0, sum_next_dp2=0.0))
    assert block is not None
    found = divergence([block, block])
    assert found is not None
    assert found.kld_mean.relative_half_width == 0.0
    assert (found.ppl_ratio.value, found.ppl_ratio.low, found.ppl_ratio.high) == (1.0, 1.0, 1.0)
    assert found.same_top.value == 1.0
    assert found.same_top.low is not None
    assert found.same_top.low < 1.0, "four tokens do not make it certain"


def test_quantiles_lie_between_their_neighbours() -> None:
    assert quantile([1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 4.0], 0.75) == 3.0
    assert quantile([1.0, 2.0, 4.0], 1.0) == 4.0
    assert quantile([7.0], 0.99) == 7.0


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Tokens of a block share their block's level, which intervals over single tokens would not see."""
    chance, n_trials, hits = random.Random(5), 400, {"mean": 0, "median": 0, "share": 0}
    for _ in range(n_trials):
        levels = [chance.gauss(0.0, 1.0) for _ in range(20)]
        blocks = [[level + chance.gauss(0.0, 1.0) for _ in range(16)] for level in levels]
        mean = mean_over_blocks([sum(block) for block in blocks], [16] * 20)
        median = quantile_over_blocks(blocks, 0.5)
        share = share_over_blocks([sum(value > 0 for value in block) for block in blocks], [16] * 20)
        for name, found, truth in (("mean", mean, 0.0), ("median", median, 0.0), ("share", share, 0.5)):
            assert found.low is not None
            assert found.high is not None
            hits[name] += found.low <= truth <= found.high
    assert all(0.92 <= count / n_trials <= 0.98 for count in hits.values()), hits


@pytest.mark.parametrize(
    "change",
    [{"n": 3}, {"klds": "no base64!"}, {"sum_kld": "much"}, {"n_same_top": 9}, {"n": 0}, {"sum_nll": float("inf")}],
)
def test_what_is_no_block_is_left_out(change: dict[str, Any]) -> None:
    assert block_of(facts() | change) is None
    assert block_of({}) is None


def test_nothing_tells_nothing() -> None:
    assert divergence([]) is None
