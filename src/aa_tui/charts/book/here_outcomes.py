"""What became of the questions, by category: right, wrong, undecided, and the ways of giving no answer."""

from __future__ import annotations

from aa_tui.analysis.evaluation import Part
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import NO_SCORE, comparable, missing, note
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart
from aa_tui.outcomes import OUTCOMES, outcome_words

PARTS = tuple(map(outcome_words, OUTCOMES))


def _build(scene: Scene) -> BarChart | PanelChart:
    """One chart for each evaluation; a single one fills the room alone."""
    known = [(label, one) for label, one in comparable(scene) if one.summary.all.n]
    shown = [one for _, one in known]
    title = f"{CHART.title} · {subject(scene)}"
    if len(known) > 1:
        return PanelChart(
            name=CHART.name,
            title=title,
            charts=tuple(_one(one, f"run-{one.run.id}", label, "") for label, one in known),
            note=f"{note(scene, shown)}, {_seen(shown)}",
        )
    name = f"{title} · {known[0][0]}" if known else title
    if not known:
        return BarChart(CHART.name, title, "%", None, (), 0, missing=missing(scene, NO_SCORE))
    return _one(shown[0], CHART.name, name, note(scene, shown))


def _one(one: Evaluated, name: str, title: str, words: str) -> BarChart:
    by_category = one.summary.by_category
    bars = [_bar("all", "all", one.summary.all)]
    if len(by_category) > 1:
        bars += [_bar(f"category/{key}", key, part) for key, part in sorted(by_category.items())]
    return BarChart(
        name=name,
        title=title,
        unit="% of the answers",
        better=None,
        bars=tuple(bars),
        total=len(bars),
        noun="categories" if len(bars) > 1 else "bar",
        note=words,
        parts=PARTS,
    )


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
