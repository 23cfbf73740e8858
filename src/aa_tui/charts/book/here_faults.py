"""Whose fault failures are, by kind of question: the model's, its template's, the parser's, a broken format."""

from __future__ import annotations

from aa_tui.analysis.faults import WHOSE, WORDS, Faults, by_category, count
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.here.evaluations import comparable, missing, note
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart

PARTS = tuple(WORDS[one] for one in WHOSE)
NOTHING_TOLD = "These evaluations tell of no failure whose fault it is: `aa-tui eval FILE --pack tools` does."


def _build(scene: Scene) -> BarChart | PanelChart:
    """One chart for each evaluation with failures that tell; a single one fills the room alone."""
    known = [(label, one, faults) for label, one in comparable(scene) if (faults := count(one.samples)).is_told]
    shown = [one for _, one, _ in known]
    title = f"{CHART.title} · {subject(scene)}"
    if not known:
        return BarChart(CHART.name, title, "%", None, (), 0, missing=missing(scene, NOTHING_TOLD))
    if len(known) > 1:
        return PanelChart(
            name=CHART.name,
            title=title,
            charts=tuple(
                _one(faults, by_category(one.samples), f"run-{one.run.id}", label, "") for label, one, faults in known
            ),
            note=f"{note(scene, shown)}, {_seen([faults for _, _, faults in known])}",
        )
    label, one, faults = known[0]
    return _one(faults, by_category(one.samples), CHART.name, f"{title} · {label}", note(scene, [one]))


def _one(faults: Faults, parts: dict[str, Faults], name: str, title: str, words: str) -> BarChart:
    bars = [_bar("all", "all", faults)]
    if len(parts) > 1:
        bars += [_bar(f"category/{key}", key, part) for key, part in parts.items() if part.n_failed]
    return BarChart(
        name=name,
        title=title,
        unit="% of the failures",
        better=None,
        bars=tuple(bars),
        total=len(bars),
        noun="kinds of question" if len(bars) > 1 else "bar",
        note=words,
        parts=PARTS,
    )


def _bar(key: str, label: str, part: Faults) -> Bar:
    shares = tuple(100 * part.by_class.get(one, 0) / part.n_failed for one in WHOSE)
    counts = tuple(f"{part.by_class.get(one, 0)}" for one in WHOSE)
    return Bar(key, label, 100.0, f"{part.n_failed} of {part.n} failed", parts=shares, part_texts=counts)


def _seen(known: list[Faults]) -> str:
    """The classes that occur with their fills, since small charts have no legend."""
    pairs = zip(STACKED, WHOSE, PARTS, strict=False)
    return ", ".join(f"{glyph} {words}" for glyph, name, words in pairs if any(one.by_class.get(name) for one in known))


CHART = Kind("here-faults", "Failures by whose fault", "Measured here", "the model, template, parser or format", _build)
