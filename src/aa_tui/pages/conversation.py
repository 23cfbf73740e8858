"""What was asked of a file and answered: a run of the kind "ask"."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aa_tui.catalog import asked, life
from aa_tui.catalog.asked import Turn
from aa_tui.catalog.rows import EvalSample, LiveSlot, RunRow
from aa_tui.errors import UsageError


class NoConversationError(UsageError):
    """The run is of another kind."""

    def __init__(self, run: RunRow) -> None:
        super().__init__(f"Run {run.id} is no conversation: `aa-tui ask MODEL_OR_PATH PROMPT` begins one.")


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of a run; `writing` is what is being answered to the first that has no sample."""

    run: RunRow
    turns: tuple[Turn, ...]
    writing: LiveSlot | None = None

    @property
    def open_turn(self) -> Turn | None:
        """The first that is not answered."""
        return next((turn for turn in self.turns if turn.sample is None), None)


def load(conn: sqlite3.Connection, run: RunRow) -> Conversation:
    """The conversation of a run. Raises `NoConversationError`."""
    if run.kind != "ask":
        raise NoConversationError(run)
    slots = life.live_slots(conn, run.id) if run.is_live else []
    turns = tuple(asked.turns(conn, run.id))
    answered = {turn.asked.item_id for turn in turns if turn.sample is not None}
    return Conversation(run, turns, next((slot for slot in slots if slot.item_id not in answered), None))


def prompt_tps(sample: EvalSample) -> float | None:
    """Tokens of the prompt that were processed a second, those that were known already left out."""
    n_new = sample.n_prompt - sample.n_cached
    return n_new / sample.ttft_s if sample.ttft_s and n_new > 0 else None
