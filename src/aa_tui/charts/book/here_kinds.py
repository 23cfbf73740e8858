"""The score of each kind of question and of each level, file beside file."""

from __future__ import annotations

from aa_tui.analysis.evaluation import Part
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import comparable, missing, no_score, note, score_share, without_score
from aa_tui.charts.here.panels import panels
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart


def _build(scene: Scene) -> BarChart | PanelChart:
    known = comparable(scene)
    drawn = [(label, one) for label, one in known if _bars(one)]
    words = ", ".join(filter(None, (note(scene, [one for _, one in drawn]), without_score(known)))) if drawn else ""
    return panels(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        [(label, one.run.id, one) for label, one in drawn],
        _one,
        note=words,
        note_of_several=words,
        missing=missing(scene, no_score(known)),
    )


def _one(one: Evaluated, name: str, title: str, words: str) -> BarChart:
    bars = _bars(one)
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
