"""Distributions kept compactly: divergences by hand, and what keeping less than all of a distribution costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from aa_tui.engine.kept import Kept, distances, keep


def logs(*rows: tuple[float, ...]) -> np.ndarray:
    return np.log(np.array(rows, np.float32))


def test_the_divergence_of_four_tokens_is_what_it_is_by_hand() -> None:
    p, q = (0.5, 0.25, 0.125, 0.125), (0.25, 0.5, 0.125, 0.125)
    found = distances(keep(logs(p), seed=0), logs(q))
    # 0.5 ln 2 + 0.25 ln 0.5 = 0.25 ln 2
    assert found.kld[0] == pytest.approx(0.25 * math.log(2), abs=1e-7)
    assert found.floor[0] == pytest.approx(found.kld[0], abs=1e-7), "a vocabulary that is kept whole has no tail"
    assert not found.same_top[0]


def test_with_a_tail_the_floor_is_the_divergence_of_the_lumped_distributions() -> None:
    p, q = (0.5, 0.25, 0.125, 0.125), (0.4, 0.4, 0.1, 0.1)
    found = distances(keep(logs(p), seed=0, n_kept=2, n_drawn=8), logs(q))
    lumped = 0.5 * math.log(0.5 / 0.4) + 0.25 * math.log(0.25 / 0.4) + 0.25 * math.log(0.25 / 0.2)
    assert found.floor[0] == pytest.approx(lumped, abs=1e-6)
    assert found.kld[0] == pytest.approx(lumped, abs=1e-6), "each token of the tail has the same ratio"
    assert found.same_top[0]


def test_what_is_kept_of_a_large_vocabulary_estimates_the_whole_divergence() -> None:
    source = np.random.default_rng(5)
    scores = source.normal(0, 3, (200, 2_000)).astype(np.float32)
    ln_p, ln_q = (_normal(one) for one in (scores, scores + source.normal(0, 0.3, scores.shape).astype(np.float32)))
    exact = (np.exp(ln_p.astype(float)) * (ln_p.astype(float) - ln_q)).sum(axis=1)
    kept = keep(ln_p, seed=1, n_kept=64, n_drawn=32)
    found = distances(kept, ln_q)
    assert 0.05 < kept.tail.mean() < 0.6, "else there would be nothing to estimate"
    assert found.kld.mean() == pytest.approx(exact.mean(), rel=0.05)
    assert (found.floor <= exact + 1e-6).all(), "the floor is never above the divergence"


def test_a_distribution_is_at_no_distance_from_itself() -> None:
    ln_p = _normal(np.random.default_rng(2).normal(0, 3, (5, 1_000)).astype(np.float32))
    found = distances(keep(ln_p, seed=0), ln_p)
    assert (found.kld == 0).all()
    assert found.same_top.all()


def test_what_is_kept_comes_back_from_plain_values() -> None:
    ln_p = _normal(np.random.default_rng(3).normal(0, 3, (4, 700)).astype(np.float32))
    kept = keep(ln_p, seed=0, n_kept=16, n_drawn=4)
    again = Kept.from_dict(kept.to_dict(), 700)
    for name in ("ids", "ln_p", "drawn_ids", "drawn_ln_p", "tail"):
        assert (getattr(again, name) == getattr(kept, name)).all()


@pytest.mark.parametrize(
    "change", [{"ids": "!"}, {"n": 3}, {"tail": ""}, {"ln_p": None}, {"ids": "////fw=="}, {"n": "many"}]
)
def test_damaged_values_are_told(change: dict[str, object]) -> None:
    kept = keep(_normal(np.random.default_rng(3).normal(0, 3, (4, 700)).astype(np.float32)), seed=0)
    with pytest.raises(ValueError, match=r".+"):
        Kept.from_dict({**kept.to_dict(), **change}, 700)


def test_another_vocabulary_is_told() -> None:
    kept = keep(_normal(np.random.default_rng(3).normal(0, 3, (4, 700)).astype(np.float32)), seed=0)
    with pytest.raises(ValueError, match="another vocabulary"):
        Kept.from_dict(kept.to_dict(), 20)


def _normal(scores: np.ndarray) -> Any:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))).astype(np.float32)
