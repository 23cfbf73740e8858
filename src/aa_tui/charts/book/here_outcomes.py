"""What became of the questions, by category: right, wrong, undecided, and the ways of giving no answer."""

from __future__ import annotations

from aa_tui.analysis.evaluation import Part
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import NO_SCORE, comparable, missing, note
from aa_tui.charts.here.panels import by_category, panels
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart
from aa_tui.outcomes import OUTCOMES, outcome_words

PARTS = tuple(map(outcome_words, OUTCOMES))


def _build(scene: Scene) -> BarChart | PanelChart:
    """One chart for each evaluation."""
    known = [(label, one.run.id, one) for label, one in comparable(scene) if one.summary.all.n]
    shown = [one for _, _, one in known]
    return panels(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        known,
        _one,
        note=note(scene, shown),
        note_of_several=f"{note(scene, shown)}, {_seen(shown)}",
        missing=missing(scene, NO_SCORE),
    )


def _one(one: Evaluated, name: str, title: str, words: str) -> BarChart:
    parts = one.summary.by_category
    bars = [_bar("all", "all", one.summary.all)]
    if len(parts) > 1:
        bars += [_bar(f"category/{key}", key, part) for key, part in sorted(parts.items())]
    return by_category(bars, name=name, title=title, unit="% of the answers", note=words, parts=PARTS)


def _bar(key: str, label: str, part: Part) -> Bar:
    shares = tuple(100 * part.outcomes[name] / part.n for name in OUTCOMES)
    text = f"{part.outcomes['correct']} of {part.n} correct"
    counts = tuple(f"{part.outcomes[name]}" for name in OUTCOMES)
    return Bar(key, label, 100.0, text, parts=shares, part_texts=counts)


def _seen(shown: list[Evaluated]) -> str:
    """The outcomes that occur with their fills, since small charts have no legend."""
    pairs = zip(STACKED, OUTCOMES, PARTS, strict=True)
    return ", ".join(
        f"{glyph} {words}" for glyph, name, words in pairs if any(one.summary.all.outcomes[name] for one in shown)
    )


CHART = Kind("here-outcomes", "Outcomes by category", "Measured here", "right, wrong, cut short, by category", _build)
