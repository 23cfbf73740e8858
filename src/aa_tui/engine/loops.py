"""Noticing an output that goes in circles: quantized reasoning models do, and would until their limit."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence

WINDOW = 2_048
"""Tokens that are looked at."""

EVERY = 256
"""Tokens between two looks."""

LEAST_REPEATS = 8
"""So many equal turns of one phrase in a row are a loop, ..."""

LEAST_TOKENS = 400
"""... if they have so many tokens in all: lists and tables repeat themselves for shorter."""

COMPRESSED_TO = 0.05
"""A window that shrinks to this share of its size says nothing new. Ordinary text stays above a fifth."""


def is_loop(tokens: Sequence[int], *, least_tokens: int = LEAST_TOKENS) -> bool:
    """Whether the end of an output repeats itself: one phrase over and over, or hardly any news in the window."""
    window = tokens[-WINDOW:]
    if _repeats(window, least_tokens):
        return True
    if len(window) < WINDOW:
        return False
    data = array("i", window).tobytes()
    return len(zlib.compress(data, 1)) < COMPRESSED_TO * len(data)


def _repeats(tokens: Sequence[int], least_tokens: int) -> bool:
    for period in range(1, len(tokens) // LEAST_REPEATS + 1):
        wanted = max(LEAST_REPEATS * period, least_tokens)
        if wanted > len(tokens):
            continue
        end = tokens[-wanted:]
        if end[period:] == end[:-period]:
            return True
    return False
