"""What a server was told to hold answers to, and whether it did: a server may leave out what it does not know."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import samples
from aa_tui.runs.errors import RunError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.engine.calling import Grammar
    from aa_tui.engine.protocol import Batcher
    from aa_tui.engine.served.values import Served
    from aa_tui.evals.items import Pack
    from aa_tui.runs.evaluation.loop import Task

CALLS = "calls"
"""In the place of a field: the server holds calls of functions by itself."""


def held_in(pack: Pack) -> tuple[list[Grammar], bool]:
    """What the answers of a pack's items can be held to, and whether some items are conversations, whose calls can be.

    Raises RunError where there is neither.
    """
    from aa_tui.evals.conversation.talks import is_talk
    from aa_tui.evals.held import grammar_of

    grammars = [found for item in pack.items if (found := grammar_of(item)) is not None]
    has_talks = any(is_talk(pack, item) for item in pack.items)
    if not grammars and not has_talks:
        raise RunError(
            f"--grammar has nothing to hold answers to in {clean_line(pack.name)}: no question of it has a JSON schema "
            "or functions. Leave it out."
        )
    return grammars, has_talks


def check_held(pack: Pack, served: Served, name: str) -> None:
    """Raises RunError where a server, called `name`, is not known to hold what the pack's answers can be held to."""
    from aa_tui.engine.served.holding import HOLDS_CALLS, way_of

    grammars, has_talks = held_in(pack)
    if has_talks and served.kind not in HOLDS_CALLS:
        raise RunError(
            f"{name} ({served.kind}) holds calls of functions only where it demands one in every turn, which asks "
            "something else of the model: leave out --grammar, or evaluate the model's file."
        )
    if grammars and not any(way_of(served, grammar) for grammar in grammars):
        raise RunError(
            f"{name} ({served.kind}) is not known to hold answers to other forms than JSON, and "
            f"{clean_line(pack.name)} asks for no JSON: leave out --grammar, or evaluate the model's file."
        )


def note_of(conn: sqlite3.Connection, run_id: int, engine: Batcher, wanted: Sequence[Task]) -> dict[str, Any]:
    """By which fields of a request answers were held, of how many questions, and how many answers show that they were
    not."""
    from aa_tui.evals.held import breaks

    held = {task.item.id: task.request.grammar for task in wanted if task.request.grammar is not None}
    ways = {engine.held_by(grammar) for grammar in held.values()}
    has_talks = any(task.beginning is not None for task in wanted)
    n_checked = n_broken = 0
    for row in samples.scored(conn, run_id):
        grammar = held.get(row.item_id)
        if grammar is None or row.finish_reason != "stop":
            continue
        broken = breaks(grammar, samples.get(conn, row.id).answer)
        n_checked += broken is not None
        n_broken += bool(broken)
    return {
        "by": [*sorted(ways), *([CALLS] if has_talks else [])],
        "n_held": len(held),
        "n_free": len({task.item.id for task in wanted if task.beginning is None} - held.keys()),
        "n_checked": n_checked,
        "n_broken": n_broken,
    }
