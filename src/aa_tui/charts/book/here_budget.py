"""Accuracy against thinking budget: what a run would have scored with its thinking closed sooner."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import comparable, missing, no_score, note, score_share, without_score
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Dot

AS_IT_WAS = "as it was"
NO_CURVE = (
    "None of these evaluations has the curve: it needs answers that think longer than the smallest budget of 512 "
    "tokens; a model that never thinks has none."
)
LOW, HIGH = "95 % interval, low", "95 % interval, high"


def _build(scene: Scene) -> LineChart:
    """A line for each evaluation; the interval's two are drawn where there is one only, else each point's own."""
    known = comparable(scene)
    curves = [(label, one) for label, one in known if one.curve]
    dots: list[Dot] = []
    for label, one in curves:
        dots += _line(label, one, whiskers=len(curves) > 1)
    if len(curves) == 1:
        dots += [*_bound(LOW, curves[0][1]), *_bound(HIGH, curves[0][1])]
    return LineChart(
        name=CHART.name,
        title=f"{CHART.title} · {subject(scene)}",
        x=Axis("Thinking tokens at most", "tokens", None, log=True),
        y=Axis("Strict score", "% right", "higher"),
        dots=tuple(dots),
        total=len(dots),
        attractive=None,
        noun="points",
        note=_note(scene, known, curves) if curves else "",
        groups=tuple(dict.fromkeys(dot.group for dot in dots)),
        missing=missing(scene, no_score(known) if all(one.result.no_headline for _, one in known) else NO_CURVE),
    )


def _note(scene: Scene, known: list[tuple[str, Evaluated]], curves: list[tuple[str, Evaluated]]) -> str:
    words = [note(scene, [one for _, one in curves]), f"last point {AS_IT_WAS}", without_score(known)]
    return ", ".join(filter(None, words))


def _line(label: str, one: Evaluated, *, whiskers: bool) -> list[Dot]:
    found = []
    for (x, x_text), point in zip(_places(one), one.curve, strict=True):
        forced = f", {point.n_forced} made to answer" if point.n_forced else ""
        y_text = f"{score_share(point.score)}, n {point.n}{forced}"
        limits = point.score.interval
        interval = (100 * limits.low, 100 * limits.high) if whiskers else None
        y, key = 100 * point.score.value, f"{one.run.id}/{label}/{x:g}"
        found.append(Dot(key, label, x, y, x_text, y_text, group=label, interval=interval))
    return found


def _bound(group: str, one: Evaluated) -> list[Dot]:
    found = []
    for (x, x_text), point in zip(_places(one), one.curve, strict=True):
        value = 100 * (point.score.interval.low if group == LOW else point.score.interval.high)
        found.append(Dot(f"{one.run.id}/{group}/{x:g}", group, x, value, x_text, f"{value:.1f} %", group=group))
    return found


def _places(one: Evaluated) -> list[tuple[float, str]]:
    """Where the points lie. As it was is at the longest thinking: a budget of that would have changed nothing."""
    longest = max((sample.n_thinking for sample in one.samples), default=0)
    largest = max((point.budget_tokens or 0 for point in one.curve), default=0)
    found = []
    for point in one.curve:
        if point.budget_tokens is not None:
            found.append((float(point.budget_tokens), f"{point.budget_tokens:,}"))
        else:
            found.append((float(max(longest, largest + 1)), f"{AS_IT_WAS} (at most {longest:,})"))
    return found


CHART = Kind(
    "here-thinking-budget",
    "Accuracy against thinking budget",
    "Measured here",
    "strict score if thinking had been closed sooner",
    _build,
)
