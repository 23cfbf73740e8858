"""Lines of what was measured here: a line for each file on each machine, by its newest run that has the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aa_tui.catalog.rows import LocalResult
from aa_tui.charts.here.speed import labels, place
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Dot

Points = Sequence[tuple[float, float]]


def newest(scene: Scene, has: Callable[[LocalResult], bool], studies: Sequence[LocalResult] = ()) -> list[LocalResult]:
    """The newest result of each file on each machine, or of these studies, for which `has` says yes."""
    found: dict[tuple[str, int], LocalResult] = {}
    for result in sorted((*scene.local, *studies), key=lambda one: -one.run.id):
        if has(result):
            found.setdefault(place(result), result)
    return list(found.values())


def named(scene: Scene, results: list[LocalResult]) -> list[tuple[str, LocalResult]]:
    """The results with what tells them apart: quantization and machine, and the model on a chart of several."""
    return list(zip(labels(scene, results), results, strict=True))


def line(
    group: str, result: LocalResult, points: Points, texts: Callable[[float, float], tuple[str, str]]
) -> list[Dot]:
    """A line's dots; `texts` says how both values read."""
    found = []
    for x, y in points:
        x_text, y_text = texts(x, y)
        found.append(Dot(f"{result.run.id}/{group}/{x:g}", group, x, y, x_text, y_text, group=group))
    return found


def lines_chart(
    name: str,
    title: str,
    axes: tuple[Axis, Axis],
    lines: Sequence[Sequence[Dot]],
    *,
    results: Sequence[LocalResult],
    missing: str,
    right: tuple[str, Axis] | None = None,
) -> LineChart:
    """The chart of these lines; `right` names the line that has an axis of its own, with that axis."""
    dots = tuple(dot for one in lines for dot in one)
    dates = sorted((result.run.ended_at or result.run.created_at)[:10] for result in results)
    return LineChart(
        name=name,
        title=title,
        x=axes[0],
        y=axes[1],
        dots=dots,
        total=len(dots),
        attractive=None,
        noun="measured points",
        note=dates[-1] if dates else "",
        groups=tuple(dict.fromkeys(dot.group for dot in dots)),
        missing=missing,
        right=right[1] if right else None,
        on_right=right[0] if right else "",
    )
