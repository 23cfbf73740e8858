"""What a model expects after one token, kept in some kilobytes, and how far another is from it.

Of the reference's distribution p the likeliest tokens are kept exactly; of the others, its tail, the mass T and a
sample of S tokens drawn from the tail itself. With q the other model's distribution, T' the mass that it gives to the
same tail and r = (q/T')/(p/T) the divergence is

    D(p||q) = sum over the top of p log(p/q)  +  T log(T/T')  +  T * E[r - 1 - log r], the mean taken over the tail of p

(the chain rule of divergence: Cover and Thomas, Elements of Information Theory, 2nd ed., theorem 2.5.3; the mean of
r is 1, so that r - 1 adds nothing). The first two parts are exact and bound it from below, since r - 1 - log r is never
below 0. Its mean over the sample is an unbiased estimate of the third, with the variance T^2 s^2 / S: where both tails
are much alike far less than that of -log r, which r - 1 balances to first order (a control variate). A row that is
kept whole has no tail, and nothing is estimated. All logarithms are natural, so that divergences are in nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

from aa_tui.engine.errors import EngineError
from aa_tui.engine.logits import NotANumberError

if TYPE_CHECKING:
    from numpy import float32, int64
    from numpy.random import Generator
    from numpy.typing import NDArray

TAIL_MASS = 1e-3
"""Tokens are kept until the others weigh no more than this together, or there are too many."""

N_SAMPLED = 256
"""Tokens that are drawn from the tail: fewer of a long text, but never fewer than `LEAST_SAMPLED`."""

LEAST_SAMPLED = 32

LEAST_KEPT, MOST_KEPT = 64, 1024
"""Tokens that are kept exactly at most: fewer of a long text."""


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One distribution. `ids` and `log_p` are its likeliest tokens, the likeliest first, or all of them in their own
    order; `tail_mass` is what all others weigh, `tail_ids` and `tail_log_p` the sample of them; `next_log_p` is that of
    the text's next token, `top` the place of the likeliest in `ids`."""

    ids: NDArray[int64]
    log_p: NDArray[float32]
    tail_mass: float
    tail_ids: NDArray[int64]
    tail_log_p: NDArray[float32]
    next_log_p: float
    top: int = 0


@dataclass(frozen=True, slots=True)
class RowDistance:
    """How far a distribution q is from a kept one p. Divergences are in nats.

    `kld` has the tail as its mass and its sample tell, `kld_least` as its mass alone does; `tail` is the sample's part
    of `kld`, the difference of both, and `tail_variance` the variance of that. `top_dp` is the change of the
    probability of p's likeliest token, `next_dp` that of the text's next token (llama-perplexity's delta p).
    """

    kld: float
    kld_least: float
    tail: float
    tail_variance: float
    same_top: bool
    top_dp: float
    next_dp: float
    next_log_p: float
    next_log_q: float


