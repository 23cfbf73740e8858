"""What the requests of a stage add up to. Pure.

Percentiles are interpolated linearly between the closest ranks, as NumPy does by default (Hyndman & Fan's type 7): of n
sorted values the p-th stands at (n - 1) p. A time between tokens is a request's mean of it, as in AIPerf: the time from
its first token to its last over the tokens after the first.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from aa_tui.speed.load.plan import Clock, Limit
from aa_tui.speed.load.values import Named, RequestEvent

PERCENTILES = (50, 90, 99)
DISAGREE = 0.10
"""The server's clocks and ours may differ by so much before it is said."""

GROWTH = 1.03
"""A level that brings less than this over the best one before does not grow."""

LATER = 2.0
"""So many times the 90th percentile of first tokens of that level: then requests only wait."""

LATE_S = 0.02
"""A request that is sent so long after its moment, at the 99th percentile, was held up by this machine."""

_PARTS = 4
_LEAST_OF_PART = 20  # arrivals
_STEP, _IN_ALL, _LEAST_OPEN = 1.1, 3.0, 24


def percentile(values: Sequence[float], percent: float) -> float:
    """The percentile by linear interpolation; of a single value that one. Raises ValueError where there is none."""
    if not values or not 0 <= percent <= 100:
        raise ValueError(f"there is no percentile {percent} of {len(values)} values")
    ordered = sorted(values)
    at = (len(ordered) - 1) * percent / 100
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def least_for(percent: int) -> int:
    """So many values a percentile needs to be more than the largest of them: 10 for the 90th, 100 for the 99th."""
    return math.ceil(100 / (100 - percent))


def clocks_of(requests: Sequence[RequestEvent]) -> dict[Clock, list[float]]:
    """The times of all requests, in seconds; one of a single token has none between tokens."""
    return {
        "ttft": [one.ttft_s for one in requests],
        "itl": [itl for one in requests if (itl := one.answer.itl_s) is not None],
        "e2e": [one.e2e_s for one in requests],
    }


def of_depth(requests: Sequence[RequestEvent], round_trip_s: float) -> Iterator[Named]:
    """Figures of one request at a time, over its repetitions.

    The prompt's speed is an estimate: its tokens, without those that were cached, over the time to the first token less
    a network round trip. The server's queue, its template, and its first token are part of that time.
    """
    prompts = [rate for one in requests if (rate := _prompt_tps(one, round_trip_s)) is not None]
    outputs = [rate for one in requests if (rate := one.answer.output_tps) is not None]
    yield from _mean("pp_tps", prompts, "tokens/s")
    yield from _mean("tg_tps", outputs, "tokens/s")
    for name, values in (
        ("server_pp_tps", [rate for one in requests if (rate := one.answer.server_pp_tps)]),
        ("server_tg_tps", [rate for one in requests if (rate := one.answer.server_tg_tps)]),
    ):
        yield from _mean(name, values, "tokens/s")
    yield from _mean("ttft_s", [one.ttft_s for one in requests], "s")
    yield from _mean("prompt_tokens", [one.n_prompt for one in requests], "tokens")
    if any(one.answer.n_cached for one in requests):
        yield from _mean("cached_tokens", [one.answer.n_cached for one in requests], "tokens")


def of_load(
    requests: Sequence[RequestEvent], wall_s: float, *, slo: Sequence[Limit] = (), n_failed: int = 0, n_open: int = 0
) -> Iterator[Named]:
    """Figures of many requests. `wall_s` is the time from the first one's sending to the last token, at rates at least
    the time in which requests arrived. `n_failed` were refused, `n_open` not answered when it was stopped: those keep
    no limit."""
    n_all = len(requests) + n_failed + n_open
    yield Named("requests", n_all, "requests")
    if n_failed:
        yield Named("failed", n_failed, "requests")
    if n_open:
        yield Named("unanswered", n_open, "requests")
    if requests and wall_s > 0:
        n_output = sum(one.answer.n_output for one in requests)
        yield Named("output_tps", n_output / wall_s, "tokens/s", n=len(requests))
        yield Named("requests_per_s", len(requests) / wall_s, "requests/s", n=len(requests))
    if slo and n_all and wall_s > 0:
        n_good = sum(keeps(one, slo) for one in requests)
        yield Named("goodput_share", n_good / n_all, "share", n=n_all)
        yield Named("goodput_per_s", n_good / wall_s, "requests/s", n=n_all)
    for clock, values in clocks_of(requests).items():
        if values:
            for percent in PERCENTILES:
                yield Named(f"{clock}_p{percent}_s", percentile(values, percent), "s", n=len(values))
        if len(values) > 1 and (mean := statistics.fmean(values)) > 0:
            yield Named(f"{clock}_cv", statistics.stdev(values) / mean, "share", n=len(values))
    own = [rate for one in requests if (rate := one.answer.server_tg_tps)]
    if own:
        yield Named("server_tg_tps", statistics.fmean(own), "tokens/s", n=len(own))


