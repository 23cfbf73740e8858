"""Next-token distributions kept compactly, and how far others are from them.

Of each only the likeliest tokens are kept, the mass of all others, and some of those drawn at random. The
Kullback-Leibler divergence (Kullback and Leibler 1951) KL(p||q) = sum p ln(p/q), in nats, is then

    exact for the tokens kept  +  tail's mass x mean of ln(p/q) over the tokens drawn from the tail,

which is right on average. It is never below `floor`, where the tail counts as one token (the log-sum inequality).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy import float32, float64, int32
    from numpy.typing import NDArray

N_KEPT = 256
"""Likeliest tokens of each distribution: beyond them lie some percent of the mass, where much may follow."""

N_DRAWN = 32
"""Tokens drawn from the others."""

LEAST_LN = -200.0
"""What is less likely than e^-200 counts as so: no ratio is infinite."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`n` distributions. `ids` and `ln_p` are (n, kept), `drawn_ids` and `drawn_ln_p` (n, drawn), `tail` (n)."""

    ids: NDArray[int32]
    ln_p: NDArray[float32]
    drawn_ids: NDArray[int32]
    drawn_ln_p: NDArray[float32]
    tail: NDArray[float64]

    def to_dict(self) -> dict[str, Any]:
        """As plain values: the arrays' bytes, little-endian, in base64."""
        return {
            "n": len(self.ids),
            "ids": _packed(self.ids, "<i4"),
            "ln_p": _packed(self.ln_p, "<f4"),
            "drawn_ids": _packed(self.drawn_ids, "<i4"),
            "drawn_ln_p": _packed(self.drawn_ln_p, "<f4"),
            "tail": _packed(self.tail, "<f8"),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], n_vocab: int) -> Kept:
        """From plain values. Raises ValueError for what is none of ours, or of another vocabulary."""
        try:
            n = int(values["n"])
            kept = cls(
                _unpacked(values["ids"], "<i4").reshape(n, -1),
                _unpacked(values["ln_p"], "<f4").reshape(n, -1),
                _unpacked(values["drawn_ids"], "<i4").reshape(n, -1),
                _unpacked(values["drawn_ln_p"], "<f4").reshape(n, -1),
                _unpacked(values["tail"], "<f8"),
            )
        except (KeyError, TypeError, binascii.Error) as error:
            raise ValueError("these are no distributions") from error
        pairs = ((kept.ids, kept.ln_p), (kept.drawn_ids, kept.drawn_ln_p))
        for ids, logs in pairs:
            if ids.shape != logs.shape or (ids.size and not 0 <= ids.min() <= ids.max() < n_vocab):
                raise ValueError("these are distributions of another vocabulary")
        if n < 1 or kept.tail.shape != (n,) or not kept.ids.size:
            raise ValueError("these are no distributions")
        return kept


@dataclass(frozen=True, slots=True)
class Distances:
    """Of each distribution from the one kept: KL(p||q) in nats, its floor, whether the likeliest token is the same."""

    kld: NDArray[float64]
    floor: NDArray[float64]
    same_top: NDArray[Any]


def keep(ln_p: NDArray[float32], seed: int, n_kept: int = N_KEPT, n_drawn: int = N_DRAWN) -> Kept:
    """Keep distributions given as natural logarithms, a row each. A small vocabulary is kept whole."""
    import numpy as np

    n, n_vocab = ln_p.shape
    if n_vocab <= n_kept:
        ids = np.argsort(-ln_p, axis=1, kind="stable").astype(np.int32)
        nothing = np.zeros((n, 0), np.int32)
        top = np.take_along_axis(ln_p, ids, axis=1)
        return Kept(ids, top, nothing, nothing.astype(np.float32), np.zeros(n))
    source = np.random.default_rng(seed)
    ids = np.argpartition(-ln_p, n_kept, axis=1)[:, :n_kept].astype(np.int32)
    order = np.argsort(-np.take_along_axis(ln_p, ids, axis=1), axis=1, kind="stable")
    ids = np.take_along_axis(ids, order, axis=1)
    drawn, tail = np.zeros((n, n_drawn), np.int32), np.zeros(n)
    for row in range(n):
        rest = np.exp(ln_p[row].astype(np.float64))
        rest[ids[row]] = 0.0
        heaped = np.cumsum(rest)
        tail[row] = heaped[-1]
        at = np.searchsorted(heaped, source.random(n_drawn) * heaped[-1], side="right")
        drawn[row] = np.minimum(at, n_vocab - 1) if tail[row] > 0 else ids[row, 0]
    return Kept(ids, np.take_along_axis(ln_p, ids, axis=1), drawn, np.take_along_axis(ln_p, drawn, axis=1), tail)


def distances(kept: Kept, ln_q: NDArray[float32]) -> Distances:
    """How far distributions, given as natural logarithms, are from those kept. Raises ValueError for another number."""
    import numpy as np

    if len(ln_q) != len(kept.ids):
        raise ValueError(f"{len(ln_q)} distributions cannot be compared with {len(kept.ids)}")
    ln_p, own = _logs(kept.ln_p), _logs(np.take_along_axis(ln_q, kept.ids, axis=1))
    p, q = np.exp(ln_p), np.exp(own)
    top = (p * (ln_p - own)).sum(axis=1)
    left = np.clip(1.0 - q.sum(axis=1), np.exp(LEAST_LN), None)
    has_tail = kept.tail > 0
    lumped = np.where(has_tail, kept.tail * np.log(np.where(has_tail, kept.tail, 1.0) / left), 0.0)
    within = np.zeros(len(p))
    if kept.drawn_ids.size:
        drawn = _logs(kept.drawn_ln_p) - _logs(np.take_along_axis(ln_q, kept.drawn_ids, axis=1))
        within = kept.tail * drawn.mean(axis=1)
    return Distances(top + within, np.maximum(top + lumped, 0.0), ln_q.argmax(axis=1) == kept.ids[:, 0])


def _logs(values: NDArray[float32]) -> NDArray[float64]:
    import numpy as np

    return np.maximum(values.astype(np.float64), LEAST_LN)


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")


def _unpacked(text: object, kind: str) -> NDArray[Any]:
    import numpy as np

    if not isinstance(text, str):
        raise TypeError("no text")
    return np.frombuffer(base64.b64decode(text, validate=True), kind)
