"""What an evaluation asks of the memory, before its file is loaded or even downloaded."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.catalog import runs
from aa_tui.catalog.db import path_of
from aa_tui.runs.evaluation.options import EvalOptions

if TYPE_CHECKING:
    from aa_tui.evals.items import Pack
    from aa_tui.gguf.fit import Plan

CONTEXT_STEP = 256
"""Contexts are whole multiples of this, as llama.cpp rounds them."""

BYTES_PER_TOKEN = 2.5
"""For a first guess of the longest prompt's tokens, before there is a tokenizer; English has some 4."""

TEMPLATE_TOKENS = 256
"""So many are left for what the template adds, in that guess."""

TURNS_TOKENS = 4_096
"""So many are left for the turns of a conversation after its first prompt, beside one turn at its longest."""

LEAST_OUTPUT = 64
"""Tokens that a prompt must leave for the answer: with fewer, being cut short would be the context's doing."""

USUAL_PACK = "quick"
"""Where nothing was evaluated yet."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Of an evaluation with a pack: the longest prompt and the longest output, both in tokens."""

    pack: str
    n_prompt: int
    max_output_tokens: int
    options: EvalOptions

    def plan(self, trained: int | None, n_slots: int | None = None) -> Plan:
        """How a model that was trained for so many tokens would be run; as few slots as it can be, if none are named.

        Besides the slots there are sequences for the shared prefix, and for forks.
        """
        from aa_tui.gguf.fit import Plan

        options = self.options
        n_ctx = context_of(self.n_prompt, self.max_output_tokens, options.context or trained)
        slots = n_slots or options.n_parallel or 1
        return Plan(n_ctx, slots, options.type_k, options.type_v, n_more=n_more_of(options))


def needs_of(pack: Pack, options: EvalOptions | None = None) -> Needs:
    """The needs of an evaluation with a pack."""
    options = options or EvalOptions()
    return Needs(pack.name, guessed_prompt(pack, options), options.max_output_tokens or pack.max_output_tokens, options)


def usual_needs(conn: sqlite3.Connection, pack: str | None = None) -> Needs:
    """With this pack, else that of the newest evaluation where it is still here, else `quick`.

    Raises PackError where the named one cannot be read.
    """
    from aa_tui.evals.items import PackError
    from aa_tui.evals.packs import load

    folder = path_of(conn).parent
    if pack is None:
        newest = next((run for run in runs.list_runs(conn, limit=20) if run.kind == "eval" and not run.log_of), None)
        try:
            return needs_of(load((newest and newest.pack) or USUAL_PACK, folder))
        except PackError:  # it was taken away since
            pack = USUAL_PACK
    return needs_of(load(pack, folder))


def guessed_prompt(pack: Pack, options: EvalOptions) -> int:
    """Tokens of the longest prompt, rather too many."""
    largest = max((len(item.prompt.encode()) + sum(map(len, item.choices)) for item in pack.items), default=0)
    tokens = int((largest + around_item(pack, options)) / BYTES_PER_TOKEN) + TEMPLATE_TOKENS
    return tokens + turns_tokens(pack)


def turns_tokens(pack: Pack) -> int:
    """Tokens beside the longest prompt for the further turns of a pack's conversations; 0 where it has none."""
    from aa_tui.evals.conversation.talks import is_talk

    return TURNS_TOKENS if any(is_talk(pack, item) for item in pack.items) else 0


def around_item(pack: Pack, options: EvalOptions) -> int:
    """Bytes of a prompt beside the item's."""
    if options.prompt == "plain":
        from aa_tui.evals.plain import EXAMPLES_CHARS

        return EXAMPLES_CHARS
    return len(pack.system.encode()) + len(pack.template.encode())


def context_of(n_prompt: int, max_output_tokens: int, most: int | None) -> int:
    """Tokens of a slot's context: the longest prompt and the longest output, as far as the model goes."""
    cap = min(max_output_tokens, most) if most else max_output_tokens
    wanted = -(-(n_prompt + cap) // CONTEXT_STEP) * CONTEXT_STEP
    return min(wanted, most) if most else wanted


def n_more_of(options: EvalOptions) -> int:
    """Sequences beside the slots': for the shared prefix, and for forks."""
    return 1 + bool(options.budgets)
