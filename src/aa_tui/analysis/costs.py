"""What right answers cost: seconds and joules of each request, prefill and decode apart, and their sum a right answer.

Requests that are answered at once share the machine. So time is cut where one begins, has its first token or ends, and
of each piece every request that was in progress gets an equal part: of its seconds, and of the energy that was used in
it above what the machine uses when it does nothing. What came before a request's first token is its prefill, the rest
its decoding. The machine tells its power as means over some seconds, so the two are told apart by time, not by what
each unit of the processor did.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import fsum
from typing import Final, Protocol

from aa_tui.analysis.intervals import Interval
from aa_tui.outcomes import Outcome

LONGEST_S: Final = 15.0
"""A mean power holds for the seconds before it, and for no more than these: longer gaps are pauses."""

LEAST_KNOWN: Final = 0.9
"""The least share of the time at work of which the power must be known; the rest counts as the mean of it."""

RESAMPLES: Final = (200, 1_000)
"""Of the bootstrap, at least and at most: fewer of many items, whose rates differ less."""

_DRAWN: Final = 400_000
"""Items drawn in all, about, so that a report takes a fraction of a second."""


class Sample(Protocol):
    """What is needed of a sample. `ended_at` is in ISO 8601."""

    @property
    def item_id(self) -> str: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def ended_at(self) -> str: ...
    @property
    def ttft_s(self) -> float | None: ...
    @property
    def e2e_s(self) -> float | None: ...


class Power(Protocol):
    """The machine's mean power in watts since the reading before; None where it does not tell."""

    @property
    def at(self) -> str: ...
    @property
    def power_w(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds and joules of prefill and of decoding; joules are None where the power is not known."""

    prefill_s: float
    decode_s: float
    prefill_j: float | None = None
    decode_j: float | None = None

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.prefill_s + self.decode_s

    @property
    def joules(self) -> float | None:
        """Both together, None where the power is not known."""
        return None if self.prefill_j is None or self.decode_j is None else self.prefill_j + self.decode_j


@dataclass(frozen=True, slots=True)
class Rate:
    """So much a right answer, with the bootstrap's percentile interval over items; None where it has no upper end."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run's answers took. `whole` is their sum; `idle_w` was taken off the power, None where it is not known."""

    n: int
    n_right: int
    whole: Part
    seconds_per_right: Rate | None
    joules_per_right: Rate | None
    idle_w: float | None
    mean_w: float | None


def spent(samples: Sequence[Sample], powers: Sequence[Power] = (), *, idle_w: float | None = None) -> Spent | None:
    """What the samples took; None where nobody clocked them."""
    clocked = [sample for sample in samples if sample.outcome is not None and sample.e2e_s is not None]
    if not clocked:
        return None
    known = _windows(powers)
    parts, mean_w = _attributed(clocked, known, idle_w or 0.0)
    by_item: dict[str, tuple[float, float, int]] = {}
    for sample, part in zip(clocked, parts, strict=True):
        seconds, joules, n_right = by_item.get(sample.item_id, (0.0, 0.0, 0))
        is_right = sample.outcome == Outcome.CORRECT
        by_item[sample.item_id] = seconds + part.seconds, joules + (part.joules or 0.0), n_right + is_right
    told = mean_w is not None
    whole = Part(
        fsum(part.prefill_s for part in parts),
        fsum(part.decode_s for part in parts),
        fsum(part.prefill_j or 0.0 for part in parts) if told else None,
        fsum(part.decode_j or 0.0 for part in parts) if told else None,
    )
    return Spent(
        len(clocked),
        sum(n_right for _, _, n_right in by_item.values()),
        whole,
        _rate([(seconds, n_right) for seconds, _, n_right in by_item.values()]),
        _rate([(joules, n_right) for _, joules, n_right in by_item.values()]) if told else None,
        idle_w if told else None,
        mean_w,
    )


def _rate(items: Sequence[tuple[float, int]], *, level: float = 0.95, seed: int = 0) -> Rate | None:
    """Sum of the first over sum of the second, items resampled (Efron & Tibshirani 1993, section 13.3)."""
    n_right = sum(right for _, right in items)
    if not n_right:
        return None
    rng, rates = random.Random(seed), []
    least, most = RESAMPLES
    for _ in range(min(max(_DRAWN // len(items), least), most) if len(items) > 1 else 0):
        drawn = rng.choices(items, k=len(items))
        right = sum(one[1] for one in drawn)
        rates.append(fsum(one[0] for one in drawn) / right if right else float("inf"))
    rates.sort()
    value = fsum(one[0] for one in items) / n_right
    cut = int((1 - level) / 2 * len(rates))
    if not rates or rates[len(rates) - 1 - cut] == float("inf"):
        return Rate(value, None)
    return Rate(value, Interval(rates[cut], rates[len(rates) - 1 - cut], "bootstrap, percentile", level))


_Window = tuple[float, float, float]
"""From, until and watts."""


def _windows(powers: Iterable[Power]) -> list[_Window]:
    """The times that each mean power is of. The first reading has no beginning, so it is left out."""
    found: list[_Window] = []
    before: float | None = None
    for one in powers:
        at = _seconds(one.at)
        if before is not None and one.power_w is not None and at > before:
            found.append((max(before, at - LONGEST_S), at, one.power_w))
        before = at
    return found


def _attributed(
    samples: Sequence[Sample], windows: Sequence[_Window], idle_w: float
) -> tuple[list[Part], float | None]:
    """Each sample's part, and the mean power at work; None where too little of it is known."""
    spans = [_span(sample) for sample in samples]
    cuts = sorted({moment for span in spans for moment in span} | {end for one in windows for end in one[:2]})
    place = {moment: number for number, moment in enumerate(cuts)}
    n_busy = [0] * len(cuts)
    for start, _, end in spans:
        for number in range(place[start], place[end]):
            n_busy[number] += 1
    watts = _watts(cuts, windows)
    lengths = [after - before for before, after in pairwise(cuts)]
    busy = [(length, watts[number]) for number, length in enumerate(lengths) if n_busy[number]]
    at_work, told = fsum(length for length, _ in busy), [(length, w) for length, w in busy if w is not None]
    known_s = fsum(length for length, _ in told)
    mean_w = fsum(length * w for length, w in told) / known_s if known_s else None
    if mean_w is None or known_s < LEAST_KNOWN * at_work:
        mean_w = None
    seconds, joules = [0.0], [0.0]  # running sums of one request's part, were it in progress all the time
    for number, length in enumerate(lengths):
        part = length / n_busy[number] if n_busy[number] else 0.0
        power = watts[number] if watts[number] is not None else mean_w
        seconds.append(seconds[-1] + part)
        joules.append(joules[-1] + part * ((power or 0.0) - idle_w))
    parts = []
    for start, first, end in spans:
        one, two, three = place[start], place[first], place[end]
        clocks = seconds[two] - seconds[one], seconds[three] - seconds[two]
        energy = (joules[two] - joules[one], joules[three] - joules[two]) if mean_w is not None else (None, None)
        parts.append(Part(*clocks, *energy))
    return parts, mean_w


def _watts(cuts: Sequence[float], windows: Sequence[_Window]) -> list[float | None]:
    """The power from each cut to the next."""
    starts = [start for start, _, _ in windows]
    found: list[float | None] = []
    for moment in cuts:
        number = bisect_right(starts, moment) - 1
        is_in = number >= 0 and moment < windows[number][1]
        found.append(windows[number][2] if is_in else None)
    return found


def _span(sample: Sample) -> tuple[float, float, float]:
    """When a request began, had its first token, and ended."""
    end = _seconds(sample.ended_at)
    start = end - max(sample.e2e_s or 0.0, 0.0)
    return start, min(start + max(sample.ttft_s or 0.0, 0.0), end), end


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def price_usd(tokens: Mapping[str, int], in_usd_per_m: float, out_usd_per_m: float) -> float:
    """What an API asks for `prompt` and `output` tokens."""
    return (tokens["prompt"] * in_usd_per_m + tokens["output"] * out_usd_per_m) / 1e6
