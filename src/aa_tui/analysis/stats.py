"""Where a model stands in its class: median, rank, meter and phrase.

The quartile rule and its phrases are those of the model pages of artificialanalysis.ai, where "average" means
the median of the class.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aa_tui.analysis.classes import ComparisonClass
from aa_tui.analysis.model import METRICS, PRICE_METRICS, Model, metric_value

_INTELLIGENCE: Final = ("at the lower end", "below average", "above average", "well above average")
_VERBOSITY: Final = ("very concise", "fairly concise", "somewhat verbose", "very verbose")
_PRICE: Final = ("competitively priced", "moderately priced", "somewhat expensive", "expensive")
_SPEED: Final = ("notably slow", "slower than average", "faster than average", "notably fast")

PHRASES: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "intelligence_index": _INTELLIGENCE,
        "index_output_tokens_m": _VERBOSITY,
        "price_in_usd_per_m": _PRICE,
        "price_out_usd_per_m": _PRICE,
        "blended_price_usd_per_m": _PRICE,
        "output_tps": _SPEED,
    }
)
"""Phrase of each quarter of the class, lowest first; metrics that are not here have none."""


@dataclass(frozen=True, slots=True)
class Quartiles:
    """First quartile, median and third quartile, in the unit of the values."""

    q1: float
    median: float
    q3: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A model's place in its class by one metric.

    `of` counts the members with a value. Without a value of its own, a model has neither rank, meter nor
    phrase; meter and phrase are also None where the values do not differ enough to tell quarters apart.
    """

    value: float | None
    class_median: float | None
    rank: int | None
    of: int
    meter: int | None
    phrase: str | None


def quartiles(values: Iterable[float]) -> Quartiles:
    """Quartiles by linear interpolation between the nearest values (numpy's default).

    Raises ValueError where there is no value.
    """
    return _quartiles(sorted(values))


def _quartiles(ordered: Sequence[float]) -> Quartiles:
    if not ordered:
        raise ValueError("no values to take quartiles of")
    return Quartiles(_quantile(ordered, 0.25), _quantile(ordered, 0.5), _quantile(ordered, 0.75))


def class_values(model: Model, metric: str, cls: ComparisonClass) -> tuple[float, ...]:
    """Values of the class that may be compared with the model's, the lowest first: of its index version, where that
    matters."""
    return tuple(cls.figures.ascending(metric, model.index_version))


def standing(model: Model, metric: str, cls: ComparisonClass) -> Standing:
    """The model's place in its class by a metric of METRICS; ties share the better rank.

    Prices, latencies and costs rank lowest first, everything else highest first: rank 1 in output tokens is
    the most verbose model. Raises KeyError for an unknown metric.
    """
    values = cls.figures.ascending(metric, model.index_version)
    if not len(values):
        return Standing(None, None, None, 0, None, None)
    spread = _quartiles(values)
    value = metric_value(model, metric)
    if value is None:
        return Standing(None, spread.median, None, len(values), None, None)
    lowest_first = METRICS[metric].higher_is_better is False
    better = bisect_left(values, value) if lowest_first else len(values) - bisect_right(values, value)
    meter = _meter(value, spread, free=metric in PRICE_METRICS and value == 0)
    phrase = PHRASES[metric][meter - 1] if meter and metric in PHRASES else None
    return Standing(value, spread.median, better + 1, len(values), meter, phrase)


def meter_glyphs(meter: int | None, *, ascii: bool = False) -> str:  # noqa: A002 (what it is called everywhere)
    """A meter of four cells, `▰▰▰▱` or `###-`; empty for None."""
    full, empty = ("#", "-") if ascii else ("▰", "▱")
    filled = meter or 0
    return full * filled + empty * (4 - filled)


def _quantile(ordered: Sequence[float], share: float) -> float:
    position = share * (len(ordered) - 1)
    below = int(position)
    low = ordered[below]
    high = ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (position - below)


def _meter(value: float, spread: Quartiles, *, free: bool) -> int | None:
    """Quarter of the class, 1 to 4; None for a value that at least the middle half of the class shares.

    A price of 0 is the exception: nothing is cheaper, however many share it.
    """
    if spread.q1 == value == spread.q3 and not free:
        return None
    return 1 + sum(value > edge for edge in (spread.q1, spread.median, spread.q3))
