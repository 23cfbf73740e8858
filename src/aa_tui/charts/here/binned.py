"""The score of questions that are alike in a length: bins that double, a line for each evaluation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from aa_tui.analysis.evaluation import summarise
from aa_tui.catalog.rows import ScoredSample
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import comparable, missing, no_score, note, score_share, without_score
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Dot

SMALLEST = 64
"""Tokens up to which all lengths are one bin."""

Length = Callable[[Evaluated, ScoredSample], int | None]
"""A sample's length in tokens, None where nobody counted it."""


def binned(scene: Scene, name: str, title: str, *, axis: str, length: Length, too_few: str) -> LineChart:
    """The chart of strict scores against a length, whose bins double from SMALLEST tokens on.

    A dot lies at the mean length of its bin. An evaluation with fewer than two bins has no line.
    """
    known = comparable(scene)
    lines = [(one, dots) for label, one in known if len(dots := _dots(label, one, length)) > 1]
    shown = [one for one, _ in lines]
    drawn = tuple(dot for _, line in lines for dot in line)
    unscored = bool(known) and all(one.result.no_headline for _, one in known)
    return LineChart(
        name=name,
        title=f"{title} · {subject(scene)}",
        x=Axis(axis, "tokens", None, log=True),
        y=Axis("Strict score", "% right", "higher"),
        dots=drawn,
        total=len(drawn),
        attractive=None,
        noun="bins of questions",
        note=", ".join(filter(None, (note(scene, shown), without_score(known)))) if shown else "",
        groups=tuple(dict.fromkeys(dot.group for dot in drawn)),
        missing=missing(scene, no_score(known) if unscored else too_few),
    )


def _dots(label: str, one: Evaluated, length: Length) -> list[Dot]:
    if one.result.no_headline:
        return []
    bins: dict[int, list[tuple[int, ScoredSample]]] = defaultdict(list)
    for sample in one.samples:
        tokens = length(one, sample)
        if tokens is not None:
            bins[max(tokens, SMALLEST).bit_length()].append((tokens, sample))
    return [dot for at in sorted(bins) if (dot := _dot(label, one, at, bins[at])) is not None]


def _dot(label: str, one: Evaluated, at: int, members: Sequence[tuple[int, ScoredSample]]) -> Dot | None:
    strict = summarise([sample for _, sample in members]).all.strict
    if strict is None:
        return None
    lengths = [tokens for tokens, _ in members]
    mean = max(sum(lengths) / len(lengths), 1.0)  # the axis is logarithmic
    x_text = f"{min(lengths):,}–{max(lengths):,}" if min(lengths) < max(lengths) else f"{lengths[0]:,}"
    limits = strict.interval
    return Dot(
        f"{one.run.id}/{label}/{at}",
        label,
        mean,
        100 * strict.value,
        x_text,
        f"{score_share(strict)}, n {len(members)}",
        group=label,
        interval=(100 * limits.low, 100 * limits.high),
    )
