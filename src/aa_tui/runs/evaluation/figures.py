"""A run's samples as figures for the catalog: each with its number of samples, interval and pack version."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from aa_tui.analysis.costs import Rate, Spent
from aa_tui.analysis.evaluation import Bounds, Part, Summary
from aa_tui.analysis.intervals import Score
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import Figure
from aa_tui.outcomes import ENDED


class Clocked(Protocol):
    """What is needed of a sample beside what it adds up to: its clocks, None where nobody told."""

    @property
    def ttft_s(self) -> float | None: ...
    @property
    def ttfat_s(self) -> float | None: ...
    @property
    def e2e_s(self) -> float | None: ...
    @property
    def output_tps(self) -> float | None: ...


def figures_of(
    pack: str,
    pack_version: str,
    summary: Summary,
    rows: Sequence[Clocked],
    *,
    tokens_per_s_total: float | None = None,
    joules_per_token: float | None = None,
    spent: Spent | None = None,
) -> list[Figure]:
    """What a run measured, as `eval.PACK.NAME`: scores from 0 to 1, the index from 0 to 100.

    A run with too many errors has no scores, only its tokens and clocks; one of chosen items has its clocks alone.
    Where samples are undecided `score_strict_low` and `score_strict_high` are the score with all of these wrong, and
    all right; their `n` counts these too. `spent` is what the answers took: `seconds_per_right` and `joules_per_right`,
    whose `n` counts the right ones.
    """
    name_of = partial(of_evaluation, pack)
    found = list(_scores(name_of, summary.all, pack_version))
    for name, part in summary.by_category.items():
        if part.strict is not None and len(summary.by_category) > 1:
            found.append(_figure(name_of("score_strict", name), part.strict, part.n_graded, "share", pack_version))
    if summary.index is not None:
        found.append(_figure(name_of("index"), summary.index, summary.all.n_graded, "points", pack_version))
    if summary.index_bounds is not None:
        found += _ends(name_of("index"), summary.index_bounds, summary.all.n_told, "points", pack_version)
    tokens = summary.all.tokens if not summary.is_chosen else None
    if tokens is not None:
        for name, value in (
            ("output_tokens_per_item", tokens.mean),
            ("thinking_tokens_per_item", tokens.mean_thinking),
            ("answer_tokens_per_item", tokens.mean_answer),
            ("output_tokens_median", tokens.median),
        ):
            found.append(Figure(name_of(name), value, "tokens", n=tokens.n, pack_version=pack_version))
    for name, values, unit in (
        ("output_tps", [row.output_tps for row in rows], "tokens/s"),
        ("ttft_s", [row.ttft_s for row in rows], "s"),
        ("ttfat_s", [row.ttfat_s for row in rows], "s"),
        ("e2e_s", [row.e2e_s for row in rows], "s"),
    ):
        known = [value for value in values if value is not None]
        if known:
            median = statistics.median(known)
            found.append(Figure(name_of(name), median, unit, n=len(known), pack_version=pack_version))
    if tokens_per_s_total is not None:
        found.append(Figure(name_of("tokens_per_s_total"), tokens_per_s_total, "tokens/s", pack_version=pack_version))
    if joules_per_token is not None:
        found.append(Figure(name_of("joules_per_token"), joules_per_token, "J/token", pack_version=pack_version))
    return [*found, *costs_of(pack, pack_version, spent if not summary.is_chosen else None)]


def costs_of(pack: str, pack_version: str, spent: Spent | None) -> list[Figure]:
    """Seconds and joules a right answer as figures, as far as they are known."""
    if spent is None:
        return []
    rates = (("seconds_per_right", spent.seconds_per_right, "s"), ("joules_per_right", spent.joules_per_right, "J"))
    return [
        _rate(of_evaluation(pack, name), rate, spent.n_right, unit, pack_version)
        for name, rate, unit in rates
        if rate is not None
    ]


def _rate(metric: str, rate: Rate, n: int, unit: str, pack_version: str) -> Figure:
    figure = Figure(metric, rate.value, unit, n=n, pack_version=pack_version)
    one = rate.interval
    if one is None:
        return figure
    return figure._replace(
        interval_low=one.low, interval_high=one.high, interval_method=one.method, interval_kind=one.kind
    )


def _scores(name_of: Callable[[str], str], part: Part, pack_version: str) -> Iterator[Figure]:
    n_ended = sum(part.outcomes[name] for name in ENDED)
    if part.strict is not None:
        yield _figure(name_of("score_strict"), part.strict, part.n_graded, "share", pack_version)
    if part.bounds is not None:
        yield from _ends(name_of("score_strict"), part.bounds, part.n_told, "share", pack_version)
    if part.completed is not None:
        yield _figure(name_of("score_completed"), part.completed, n_ended, "share", pack_version)
    if part.truncation is not None:
        yield _figure(name_of("truncation_rate"), part.truncation, part.n_told, "share", pack_version)


def _ends(metric: str, bounds: Bounds, n: int, unit: str, pack_version: str) -> list[Figure]:
    ends = (("low", bounds.low), ("high", bounds.high))
    return [Figure(f"{metric}_{name}", value, unit, n=n, pack_version=pack_version) for name, value in ends]


def _figure(metric: str, score: Score, n: int, unit: str, pack_version: str) -> Figure:
    return Figure(
        metric,
        score.value,
        unit,
        n=n,
        interval_low=score.interval.low,
        interval_high=score.interval.high,
        interval_method=score.interval.method,
        interval_kind=score.interval.kind,
        pack_version=pack_version,
    )
