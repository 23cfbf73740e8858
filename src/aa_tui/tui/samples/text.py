"""One sample as text for a width: verdicts, clocks, prompt, folded thinking, answer. All of it is untrusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.analysis import MISSING
from aa_tui.analysis.agreement import disagree
from aa_tui.catalog.clock import local
from aa_tui.outcomes import outcome_words
from aa_tui.pages.text import served
from aa_tui.pages.text.lost import fate_words
from aa_tui.textsafe import clean, clean_line
from aa_tui.tui.samples.talk_text import talk_text
from aa_tui.tui.widgets.parts import styled, wrapped

if TYPE_CHECKING:
    from aa_tui.analysis.lost import Fate
    from aa_tui.catalog.rows import EvalSample, LabelRow, ScoredSample, ScoreRow
    from aa_tui.catalog.turns import TurnRow
    from aa_tui.export.labelled import Expected

OUTCOME_MARKS = {
    "correct": ("✓", "here"),
    "wrong": ("✗", "bad"),
    "no_single_answer": ("/", "bad"),
    "no_answer": ("–", "bad"),
    "undecided": ("?", "accent"),
    "truncated": ("…", "warn"),
    "loop": ("≈", "warn"),
    "timeout": ("■", "warn"),
    "error": ("!", "dim"),
}
"""A sign and its kind for each outcome; the word stands beside it. What was cut short is no wrong answer."""

NOT_GRADED = ("·", "faint")
HIDDEN = "hidden"
"""The outcome shown of a sample whose verdict a person who labels blind must not see yet."""

LABEL_MARKS = {"right": ("✓ right", "here"), "wrong": ("✗ wrong", "bad"), "unclear": ("? unclear", "warn")}
MOST_CHARACTERS = 20_000
"""Of a longer text the beginning is shown: laying out a megabyte would hold up every key."""


LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True)
class Whole:
    """A sample with its texts, all of its verdicts, the one that counts last, a person's label, its item's key, what
    became of the right answer, and the turns of one that is a conversation."""

    row: ScoredSample
    sample: EvalSample
    verdicts: tuple[ScoreRow, ...]
    label: LabelRow | None = None
    key: Expected | None = None
    fate: Fate | None = None
    turns: tuple[TurnRow, ...] = ()


def outcome_part(outcome: str | None) -> tuple[str, str]:
    """An outcome with its sign, and its kind."""
    mark, kind = OUTCOME_MARKS.get(outcome or "", NOT_GRADED)
    return f"{mark} {outcome_words(outcome)}", kind


def name_of(row: ScoredSample) -> str:
    """An item's name, with the attempt where there are several."""
    return clean_line(row.item_id) + (f" #{row.epoch}" if row.epoch > 1 else "")


def sample_text(whole: Whole, width: int, *, unfolded: bool, raw: bool = False) -> Content:
    """The sample, its thinking folded to its last line or not; a conversation also as `raw` as the model wrote it."""
    sample = whole.sample
    if whole.turns:
        talk = talk_text(sample, whole.turns, width, unfolded=unfolded, raw=raw)
        return Content("\n\n").join([_head(whole, width), *talk, _clocks(whole, width)])
    blocks = [_head(whole, width), _section("Prompt", _shown(sample.prompt), width)]
    if sample.thinking:
        blocks.append(_thinking(whole, width, unfolded=unfolded))
    answer = _shown(sample.answer) or "(nothing)"
    blocks.append(_section("Answer", answer, width))
    if sample.message:
        blocks.append(wrapped(styled((clean(sample.message), "warn")), width))
    blocks.append(_clocks(whole, width))
    return Content("\n\n").join(blocks)


def _head(whole: Whole, width: int) -> Content:
    row = whole.row
    level = f" · level {row.level}" if row.level is not None else ""
    lines = [
        styled(
            (name_of(row), "strong"), (f" · {clean_line(row.category)}{level}   ", "dim"), outcome_part(row.outcome)
        ),
        _answers(whole),
    ]
    for verdict in whole.verdicts:
        jail = f" · jail {clean_line(verdict.jail)}" if verdict.jail else ""
        detail = f": {clean_line(verdict.detail)}" if verdict.detail else ""
        lines.append(
            styled(
                (f"{clean_line(verdict.grader)}  ", "dim"),
                outcome_words(verdict.outcome),
                (f"{detail}{jail}", "dim"),
            )
        )
        if verdict.fault:
            lines.append(styled(("fault  ", "dim"), (clean_line(verdict.fault), "bad")))
        for name, holds in verdict.parts:
            lines.append(styled(("  ✓ ", "here") if holds else ("  ✗ ", "bad"), clean_line(name)))
    if row.outcome == HIDDEN:
        lines.append(styled(("the verdict is hidden until you say: r right, w wrong, m unclear", "accent")))
    if whole.label is not None:
        lines.append(_by_eye(whole.label, row.outcome))
    if whole.fate is not None and row.outcome != HIDDEN:
        lines += _became(whole.fate, whole)
    return Content("\n").join(wrapped(line, width) for line in lines)


