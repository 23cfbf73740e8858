"""Round positions on an axis, and how they read."""

from __future__ import annotations

from math import ceil, floor, log10

HUGE, TINY = 1e250, 1e-250
"""Beyond and below these, arithmetic on an axis would overflow or come to nothing."""


def drawable(value: float) -> float:
    """The value as far as an axis can show it: no farther than huge, and nothing where it is tiny."""
    return 0.0 if abs(value) < TINY else max(-HUGE, min(HUGE, value))


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Round positions from low to high, at most so many."""
    span = high - low
    if span <= 0 or most < 1:
        return [low]
    step = 10.0 ** (ceil(log10(span / most)) - 1)
    while int(span / step) + 1 > most:
        step *= 2.5 if f"{step:e}"[0] == "2" else 2.0
    first = ceil(low / step)
    return [round(index * step, 12) for index in range(first, floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from low to high; with few of them, twice and five times each as well."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        found = [factor * 10.0**power for power in decades for factor in factors]
        within = [tick for tick in found if low * 0.999 <= tick <= high * 1.001]
        if len(within) <= most:
            return within
    return within[:: ceil(len(within) / max(1, most))]


def tick_text(value: float) -> str:
    """A tick in few characters: "0.01", "250", "128k", "1.5M"."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size <= abs(value) < 1e15:
            return f"{value / (1e3 if unit == 'k' else size):g}{unit}"
    return f"{value:g}"
