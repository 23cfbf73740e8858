"""How many tokens the answers took: a histogram in ranges that double."""

from __future__ import annotations

from collections import Counter

from aa_tui.catalog.rows import ScoredSample
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluations import NO_SCORE, comparable, missing, note
from aa_tui.charts.here.panels import panels
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, PanelChart
from aa_tui.outcomes import CUT_SHORT, Outcome

PARTS = ("came to an end", "cut short, would be longer")


def _build(scene: Scene) -> BarChart | PanelChart:
    """One histogram for each evaluation, all in the same ranges."""
    known = [(label, one) for label, one in comparable(scene) if one.summary.all.tokens is not None]
    shown = [one for _, one in known]
    bins = [_bin(sample) for one in shown for sample in _told(one)] or [0]
    ranges = range(min(bins), max(bins) + 1)
    words = note(scene, shown)
    return panels(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        [(label if len(known) == 1 else f"{label}: {_tokens(one)}", one.run.id, one) for label, one in known],
        lambda one, name, title, told: _one(one, name, title, told, ranges),
        note=", ".join((words, *map(_tokens, shown[:1]))),
        note_of_several=f"{words}, {STACKED[0]} {PARTS[0]}, {STACKED[1]} {PARTS[1].replace(',', '')}",
        missing=missing(scene, NO_SCORE),
    )


def _one(one: Evaluated, name: str, title: str, words: str, ranges: range) -> BarChart:
    ended: Counter[int] = Counter()
    cut: Counter[int] = Counter()
    for sample in _told(one):
        (cut if sample.outcome in CUT_SHORT else ended)[_bin(sample)] += 1
    bars = []
    for number in ranges:
        count = ended[number] + cut[number]
        parts = (float(ended[number]), float(cut[number]))
        texts = (str(ended[number]), str(cut[number])) if cut[number] else ()
        bars.append(Bar(f"range/{number}", _range(number), float(count), str(count), parts=parts, part_texts=texts))
    return BarChart(
        name=name,
        title=title,
        unit="answers by output tokens (the model's own)",
        better=None,
        bars=tuple(bars),
        total=len(bars),
        noun="ranges",
        note=words,
        parts=PARTS,
    )


def _told(one: Evaluated) -> list[ScoredSample]:
    """The samples that tell of tokens; an engine's error does not."""
    return [sample for sample in one.samples if sample.outcome not in (None, Outcome.ERROR)]


def _bin(sample: ScoredSample) -> int:
    """The range that doubles: 0 is up to 1 token, 1 is 2, 2 is 3–4, 3 is 5–8 ..."""
    return max(0, sample.n_thinking + sample.n_answer - 1).bit_length()


def _range(number: int) -> str:
    low, high = 2**number // 2 + 1, 2**number
    return f"{low:>6,}–{high:,}" if number > 1 else "0–1" if number == 0 else "2"


def _tokens(one: Evaluated) -> str:
    tokens = one.summary.all.tokens
    return f"median {tokens.median:.0f}" if tokens else ""


CHART = Kind("here-tokens", "Tokens per question", "Measured here", "how many answers took how many tokens", _build)
