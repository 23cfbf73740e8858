"""Fewer dots than there are models, that look the same: of those that lie upon each other one is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log10, sqrt

Point = tuple[int, float, float]
"""Whose it is, and where it lies on both axes."""

FINEST = 400
"""Steps of the longer axis: about twice as many dots as a wide screen tells apart."""


def thin(points: Sequence[Point], most: int, keep: Collection[int], *, log_x: bool) -> list[int]:
    """Whose dots are drawn: all where they are at most so many, else one of each place of an ever coarser grid.

    `keep` and whom nobody beats are always among them, which can make them more. On a log axis all x are above 0.
    """
    if len(points) <= most:
        return [who for who, _, _ in points]
    who = [point[0] for point in points]
    xs = _spread([log10(x) for _, x, _ in points] if log_x else [x for _, x, _ in points])
    ys = _spread([y for _, _, y in points])
    always = [*(one for one in who if one in keep), *_unbeaten(points)]
    steps = float(FINEST)
    while True:
        half = steps / 2
        chosen = {(int(x * steps), int(y * half)): one for one, x, y in zip(who, xs, ys, strict=True)}
        if len(chosen) <= most or steps <= 2:
            return list(dict.fromkeys((*always, *chosen.values())))
        steps *= 0.9 * sqrt(most / len(chosen))


def _unbeaten(points: Sequence[Point]) -> list[int]:
    """Those for whom nobody has less or the same x and more y: what the frontier is made of."""
    best: list[int] = []
    highest: float | None = None
    for who, _, y in sorted(points, key=lambda point: (point[1], -point[2])):
        if highest is None or y > highest:
            best.append(who)
            highest = y
    return best


def _spread(values: list[float]) -> list[float]:
    """The values between 0 and 1."""
    low = min(values)
    span = (max(values) - low) or 1.0
    return [(value - low) / span for value in values]
