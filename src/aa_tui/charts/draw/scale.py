"""From the values of an axis to places along it, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, log10

from aa_tui.charts.draw.ticks import TINY, drawable, linear_ticks, log_ticks
from aa_tui.charts.spec import Axis, Dot, ScatterChart


def has_place(dot: Dot, chart: ScatterChart) -> bool:
    """Whether both axes have a place for the dot."""
    return isfinite(dot.x) and isfinite(dot.y) and not (chart.x.log and dot.x <= 0) and not (chart.y.log and dot.y <= 0)


def bounds_of(dot: Dot) -> tuple[float, ...]:
    """The ends of its interval, if both can be drawn."""
    return dot.interval if dot.interval is not None and all(map(isfinite, dot.interval)) else ()


class Scale:
    """From an axis' values to fractions of its length."""

    def __init__(self, axis: Axis, values: Iterable[float]) -> None:
        self._log = axis.log
        known = [self._of(value) for value in values]
        low, high = min(known, default=0.0), max(known, default=1.0)
        self._low, self._high = self._log_range(low, high) if axis.log else self._linear_range(low, high)

    def fraction(self, value: float) -> float:
        """0 at the axis' start, 1 at its end."""
        return min(1.0, max(0.0, (self._of(value) - self._low) / (self._high - self._low)))

    def ticks(self, most: int) -> list[float]:
        """Round values within the axis."""
        if self._log:
            return log_ticks(10**self._low, 10**self._high, most)
        return linear_ticks(self._low, self._high, most)

    def _of(self, value: float) -> float:
        return log10(max(TINY, drawable(value))) if self._log else drawable(value)

    @staticmethod
    def _linear_range(low: float, high: float) -> tuple[float, float]:
        """From 0 where that wastes at most half of the axis; a twentieth of space beyond the values."""
        if low >= 0 and low <= high / 2:
            return 0.0, high * 1.05 or 1.0
        space = (high - low) / 20 or abs(high) / 2 or 1.0
        return low - space, high + space

    @staticmethod
    def _log_range(low: float, high: float) -> tuple[float, float]:
        space = (high - low) / 20 or 0.5
        return low - space, high + space
