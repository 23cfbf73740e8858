"""Whose fault failures are, by kind of question: the model's, its template's, the parser's, a broken format."""

from __future__ import annotations

from aa_tui.analysis.faults import WHOSE, WORDS, Faults, by_kind, count
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import comparable, missing, note
from aa_tui.charts.here.panels import by_category, panels
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart

PARTS = tuple(WORDS[one] for one in WHOSE)
NOTHING_TOLD = "These evaluations tell of no failure whose fault it is: `aa-tui eval FILE --pack tools` does."


def _build(scene: Scene) -> BarChart | PanelChart:
    known = [(label, one, faults) for label, one in comparable(scene) if (faults := count(one.samples)).is_told]
    words = note(scene, [one for _, one, _ in known])
    return panels(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        [(label, one.run.id, one) for label, one, _ in known],
        _one,
        note=words,
        note_of_several=f"{words}, {_seen([faults for _, _, faults in known])}",
        missing=missing(scene, NOTHING_TOLD),
    )


def _one(one: Evaluated, name: str, title: str, words: str) -> BarChart:
    parts = by_kind(one.samples)
    bars = [_bar("all", "all", count(one.samples))]
    if len(parts) > 1:
        bars += [_bar(f"category/{key}", key, part) for key, part in parts.items() if part.n_failed]
    return by_category(bars, name=name, title=title, unit="% of the failures", note=words, parts=PARTS)


def _bar(key: str, label: str, part: Faults) -> Bar:
    shares = tuple(100 * part.by_class.get(one, 0) / part.n_failed for one in WHOSE)
    counts = tuple(f"{part.by_class.get(one, 0)}" for one in WHOSE)
    return Bar(key, label, 100.0, f"{part.n_failed} of {part.n} failed", parts=shares, part_texts=counts)


def _seen(known: list[Faults]) -> str:
    """The classes that occur with their fills, since small charts have no legend."""
    pairs = zip(STACKED, WHOSE, PARTS, strict=False)
    return ", ".join(f"{glyph} {words}" for glyph, name, words in pairs if any(one.by_class.get(name) for one in known))


CHART = Kind("here-faults", "Failures by whose fault", "Measured here", "the model, template, parser or format", _build)
