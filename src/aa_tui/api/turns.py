"""The turns of samples that are conversations."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SampleTurn:
    """One turn of a model in a sample that is a conversation. Texts are as the model wrote them.

    `number` counts from 0. `raw` is its output with the marks that no text holds. `calls` are the calls read of it
    (name, arguments as a text, id), `unread` says what was wrong with those that could not be read; `messages` are what
    the model was given next, its own turn first (role, content, calls, name, call_id). Counts are in tokens, of which
    `n_cached` of the prompt's were known already; times in seconds.

    >>> catalog.run(2).samples()[0].turns
    ()
    """

    number: int
    finish_reason: str
    thinking: str
    answer: str
    raw: str
    calls: tuple[Mapping[str, Any], ...]
    unread: tuple[str, ...]
    messages: tuple[Mapping[str, Any], ...]
    n_prompt: int
    n_cached: int
    n_thinking: int
    n_answer: int
    ttft_s: float | None
    e2e_s: float | None
    output_tps: float | None = None
    calls_from: str = "text"
    shows_tools: bool | None = None
    is_over: bool = False
    is_capped: bool = False
    message: str = ""


def turns_of(conn: sqlite3.Connection, run_id: int, item_id: str, epoch: int) -> tuple[SampleTurn, ...]:
    """Those of a sample; none of one that asks a single question."""
    from aa_tui.catalog import turns

    return tuple(
        SampleTurn(
            number=row.number,
            finish_reason=row.finish_reason,
            thinking=row.thinking,
            answer=row.answer,
            raw=row.raw,
            calls=row.calls,
            unread=row.unread,
            messages=row.given,
            n_prompt=row.n_prompt,
            n_cached=row.n_cached,
            n_thinking=row.n_thinking,
            n_answer=row.n_answer,
            ttft_s=row.ttft_s,
            e2e_s=row.e2e_s,
            output_tps=row.output_tps,
            calls_from=row.calls_from,
            shows_tools=row.shows_tools,
            is_over=row.is_over,
            is_capped=row.is_capped,
            message=row.message,
        )
        for row in turns.of_sample(conn, run_id, item_id, epoch)
    )