def _answers(whole: Whole) -> Content:
    """What was taken as the answer, and what is right."""
    row, key = whole.row, whole.key
    parts = [("Extracted: ", "dim"), (clean_line(row.extracted or MISSING), "bad" if row.outcome == "wrong" else "")]
    if key is not None:
        parts += [(", expected: ", "dim"), (key.whole, "here")]
    return styled(*parts)


def _became(one: Fate, whole: Whole) -> list[Content]:
    """What became of the right answer, and the sentence that states it."""
    words = fate_words(one)
    lines = [styled((words, "accent"))] if words else []
    if words and one.start is not None and one.end is not None:
        text = whole.sample.answer if one.in_answer else whole.sample.thinking
        lines.append(styled(("it stands in ", "dim"), f"“{clean_line(text[one.start : one.end])[:LONGEST_QUOTE]}”"))
    return lines


def _by_eye(label: LabelRow, outcome: str | None) -> Content:
    """A person's label, when it was given, and whether the verdict was in view."""
    note = f": {clean_line(label.note)}" if label.note else ""
    seen = "" if label.blind else ", with the verdict in view"
    return styled(
        ("by eye  ", "dim"),
        LABEL_MARKS[label.label],
        (" ≠ the grader disagrees" if disagree(outcome, label.label) else "", "accent"),
        (f"{note}  {local(label.labelled_at)}{seen}", "dim"),
    )


def _clocks(whole: Whole, width: int) -> Content:
    row, sample = whole.row, whole.sample
    rate = f" · {row.output_tps:,.1f} tok/s" if row.output_tps is not None else ""
    # Most servers do not tell what they kept: that they told of none says nothing.
    is_told = row.n_cached or sample.server is None
    again = f" ({row.n_cached:,} {'kept' if whole.turns else 'cached'})" if is_told else ""
    counts = (
        f"Prompt {row.n_prompt:,}{again}, thinking {row.n_thinking:,}, answer {row.n_answer:,}"
        if row.is_counted
        else "Tokens not told"
    )
    lines = [
        styled(
            (
                f"{counts}, stop reason: {clean_line(row.finish_reason)}",
                "dim",
            )
        ),
        styled(
            (
                f"first token {_s(row.ttft_s)}, first of the answer {_s(row.ttfat_s)}, all {_s(row.e2e_s)}{rate} · "
                f"seed {sample.seed} · {local(row.ended_at)}",
                "dim",
            )
        ),
    ]
    lines += [styled((line, "warn" if line.startswith("!") else "dim")) for line in served.sample_lines(sample)]
    return Content("\n").join(wrapped(line, width) for line in lines)


def _thinking(whole: Whole, width: int, *, unfolded: bool) -> Content:
    text = clean(whole.sample.thinking)
    tokens = f"{whole.row.n_thinking:,} tokens, " if whole.row.n_thinking else ""
    size = f"{tokens}{len(text):,} characters"
    if unfolded:
        title = _title("Thinking", f"{size}; z folds")
        return styled(title, "\n", wrapped(styled(*_marked(whole)), width))
    from aa_tui.tui.widgets.running import last_line

    return styled(_title("Thinking", f"{size}; z unfolds"), "\n", (last_line(text, width), "dim"))


def _marked(whole: Whole) -> list[tuple[str, str]]:
    """The thinking, with the sentence in which the right answer stands set off."""
    text, one = whole.sample.thinking, whole.fate
    hidden = whole.row.outcome == HIDDEN
    if hidden or one is None or one.start is None or one.end is None or one.in_answer or one.end > MOST_CHARACTERS:
        return [(_shown(text), "dim")]
    before, inside, after = clean(text[: one.start]), clean(text[one.start : one.end]), clean(text[one.end :])
    left = max(0, MOST_CHARACTERS - len(before) - len(inside))
    more = f"\n… {len(after) - left:,} more characters; e saves all of it" if len(after) > left else ""
    return [(before.lstrip("\n"), "dim"), (inside, "here"), (f"{after[:left].rstrip()}{more}", "dim")]


def _title(title: str, note: str = "") -> Content:
    return styled((title, "accent-strong"), (f"  {note}" if note else "", "dim"))


def _section(title: str, text: str, width: int, *, note: str = "", kind: str = "") -> Content:
    return styled(_title(title, note), "\n", wrapped(styled((text, kind)), width))


def _shown(text: str) -> str:
    """The text as far as it is shown."""
    text = clean(text).strip("\n")
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n… {len(text) - MOST_CHARACTERS:,} more characters; e saves all of it"


def _s(seconds: float | None) -> str:
    return MISSING if seconds is None else f"{seconds:,.2f} s"
