"""What a model expects next at each place of a text: its likeliest tokens, kept small, and two of these compared."""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, fsum, log
from typing import Any, Final

CLOSE: Final = 0.05
"""Where the two likeliest tokens are nearer than this (natural logarithm), rounding alone may swap them."""

_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class NextTokens:
    """At each of `n` places the `k` likeliest tokens, likeliest first, and the natural logarithms of their shares."""

    k: int
    ids: Sequence[int]
    logs: Sequence[float]

    @property
    def n(self) -> int:
        """Places."""
        return len(self.ids) // self.k

    def to_dict(self) -> dict[str, Any]:
        """As plain values: 32 bits each, little-endian, base64."""
        return {"k": self.k, "ids": _packed("I", self.ids), "logs": _packed("f", self.logs)}


@dataclass(frozen=True, slots=True)
class Drift:
    """How two models' expectations of the same text differ.

    `n_flips` of `n` places have another likeliest token; at `n_close` of these the reference's two likeliest were all
    but equal. `kld` is a lower bound of the mean Kullback-Leibler divergence in nats: tokens that both kept are
    compared, all others as one.
    """

    n: int
    n_flips: int
    n_close: int
    kld: float


def next_tokens_of(values: dict[str, Any]) -> NextTokens:
    """The same from plain values. Raises ValueError for what is none of that."""
    k, ids, logs = values.get("k"), _unpacked("I", values.get("ids")), _unpacked("f", values.get("logs"))
    if not isinstance(k, int) or k < 1 or len(ids) != len(logs) or len(ids) % k:
        raise ValueError("this is no list of likeliest tokens")
    return NextTokens(k, ids, logs)


def drift(pairs: Iterable[tuple[NextTokens, NextTokens]]) -> Drift | None:
    """Reference and probe, block by block, over the places that both have; None without any."""
    n = n_flips = n_close = 0
    divergences = []
    for before, now in pairs:
        for place in range(min(before.n, now.n)):
            old = slice(place * before.k, (place + 1) * before.k)
            new = slice(place * now.k, (place + 1) * now.k)
            n += 1
            divergences.append(_divergence(before.ids[old], before.logs[old], now.ids[new], now.logs[new]))
            if before.ids[old][0] != now.ids[new][0]:
                n_flips += 1
                n_close += before.k > 1 and before.logs[old][0] - before.logs[old][1] < CLOSE
    return Drift(n, n_flips, n_close, fsum(divergences) / n) if n else None


def _divergence(ids: Sequence[int], logs: Sequence[float], now_ids: Sequence[int], now_logs: Sequence[float]) -> float:
    """Merging outcomes never makes a divergence larger, so that what is left is a lower bound."""
    others = dict(zip(now_ids, now_logs, strict=True))
    both = [(one, others[token]) for token, one in zip(ids, logs, strict=True) if token in others]
    rest = max(_LEAST, 1 - fsum(exp(one) for one, _ in both))
    rest_now = max(_LEAST, 1 - fsum(exp(one) for _, one in both))
    return max(0.0, fsum([*(exp(one) * (one - other) for one, other in both), rest * (log(rest) - log(rest_now))]))


def _packed(kind: str, values: Sequence[float]) -> str:
    return b64encode(_little(array(kind, values)).tobytes()).decode("ascii")


def _unpacked(kind: str, text: object) -> array[Any]:
    if not isinstance(text, str):
        raise ValueError("this is no list of likeliest tokens")
    found = array(kind)
    try:
        found.frombytes(b64decode(text, validate=True))
    except ValueError as error:
        raise ValueError("this is no list of likeliest tokens") from error
    return _little(found)


def _little(values: array[Any]) -> array[Any]:
    import sys

    if sys.byteorder == "big":
        values.byteswap()
    return values
