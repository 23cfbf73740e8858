"""How watched files stand against their baselines, probe by probe."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from aa_tui.catalog.rows import LocalResult
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import lines_chart
from aa_tui.charts.here.speed import labels, subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Dot

_LINES = (
    ("watch.pp128_change", "pp128"),
    ("watch.tg32_change", "tg32"),
    ("watch.tokens_flipped", "top tokens that differ"),
)
_UNITS_S = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0))


def _build(scene: Scene) -> LineChart:
    lines: list[list[Dot]] = []
    unit, unit_s = _unit(scene)
    for results in _by_baseline(scene):
        for metric, words in _LINES:
            lines += _line(scene, results, metric, words, unit_s)
    return lines_chart(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        (
            Axis("Since the baseline was pinned", unit, None),
            Axis("Change since the baseline", "%", None),
        ),
        lines,
        results=[result for results in _by_baseline(scene) for result in results],
        missing="No file was probed twice here yet: `aa-tui watch FILE` does it.",
    )


def _by_baseline(scene: Scene) -> list[list[LocalResult]]:
    """The probes that are compared with the same one, that first; baselines without others are left out."""
    found: dict[str, list[LocalResult]] = defaultdict(list)
    for result in scene.probes:
        found[str(result.run.settings.get("baseline") or result.run.uid)].append(result)
    return [results for results in found.values() if len(results) > 1]


def _unit(scene: Scene) -> tuple[str, float]:
    """What the time is told in, with its seconds: days, but what was all probed within two of them in less."""
    found = _by_baseline(scene)
    longest_s = max((_seconds(one) - _seconds(results[0]) for results in found for one in results), default=0.0)
    return next((one for one in _UNITS_S if longest_s >= 2 * one[1]), _UNITS_S[-1])


def _line(scene: Scene, results: list[LocalResult], metric: str, words: str, unit_s: float) -> list[list[Dot]]:
    """The dots of a test; `unit_s` is a unit of the time axis in seconds."""
    first = _seconds(results[0])
    group = f"{labels(scene, results[:1])[0]} · {words}"
    dots = []
    for result in results:
        figure = result.measurements.get(metric)
        since = (_seconds(result) - first) / unit_s
        value = figure.value * 100 if figure is not None else 0.0
        if figure is None and result is not results[0]:
            continue
        ends = None
        if figure is not None and figure.interval_low is not None and figure.interval_high is not None:
            ends = figure.interval_low * 100, figure.interval_high * 100
        date = (result.run.ended_at or result.run.created_at)[:10]
        text = f"{value:+.1f}" if figure is not None else "baseline"
        dots.append(Dot(f"{result.run.id}/{words}", group, since, value, date, text, group=group, interval=ends))
    return [dots] if len(dots) > 1 else []


def _seconds(result: LocalResult) -> float:
    return datetime.fromisoformat(result.run.ended_at or result.run.created_at).timestamp()


CHART = Kind("here-watch", "Regression watch", "Measured here", "speed and tokens since the baseline", _build)
