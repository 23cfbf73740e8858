"""Quant against quant: the strict score of each file on each machine, on the same questions."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.evaluations import (
    comparable,
    missing,
    no_score,
    note,
    percent_interval,
    share,
    undecided,
    without_score,
)
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart


def _build(scene: Scene) -> BarChart:
    """In the order of files, not of scores: where intervals overlap a rank would say too much."""
    known = comparable(scene)
    bars, drawn = [], []
    for label, one in known:
        strict = one.figure("score_strict")
        if strict is None:
            continue
        drawn.append(one)
        state = "" if one.run.state == "finished" else f", {one.run.state}"
        text = f"{share(strict)} n {strict.n or 0}{undecided(one.result)}{state}"
        bars.append(Bar(str(one.run.id), label, 100 * strict.value, text, interval=percent_interval(strict)))
    return BarChart(
        name=CHART.name,
        title=f"{CHART.title} · {subject(scene)}",
        unit="% right, all else counts as wrong (95 % interval)",
        better="higher",
        bars=tuple(bars),
        total=len(known),
        noun="evaluations",
        full=100.0,
        note=", ".join(filter(None, (note(scene, drawn), without_score(known)))) if drawn else "",
        missing=missing(scene, no_score(known)),
    )


CHART = Kind("here-scores", "Quant against quant", "Measured here", "strict score by file and machine", _build)
