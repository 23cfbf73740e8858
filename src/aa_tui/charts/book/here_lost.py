"""What became of the right answer in failures, by category: reached and left, never reached, looped, starved."""

from __future__ import annotations

from aa_tui.analysis.lost import LOST, WORDS, Tallies, Tally
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.here.evaluations import comparable, missing, note
from aa_tui.charts.here.panels import by_category, panels
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart

PARTS = tuple(WORDS[one] for one in LOST)
NO_FAILURE = "Of no failure of these evaluations is it known what became of the right answer."


def _build(scene: Scene) -> BarChart | PanelChart:
    """One chart for each evaluation with failures that tell."""
    found = [(label, one, one.lost) for label, one in comparable(scene)]
    known = [(label, one, lost) for label, one, lost in found if lost is not None and lost.all.n_told]
    words = note(scene, [one for _, one, _ in known])
    return panels(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        [(label, one.run.id, lost) for label, one, lost in known],
        _one,
        note=f"{words}, {_tokens(known[0][2].all)}" if known else "",
        note_of_several=f"{words}, {_seen([lost for _, _, lost in known])}",
        missing=missing(scene, NO_FAILURE),
    )


def _one(lost: Tallies, name: str, title: str, words: str) -> BarChart:
    parts = {key: part for key, part in sorted(lost.by_category.items()) if part.n_failed}
    bars = [_bar("all", "all", lost.all)]
    if len(lost.by_category) > 1:
        bars += [_bar(f"category/{key}", key, part) for key, part in parts.items()]
    return by_category(bars, name=name, title=title, unit="% of the failures", note=words, parts=PARTS)


def _bar(key: str, label: str, part: Tally) -> Bar:
    shares = tuple(100 * part.classes.get(one, 0) / part.n_failed for one in LOST)
    counts = tuple(f"{part.classes.get(one, 0)}" for one in LOST)
    return Bar(key, label, 100.0, f"{part.n_had_it} of {part.n_failed} had it", parts=shares, part_texts=counts)


def _tokens(part: Tally) -> str:
    """Where the tokens of thinking went."""
    whole = part.useful + part.after + part.not_known + part.lost
    if not whole:
        return "no thinking"
    shares = (
        ("to the answer", part.useful),
        ("after it", part.after),
        ("of right ones without a known place", part.not_known),
        ("in failures", part.lost),
    )
    return "thinking: " + " · ".join(f"{100 * n / whole:.0f} % {name}" for name, n in shares if n)


def _seen(lost: list[Tallies]) -> str:
    """The classes that occur with their fills, since small charts have no legend."""
    pairs = zip(STACKED, LOST, PARTS, strict=False)
    return ", ".join(
        f"{glyph} {words.replace(',', '')}"
        for glyph, name, words in pairs
        if any(one.all.classes.get(name) for one in lost)
    )


CHART = Kind(
    "here-lost",
    "Lost answers by category",
    "Measured here",
    "failures that had the right answer, and those that never had it",
    _build,
    texts=True,
)
