"""How far a model is from its reference, of sums over blocks of text: means, shares, quantiles, and their intervals.

Neighbouring tokens resemble each other, so that an interval comes from how the blocks differ, each a cluster of tokens.
A mean is a ratio of two sums, R = sum(y)/sum(n) over B blocks, with the variance

    v = B/(B-1) * sum((y - R n)^2) / sum(n)^2

(Cochran, Sampling Techniques, 3rd ed., 1977, section 6.4) and Student's t at B - 1 degrees of freedom. A quantile's
interval is read off the distribution where the share below it, with its own interval, ends (Woodruff 1952, JASA 47,
635-646). Divergences are in nats.
"""

from __future__ import annotations

import base64
import binascii
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, inf, isfinite, sqrt
from sys import byteorder
from typing import Any

from aa_tui.analysis.intervals import wilson_limits
from aa_tui.analysis.quantiles import t_value, z_value

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class BlockSums:
    """What one block of text adds: sums over its `n` scored tokens, and the divergence at each of them.

    `nll` is minus the log of the probability of the text's token, in nats; `top_dp2` and `next_dp2` are squared changes
    of probability, of the reference's likeliest token and of the text's. `tail` is what of `kld` was estimated from a
    sample, with its variance; `kld_least` bounds `kld` from below.
    """

    kind: str
    n: int
    kld: float
    kld_least: float
    tail: float
    tail_variance: float
    nll: float
    reference_nll: float
    n_same_top: int
    top_dp2: float
    next_dp2: float
    max_kld: float
    klds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % interval, without one where there are too few blocks to tell."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width as a share of the value (0.1 is plus or minus 10 %); infinite without one."""
        if self.low is None or self.high is None:
            return inf
        half = (self.high - self.low) / 2
        return half / abs(self.value) if self.value else (0.0 if half == 0.0 else inf)


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far a model is from its reference, over `n` scored tokens in `n_blocks` blocks.

    `tail_share` is the part of the mean that was estimated from samples of the tails, `tail_se` the standard error that
    comes of it, `kld_least` the mean's lower bound where tails count by their mass alone: both in nats.
    """

    n: int
    n_blocks: int
    kld_mean: Estimate
    kld_median: Estimate
    kld_p99: Estimate
    kld_max: float
    same_top: Estimate
    rms_dp: Estimate
    rms_next_dp: Estimate
    ppl: Estimate
    reference_ppl: Estimate
    ppl_ratio: Estimate
    kld_by_kind: Mapping[str, tuple[Estimate, int]]
    kld_least: float
    tail_share: float
    tail_se: float


def block_of(facts: Mapping[str, Any]) -> BlockSums | None:
    """A block as a journal keeps it (see `BlockDistance.facts`); None for what is none."""
    try:
        n = int(facts["n"])
        packed = array("f")
        packed.frombytes(base64.b64decode(facts["klds"], validate=True))
        if byteorder == "big":
            packed.byteswap()
        found = BlockSums(
            kind=str(facts["kind"]),
            n=n,
            kld=float(facts["sum_kld"]),
            kld_least=float(facts["sum_kld_least"]),
            tail=float(facts["sum_tail"]),
            tail_variance=float(facts["tail_variance"]),
            nll=float(facts["sum_nll"]),
            reference_nll=float(facts["sum_reference_nll"]),
            n_same_top=int(facts["n_same_top"]),
            top_dp2=float(facts["sum_top_dp2"]),
            next_dp2=float(facts["sum_next_dp2"]),
            max_kld=float(facts["max_kld"]),
            klds=tuple(packed),
        )
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    sums = (found.kld, found.kld_least, found.tail, found.tail_variance, found.nll, found.reference_nll, found.top_dp2)
    is_whole = n > 0 and len(found.klds) == n and 0 <= found.n_same_top <= n
    return found if is_whole and all(map(isfinite, (*sums, found.next_dp2, found.max_kld))) else None


def divergence(blocks: Sequence[BlockSums]) -> Divergence | None:
    """What blocks of text tell together; None of none."""
    if not blocks:
        return None
    n = sum(block.n for block in blocks)
    sizes = [block.n for block in blocks]
    kinds = sorted({block.kind for block in blocks})
    by_kind = {kind: [block for block in blocks if block.kind == kind] for kind in kinds}
    ordered = sorted(value for block in blocks for value in block.klds)
    return Divergence(
        n=n,
        n_blocks=len(blocks),
        kld_mean=_not_below_zero(mean_over_blocks([block.kld for block in blocks], sizes)),
        kld_median=quantile_over_blocks([block.klds for block in blocks], 0.5, ordered),
        kld_p99=quantile_over_blocks([block.klds for block in blocks], 0.99, ordered),
        kld_max=max(block.max_kld for block in blocks),
        same_top=share_over_blocks([block.n_same_top for block in blocks], sizes),
        rms_dp=_mapped(mean_over_blocks([block.top_dp2 for block in blocks], sizes), _root),
        rms_next_dp=_mapped(mean_over_blocks([block.next_dp2 for block in blocks], sizes), _root),
        ppl=_mapped(mean_over_blocks([block.nll for block in blocks], sizes), _exp),
        reference_ppl=_mapped(mean_over_blocks([block.reference_nll for block in blocks], sizes), _exp),
        ppl_ratio=_mapped(mean_over_blocks([block.nll - block.reference_nll for block in blocks], sizes), _exp),
        kld_by_kind={
            kind: (
                _not_below_zero(mean_over_blocks([one.kld for one in some], [one.n for one in some])),
                sum(one.n for one in some),
            )
            for kind, some in by_kind.items()
        },
        kld_least=fsum(block.kld_least for block in blocks) / n,
        tail_share=fsum(block.tail for block in blocks) / n,
        tail_se=sqrt(fsum(block.tail_variance for block in blocks)) / n,
    )


def mean_over_blocks(sums: Sequence[float], sizes: Sequence[int]) -> Estimate:
    """The mean of a value over all tokens, from its sum in each block and the number of tokens there."""
    n, count = sum(sizes), len(sums)
    mean = fsum(sums) / n
    if count < 2:
        return Estimate(mean)
    half = t_value(LEVEL, count - 1) * sqrt(variance_over_blocks(sums, sizes))
    return Estimate(mean, mean - half, mean + half)


def variance_over_blocks(sums: Sequence[float], sizes: Sequence[int]) -> float:
    """The variance of such a mean, of two blocks at least."""
    n, count = sum(sizes), len(sums)
    mean = fsum(sums) / n
    return count / (count - 1) * fsum((y - mean * size) ** 2 for y, size in zip(sums, sizes, strict=True)) / n**2


def share_over_blocks(counts: Sequence[int], sizes: Sequence[int]) -> Estimate:
    """The share of tokens that something is true of, with Wilson's interval at the effective number of tokens.

    n_eff = m(1-m)/v * (z/t)^2, with m the share and v its variance as of a mean (Korn & Graubard 1998, Survey
    Methodology 24, 193-201); no more than there are tokens, no fewer than blocks.
    """
    n, blocks = sum(sizes), len(counts)
    share = sum(counts) / n
    if blocks < 2:
        return Estimate(share)
    spread, n_eff = variance_over_blocks(counts, sizes), float(n)
    if spread > 0.0:
        ratio = z_value(LEVEL) / t_value(LEVEL, blocks - 1)
        n_eff = min(max(share * (1 - share) / spread * ratio**2, float(blocks)), float(n))
    return Estimate(share, *wilson_limits(share, n_eff, LEVEL))


def quantile_over_blocks(
    values: Sequence[Sequence[float]], share: float, ordered: Sequence[float] | None = None
) -> Estimate:
    """A quantile of all tokens' values, given block by block; `ordered` are the same sorted, where they are at hand."""
    ordered = sorted(value for block in values for value in block) if ordered is None else ordered
    found = quantile(ordered, share)
    if len(values) < 2:
        return Estimate(found)
    below = mean_over_blocks([sum(value <= found for value in block) for block in values], [*map(len, values)])
    spare = (below.high or 0.0) - below.value
    return Estimate(found, quantile(ordered, max(share - spare, 0.0)), quantile(ordered, min(share + spare, 1.0)))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted values, on the line between its neighbours, as llama-perplexity takes it."""
    place = share * (len(ordered) - 1)
    at = int(place)
    rest = place - at
    return ordered[at] if rest == 0.0 else (1 - rest) * ordered[at] + rest * ordered[at + 1]


def _not_below_zero(estimate: Estimate) -> Estimate:
    """An interval that ends at 0, below which no divergence is."""
    low = estimate.low
    return estimate if low is None else Estimate(estimate.value, max(low, min(0.0, estimate.value)), estimate.high)


def _mapped(estimate: Estimate, scale: Callable[[float], float]) -> Estimate:
    """An estimate on another scale that rises with it."""
    low, high = estimate.low, estimate.high
    return Estimate(scale(estimate.value), None if low is None else scale(low), None if high is None else scale(high))


def _root(value: float) -> float:
    return sqrt(max(value, 0.0))


def _exp(value: float) -> float:
    return exp(min(value, 700.0))  # the largest that a float holds is exp(709)
