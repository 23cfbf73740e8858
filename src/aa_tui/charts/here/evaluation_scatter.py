"""Dots of evaluations made here: the strict score against what it takes."""

from __future__ import annotations

from collections.abc import Callable

from aa_tui.charts.evaluated import Evaluated
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
from aa_tui.charts.spec import Axis, Corner, Dot, ScatterChart

STRICT = Axis("Strict score", "% right", "higher")


def scores_against(
    scene: Scene,
    measure: Callable[[Evaluated], tuple[float, str] | None],
    *,
    name: str,
    title: str,
    x: Axis,
    attractive: Corner,
    unknown: str,
) -> ScatterChart:
    """A dot for each evaluation that has a strict score and what `measure` gives: a value and how it reads.

    `unknown` is said where there are scores and none has the other figure.
    """
    known = comparable(scene)
    dots, drawn, scored = [], [], False
    for label, one in known:
        strict, cost = one.figure("score_strict"), measure(one)
        scored = scored or strict is not None
        if strict is None or cost is None:
            continue
        drawn.append(one)
        y_text = f"{share(strict)}, n {strict.n or 0}{undecided(one.result)}"
        interval = percent_interval(strict)
        dots.append(Dot(str(one.run.id), label, cost[0], 100 * strict.value, cost[1], y_text, interval=interval))
    return ScatterChart(
        name=name,
        title=f"{title} · {subject(scene)}",
        x=x,
        y=STRICT,
        dots=tuple(dots),
        total=len(known),
        attractive=attractive,
        noun="evaluations",
        note=", ".join(filter(None, (note(scene, drawn), without_score(known)))) if drawn else "",
        missing=missing(scene, unknown if scored else no_score(known)),
    )
