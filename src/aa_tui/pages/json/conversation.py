"""A conversation as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.asked import Turn
from aa_tui.pages.conversation import Conversation, prompt_tps
from aa_tui.pages.json import run as run_json

_OF_SAMPLE = (
    "thinking",
    "answer",
    "finish_reason",
    "message",
    "n_prompt",
    "n_cached",
    "n_thinking",
    "n_answer",
    "ttft_s",
    "ttfat_s",
    "e2e_s",
    "output_tps",
    "seed",
    "ended_at",
)


def as_json(shown: Conversation) -> dict[str, Any]:
    """The run and its turns. What is not answered yet has no values."""
    run = shown.run
    return {
        "run_id": run.id,
        "status": run.state,
        "reason": run.reason,
        "crash": run.crash,
        "model": run.slug,
        "file": run_json.file(run),
        "machine": run_json.machine(run),
        "origin": run.origin,
        "origin_facts": run.origin_facts,
        "settings": run.settings,
        "load_s": run.load_s,
        "peak_memory_bytes": run.peak_memory_bytes,
        "turns": [_turn(turn) for turn in shown.turns],
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    sample = turn.sample
    told = dict.fromkeys(_OF_SAMPLE) if sample is None else {name: getattr(sample, name) for name in _OF_SAMPLE}
    return {
        "turn": turn.asked.turn,
        "prompt": turn.asked.prompt,
        **told,
        "prompt_tps": None if sample is None else prompt_tps(sample),
        "asked_at": turn.asked.asked_at,
    }