class Spread:
    """Room to turn logits into weights, made once: memory of such a size is slower to get than to fill."""

    def __init__(self, n_vocab: int) -> None:
        import numpy as np

        self._np = np
        self.n_vocab = n_vocab
        self._weights: NDArray[float32] = np.empty(n_vocab, np.float32)
        self._logits: NDArray[float32] = self._weights
        self._shift = 0.0
        self._total = 1.0

    def take(self, logits: NDArray[float32]) -> None:
        """Look at these logits from now on. Raises NotANumberError."""
        np = self._np
        highest = float(logits.max())
        if not np.isfinite(highest):
            raise NotANumberError
        np.subtract(logits, np.float32(highest), out=self._weights)
        np.exp(self._weights, out=self._weights)
        self._total = float(self._weights.sum(dtype=np.float64))
        self._shift = highest + log(self._total)
        self._logits = logits

    @property
    def likeliest(self) -> int:
        """The likeliest token, the first of several."""
        return int(self._logits.argmax())

    def log_p(self, ids: NDArray[Any]) -> NDArray[float32]:
        """The logarithms of the probabilities of some tokens."""
        np = self._np
        found: NDArray[float32] = (self._logits[ids].astype(np.float64) - self._shift).astype(np.float32)
        return found

    def all_log_p(self) -> NDArray[float32]:
        """Those of all tokens."""
        np = self._np
        found: NDArray[float32] = (self._logits.astype(np.float64) - self._shift).astype(np.float32)
        return found

    def log_p_of(self, token: int) -> float:
        """That of one token, in full precision."""
        return float(self._logits[token]) - self._shift

    def mass_without(self, ids: NDArray[Any]) -> float:
        """What all other tokens weigh together, summed and not subtracted: it may be tiny. Spoils the weights."""
        if len(ids) >= self.n_vocab:
            return 0.0
        self._weights[ids] = 0.0
        return float(self._weights.sum(dtype=self._np.float64)) / self._total

    def top(self, most: int) -> NDArray[int64]:
        """The likeliest tokens, likeliest first: `most`, or as many as leave no more than `TAIL_MASS`."""
        np = self._np
        most = min(most, self.n_vocab)
        if most < self.n_vocab:
            found = np.sort(np.argpartition(self._logits, self.n_vocab - most)[self.n_vocab - most :])
        else:
            found = np.arange(self.n_vocab)
        found = found[np.argsort(-self._logits[found], kind="stable")]
        mass = np.cumsum(self._weights[found], dtype=np.float64) / self._total
        ids: NDArray[int64] = found[: min(int(np.searchsorted(mass, 1.0 - TAIL_MASS)) + 1, most)].astype(np.int64)
        return ids

    def drawn(self, n: int, chance: Generator) -> NDArray[int64]:
        """Tokens drawn by their weights, once those of `mass_without` are gone."""
        np = self._np
        heaped = np.cumsum(self._weights, dtype=np.float64)
        found = np.searchsorted(heaped, chance.random(n) * heaped[-1], side="right")
        # a draw within the last bit of the sum could fall behind the last token that weighs anything
        ids: NDArray[int64] = np.minimum(found, int(np.searchsorted(heaped, heaped[-1]))).astype(np.int64)
        return ids


def keep(spread: Spread, next_token: int, most: int, chance: Generator, n_sampled: int = N_SAMPLED) -> KeptRow:
    """What is kept of the logits that `spread` looks at: `most` tokens at most exactly, `n_sampled` of the others."""
    import numpy as np

    ids = spread.top(most)
    log_p, next_log_p = spread.log_p(ids), spread.log_p_of(next_token)
    mass = spread.mass_without(ids)
    tail = spread.drawn(n_sampled, chance) if mass > 0.0 else np.empty(0, np.int64)
    return KeptRow(ids, log_p, mass, tail, spread.log_p(tail), next_log_p)


def distance(kept: KeptRow, spread: Spread, next_token: int) -> RowDistance:
    """How far the logits that `spread` looks at are from a kept distribution.

    Raises EngineError where a token that the reference may choose has no chance at all: the divergence is infinite.
    """
    import numpy as np

    log_p = kept.log_p.astype(np.float64)
    log_q = spread.log_p(kept.ids).astype(np.float64)
    likeliest, next_log_q = spread.likeliest, spread.log_p_of(next_token)
    p = np.exp(log_p)
    differs = np.subtract(log_p, log_q, out=np.zeros_like(log_p), where=p > 0.0)  # no chance adds nothing
    top = float(np.dot(p, differs))
    tail = mass = variance = 0.0
    if kept.tail_mass > 0.0:
        other = max(spread.mass_without(kept.ids), float(np.finfo(np.float64).tiny))
        mass = kept.tail_mass * log(kept.tail_mass / other)
        log_r = spread.log_p(kept.tail_ids).astype(np.float64) - kept.tail_log_p.astype(np.float64)
        log_r += log(kept.tail_mass / other)
        beyond = np.exp(log_r) - 1.0 - log_r
        tail = kept.tail_mass * float(beyond.mean())
        variance = kept.tail_mass**2 * float(beyond.var(ddof=1)) / len(beyond)
    if not np.isfinite(top + mass + tail + next_log_q):
        raise EngineError(
            "A token that the reference may write has no chance at all in this file, so that their divergence is "
            "infinite: compare files of one model."
        )
    return RowDistance(
        kld=top + mass + tail,
        kld_least=top + mass,
        tail=tail,
        tail_variance=variance,
        same_top=likeliest == int(kept.ids[kept.top]),
        top_dp=float(np.exp(log_q[kept.top]) - p[kept.top]),
        next_dp=float(np.exp(next_log_q) - np.exp(kept.next_log_p)),
        next_log_p=kept.next_log_p,
        next_log_q=next_log_q,
    )
