"""Verbosity: output tokens a question, thinking and answer apart, of each file evaluated here."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.evaluations import NO_SCORE, comparable, missing, note
from aa_tui.charts.here.speed import subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart


def _build(scene: Scene) -> BarChart:
    known = comparable(scene)
    bars, drawn = [], []
    for label, one in known:
        tokens = one.summary.all.tokens
        if tokens is None:
            continue
        drawn.append(one)
        cut = f" ({tokens.n_cut} of {tokens.n} cut short)" if tokens.n_cut else ""
        parts = (tokens.mean_thinking, tokens.mean_answer)
        texts = (f"{tokens.mean_thinking:,.0f}", f"{tokens.mean_answer:,.0f}")
        text = f"{tokens.mean:,.0f}{cut}"
        bars.append(Bar(str(one.run.id), label, tokens.mean, text, parts=parts, part_texts=texts))
    return BarChart(
        name=CHART.name,
        title=f"{CHART.title} · {subject(scene)}",
        unit="mean output tokens per question, the model's own",
        better=None,
        bars=tuple(bars),
        total=len(known),
        noun="evaluations",
        note=", ".join(filter(None, (note(scene, drawn), _published(scene) if drawn else ""))),
        parts=("thinking", "answer"),
        missing=missing(scene, NO_SCORE),
    )


def _published(scene: Scene) -> str:
    """The published figure by its name: tokens of another tokenizer over another set of questions have no bar here."""
    if scene.model is None or scene.model.index_output_tokens_m is None:
        return ""
    whole = display.tokens_m(scene.model.index_output_tokens_m)
    return f"published: {whole} o200k_base tokens for the whole index; not on this scale"


CHART = Kind("here-verbosity", "Verbosity", "Measured here", "tokens per question, thinking and answer", _build)
