"""The score of each kind of question and of each level, file beside file."""

from __future__ import annotations

from aa_tui.analysis.evaluation import Part
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import comparable, missing, no_score, note, score_share, without_score
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart


def _build(scene: Scene) -> BarChart | PanelChart:
    """One chart for each evaluation; a single one fills the room alone."""
    known = comparable(scene)
    drawn = [(label, one, bars) for label, one in known if (bars := _bars(one))]
    title = f"{CHART.title} · {subject(scene)}"
    shown = [one for _, one, _ in drawn]
    words = ", ".join(filter(None, (note(scene, shown), without_score(known)))) if drawn else ""
    if not drawn:
        return BarChart(CHART.name, title, "%", None, (), 0, missing=missing(scene, no_score(known)))
    if len(drawn) > 1:
        charts = tuple(_one(f"run-{one.run.id}", label, bars, "") for label, one, bars in drawn)
        return PanelChart(name=CHART.name, title=title, charts=charts, note=words)
    label, _, bars = drawn[0]
    return _one(CHART.name, f"{title} · {label}", bars, words)


def _one(name: str, title: str, bars: list[Bar], words: str) -> BarChart:
    return BarChart(
        name=name,
        title=title,
        unit="% right, all else counts as wrong (95 % interval)",
        better="higher",
        bars=tuple(bars),
        total=len(bars),
        noun="kinds and levels",
        note=words,
        full=100.0,
    )


def _bars(one: Evaluated) -> list[Bar]:
    if one.result.no_headline:
        return []
    summary = one.summary
    parts = [("all", "all", summary.all)]
    if len(summary.by_category) > 1:
        parts += [(f"category/{name}", name, part) for name, part in sorted(summary.by_category.items())]
    if len(summary.by_level) > 1:
        parts += [(f"level/{level}", f"level {level}", part) for level, part in sorted(summary.by_level.items())]
    return [bar for key, label, part in parts if (bar := _bar(key, label, part)) is not None]


def _bar(key: str, label: str, part: Part) -> Bar | None:
    if part.strict is None:
        return None
    limits = part.strict.interval
    text = f"{score_share(part.strict)} n {part.n_graded}"
    return Bar(key, label, 100 * part.strict.value, text, interval=(100 * limits.low, 100 * limits.high))


CHART = Kind("here-kinds", "Score by kind and level", "Measured here", "strict score of each kind of question", _build)
