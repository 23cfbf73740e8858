"""Sizes and constants of aa-nano's network, which training and export share."""

from __future__ import annotations

from dataclasses import dataclass

ROPE_BASE = 10_000.0
NORM_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; `width` and `hidden` are multiples of 32, the block of Q8_0 and Q4_0."""

    n_vocab: int
    n_layers: int = 4
    width: int = 256
    n_heads: int = 8
    n_kv_heads: int = 4
    hidden: int = 512
    n_context: int = 4096

    @property
    def head(self) -> int:
        """Width of one attention head."""
        return self.width // self.n_heads
