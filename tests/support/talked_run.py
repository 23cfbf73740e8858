"""An evaluation whose items are conversations, written into a catalog as its worker writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from tests.support.evaluated import evaluate_here
from tests.support.talking import Wrote, played, solution

from aa_tui.analysis.evaluation import summarise
from aa_tui.catalog import runs, samples, turns
from aa_tui.catalog.rows import EvalSample, ScoreRow
from aa_tui.catalog.turns import TurnRow
from aa_tui.engine.chat import Message
from aa_tui.evals import prompts
from aa_tui.evals.conversation.talks import talk_of
from aa_tui.evals.conversation.turns import Turn, transcript
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.resources import data_folder
from aa_tui.runs.evaluation.figures import figures_of

PACK = "tools-quick"
KINDS = ("single", "parallel", "sequence", "many_turns", "depth", "none")


def items_of(pack: Pack, kinds: Iterable[str] = KINDS) -> list[Item]:
    """The first item of each kind."""
    return [next(item for item in pack.items if item.category == kind) for kind in kinds]


def talked_run(
    conn: sqlite3.Connection,
    wrote: Mapping[str, Wrote] | None = None,
    *,
    thinking: str = "Hm.",
    quant: str = "Q8_0",
    n_items: int | None = None,
) -> int:
    """A finished run of an item of each kind, or of the first `n_items`, each played as its solution or, where it has
    the item's name or category, `wrote` says. Returns its number.
    """
    pack = read_pack(data_folder("evals") / PACK)
    items = items_of(pack) if n_items is None else prompts.order(pack)[:n_items]
    said = wrote or {}
    run_id = evaluate_here(conn, quant, [], pack=PACK, version=pack.version, n_pack=len(pack.items))
    conn.execute("UPDATE runs SET n_items = ? WHERE id = ?", (len(items), run_id))
    for position, item in enumerate(items):
        told = played(pack, item, said.get(item.id, said.get(item.category, solution(item))))
        told = tuple(replace(turn, said=replace(turn.said, thinking=thinking)) for turn in told)
        for number, turn in enumerate(told):
            turns.add(conn, run_id, _row(item, number, turn))
        sample_id = samples.add(conn, run_id, _sample(item, position, told, _asked(pack, item)), [])
        found, at = judge(pack, item, transcript(told)), "2026-01-01T00:10:00.000+00:00"
        score = ScoreRow(found.grader, found.outcome, found.extracted, found.detail, None, (), at, found.fault)
        samples.add_score(conn, sample_id, score)
    run, rows = runs.get(conn, run_id), samples.scored(conn, run_id)
    runs.put_figures(conn, run, figures_of(PACK, pack.version, summarise(rows), rows, tokens_per_s_total=50.0))
    return run_id


def _asked(pack: Pack, item: Item) -> str:
    talk = talk_of(pack, item, "hermes")
    assert talk is not None
    return next(message.content for message in reversed(talk.messages) if message.role == "user")


def _row(item: Item, number: int, turn: Turn) -> TurnRow:
    return TurnRow(
        item_id=item.id,
        epoch=1,
        number=number,
        finish_reason="stop",
        thinking=turn.said.thinking,
        answer=turn.said.answer,
        raw=f"<think>{turn.said.thinking}</think>{turn.said.answer}",
        calls=tuple(map(asdict, turn.reply.calls)),
        calls_from="text",
        unread=turn.reply.unread,
        given=tuple(map(_plain, turn.reply.messages)),
        shows_tools=True,
        is_over=turn.reply.is_over,
        is_capped=turn.reply.is_capped,
        message="",
        n_prompt=100 * (number + 1),
        n_cached=100 * number,
        n_thinking=3,
        n_answer=10,
        ttft_s=0.5,
        ttfat_s=0.75,
        e2e_s=2.0,
        output_tps=6.5,
        ended_at=f"2026-01-01T00:00:{2 * (number + 1):02}.000+00:00",
    )


def _plain(message: Message) -> dict[str, Any]:
    return {**asdict(message), "calls": [asdict(call) for call in message.calls]}


def _sample(item: Item, position: int, told: tuple[Turn, ...], prompt: str) -> EvalSample:
    n = len(told)
    return EvalSample(
        item_id=item.id,
        epoch=1,
        position=position,
        category=item.category,
        level=item.level,
        finish_reason="stop",
        prompt=prompt,
        thinking=told[-1].said.thinking,
        answer=told[-1].said.answer,
        message="",
        n_prompt=sum(100 * (number + 1) for number in range(n)),
        n_cached=sum(100 * number for number in range(n)),
        n_thinking=3 * n,
        n_answer=10 * n,
        n_thinking_chars=3,
        n_answer_chars=len(told[-1].said.answer),
        queued_s=0.0,
        ttft_s=0.5,
        ttfat_s=0.75,
        e2e_s=2.0 * n,
        output_tps=6.5,
        seed=1,
        ended_at="2026-01-01T00:01:00.000+00:00",
    )
