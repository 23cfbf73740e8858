"""The answers of an evaluation that were not right, with what was expected beside what was extracted.

A file that is handed on holds a bounded number of them, each cut to what one reads. Where a pack's authors ask that its
items be shown nowhere in plain text, or nobody can say whether they do, the texts are left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING
from aa_tui.catalog import samples, turns
from aa_tui.catalog.db import path_of
from aa_tui.export.document import Block, Fold, Paragraph, Verbatim
from aa_tui.outcomes import Outcome, outcome_words
from aa_tui.textsafe import clean_line, cut

if TYPE_CHECKING:
    from aa_tui.catalog.rows import EvalSample, RunRow, ScoredSample
    from aa_tui.catalog.turns import TurnRow
    from aa_tui.evals.items import Pack

MOST = 40
"""Answers in a file, where nobody asks for another number."""

PROMPT, _THINKING, _ANSWER = 1_500, 1_200, 2_000
"""Characters of each that are shown."""

_KEY = 160

MOST_PIECES = 60
"""Of a conversation: what is asked, said, called and given back."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a run's items expect, by their names; `hidden` says why their texts are not shown, "" where they are.

    `unknown` says why nothing is known of what is expected.
    """

    expected: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, str] = field(default_factory=dict)
    hidden: str = ""
    unknown: str = ""

    def of(self, item_id: str) -> str:
        """What the item expects."""
        return self.expected.get(item_id, MISSING)

    def blocks(self, item_id: str) -> list[Block]:
        """The item's whole key, where its title has it in short only."""
        whole = self.whole.get(item_id, "")
        return [Verbatim("Expected", cut(whole, PROMPT))] if clean_line(whole) != self.of(item_id) and whole else []


def keys_of(conn: sqlite3.Connection, run: RunRow) -> Keys:
    """What a run's items expect, by its pack as it is here."""
    from aa_tui.evals.as_case import key_in_short, key_lines
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load

    try:
        pack: Pack = load(run.setup.pack or run.pack or "", path_of(conn).parent)
    except PackError:
        return Keys(hidden="the pack is not here, so nobody can say whether its authors allow it")
    if pack.private_items:
        return Keys(hidden=f"the authors of {pack.name} ask that its items be shown nowhere in plain text")
    if run.pack_version not in (None, pack.version):
        return Keys(unknown=f"version {run.pack_version} of {pack.name} was asked, and here is version {pack.version}")
    expected = {item.id: cut(clean_line(key_in_short(pack, item)), _KEY) for item in pack.items}
    return Keys(expected, whole={item.id: "\n".join(key_lines(pack, item)) for item in pack.items})


def not_right(conn: sqlite3.Connection, run: RunRow, rows: Sequence[ScoredSample], most: int = MOST) -> list[Block]:
    """The answers that were not right, folded, the wrong ones first; how many there are, and how many are here."""
    wrong = [row for row in rows if row.outcome not in (None, Outcome.CORRECT)]
    if not wrong:
        return [Paragraph("Every answer that was graded is right.")]
    wrong.sort(key=lambda row: row.outcome not in (Outcome.WRONG, Outcome.NO_SINGLE_ANSWER))
    shown = wrong[: max(0, most)]
    blocks: list[Block] = [Paragraph(_count(len(wrong), len(shown), run))]
    if not shown:
        return blocks
    keys = keys_of(conn, run)
    blocks += _notes(keys)
    return [*blocks, *(Fold(_title(row, keys), tuple(_texts(conn, row, keys))) for row in shown)]


def _notes(keys: Keys) -> list[Block]:
    if keys.hidden:
        return [Paragraph(f"Prompts and answers are left out: {keys.hidden}.", quiet=True)]
    return [Paragraph(f"What was expected is not known: {keys.unknown}.", quiet=True)] if keys.unknown else []


def _count(n_wrong: int, n_shown: int, run: RunRow) -> str:
    told = f"{n_wrong:,} answer{' was' if n_wrong == 1 else 's were'} not right"
    if not n_shown:
        return f"{told}."
    if n_shown == n_wrong:
        return f"{told}. Each unfolds."
    return f"{told}; the first {n_shown:,} are here. `aa-tui runs export {run.id}` writes all of them."


def _title(row: ScoredSample, keys: Keys) -> str:
    head = f"{name_of(row)} · {row.category} · {outcome_words(row.outcome)}"
    return head if keys.hidden else f"{head} · expected {keys.of(row.item_id)}, got {extracted(row)}"


def name_of(row: ScoredSample) -> str:
    """An item's name, with the attempt where there are several."""
    return row.item_id + (f" #{row.epoch}" if row.epoch > 1 else "")


def extracted(row: ScoredSample) -> str:
    """What was taken as the answer, in few words."""
    return cut(clean_line(row.extracted), _KEY) if row.extracted else "nothing"


def _texts(conn: sqlite3.Connection, row: ScoredSample, keys: Keys) -> list[Block]:
    tokens = f"{row.n_thinking:,} tokens of thinking, {row.n_answer:,} of answer"
    facts = [f"{row.grader}: {row.detail}" if row.detail else row.grader, tokens, f"ended by {row.finish_reason}"]
    facts.append(f"fault: {row.fault}" if row.fault else None)
    blocks: list[Block] = [Paragraph(" · ".join(filter(None, facts)), quiet=True)]
    if keys.hidden:
        return blocks
    sample = samples.get(conn, row.id)
    if told := turns.of_sample(conn, row.run_id, row.item_id, row.epoch):
        return [*blocks, *_conversation(sample, told), *keys.blocks(row.item_id)]
    blocks.append(Verbatim("Prompt", cut(sample.prompt, PROMPT)))
    if sample.thinking:
        blocks.append(Verbatim("Thinking, its end", _end(sample.thinking, _THINKING)))
    blocks.append(Verbatim("Answer", answer_text(sample.answer)))
    return [*blocks, *keys.blocks(row.item_id)]


def _conversation(sample: EvalSample, told: Sequence[TurnRow]) -> list[Block]:
    from aa_tui.pages.text.talked import pieces

    return [
        Verbatim(
            f"{piece.title or 'Ended'}{f', turn {piece.turn}' if piece.turn else ''}",
            _end(piece.text, _THINKING) if piece.kind == "thinking" else cut(piece.text, PROMPT),
        )
        for piece in pieces(sample, told)[:MOST_PIECES]
    ]


def answer_text(answer: str) -> str:
    """An answer's end, where what counts stands."""
    return _end(answer, _ANSWER) or "(nothing)"


def _end(text: str, most: int) -> str:
    text = text.strip()
    return text if len(text) <= most else f"({len(text):,} characters) … {text[-most:]}"