def keeps(request: RequestEvent, slo: Sequence[Limit]) -> bool:
    """Whether a request kept below every limit; one of a single token has no time between tokens to exceed."""
    times = {"ttft": request.ttft_s, "itl": request.answer.itl_s or 0.0, "e2e": request.e2e_s}
    return all(times[limit.clock] < limit.seconds for limit in slo)


def notes_of(
    requests: Sequence[RequestEvent], words: str, n_gen: int, *, is_depth: bool, round_trip_s: float
) -> list[str]:
    """What has to be said of a stage, each as a sentence."""
    found = []
    pairs = [(one.answer.output_tps, one.answer.server_tg_tps) for one in requests]
    found += _disagreement(words, "output", [(ours, its) for ours, its in pairs if ours and its])
    if is_depth:
        prompts = [(_prompt_tps(one, round_trip_s), one.answer.server_pp_tps) for one in requests]
        found += _disagreement(words, "the prompt", [(ours, its) for ours, its in prompts if ours and its])
    n_cached = sum(one.answer.n_cached for one in requests)
    n_prompt = sum(one.n_prompt for one in requests)
    if n_prompt and n_cached > 0.01 * n_prompt:
        found.append(
            f"At {words} the server had {100 * n_cached / n_prompt:.0f} % of the prompts' tokens in its cache."
        )
    n_short = sum(one.answer.n_output < n_gen for one in requests)
    if n_short:
        mean = statistics.fmean(one.answer.n_output for one in requests)
        early = f"{n_short} of {len(requests)} answers ended early"
        found.append(f"At {words} {early} ({mean:.0f} of {n_gen} tokens in the mean).")
    if any(one.answer.tokens_from == "pieces" for one in requests):
        found.append("The server does not count its tokens: pieces of its stream are counted instead.")
    late = [one.late_s for one in requests]
    if late and percentile(late, 99) > LATE_S:
        found.append(f"At {words} this machine was late in asking, by {percentile(late, 99) * 1000:.0f} ms (p99).")
    return found


def is_saturated(level: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> bool:
    """Whether a level, by its figures, brings no more than the best one before while first tokens take twice as long as
    at the one just before."""
    if not before or "output_tps" not in level:
        return False
    best = max(one.get("output_tps", 0.0) for one in before)
    last = before[-1].get("ttft_p90_s")
    no_growth = level["output_tps"] < best * GROWTH
    return no_growth and last is not None and level.get("ttft_p90_s", 0.0) >= LATER * last


def grows_without_bound(open_at_arrivals: Sequence[int], n_slots: int | None) -> bool:
    """Whether the backlog grows for good, by how many requests were open at each arrival.

    A queue that keeps up goes up and down about some length; one that does not grows evenly from nothing, so that its
    means over the four quarters are as 1, 3, 5 and 7. It is called growing where each of the last three is by a tenth
    above the one before, the last three times the first, and longer than 24 and twice what the server computes at once.
    Asked after each arrival, this is wrong of fewer than one queue in 40 that is busy 9/10 of the time, and sees 1.3
    times too much load after some 150 arrivals (both by simulation, with 1 and 8 slots).
    """
    size = len(open_at_arrivals) // _PARTS
    if size < _LEAST_OF_PART:
        return False
    parts = [statistics.fmean(open_at_arrivals[at * size : (at + 1) * size]) for at in range(_PARTS)]
    steps = all(after >= _STEP * before for before, after in pairwise(parts))
    return steps and parts[-1] >= _IN_ALL * parts[0] and parts[-1] > _LEAST_OPEN + 2 * (n_slots or 0)


def _prompt_tps(one: RequestEvent, round_trip_s: float) -> float | None:
    """Tokens that were computed over the time for them; None where nothing is left of either."""
    took, n_computed = one.answer.first_s - round_trip_s, one.n_prompt - one.answer.n_cached
    return n_computed / took if took > 0 and n_computed > 0 else None


def _mean(name: str, values: Sequence[float], unit: str) -> Iterator[Named]:
    if values:
        spread = statistics.stdev(values) if len(values) > 1 else None
        yield Named(name, statistics.fmean(values), unit, spread, len(values))


def _disagreement(words: str, what: str, pairs: Sequence[tuple[float, float]]) -> list[str]:
    if not pairs:
        return []
    ours, its = (statistics.fmean(one) for one in zip(*pairs, strict=True))
    if abs(ours - its) <= DISAGREE * its:
        return []
    return [
        f"At {words} the server's own clock says {its:,.1f} tokens/s for {what}, ours {ours:,.1f}: the way "
        "between takes a part, or one of them counts otherwise."
    ]
