"""Evaluations with known outcomes, written into a catalog as a run's worker writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aa_tui.analysis.evaluation import summarise
from aa_tui.catalog import files, life, runs, samples
from aa_tui.catalog.rows import BudgetProbe, EvalSample, ScoreRow
from aa_tui.runs.evaluation.figures import figures_of

MODEL = "nanbeige4.1-3b"
GRADER, EXTRACTION = "told/1", "extraction/2"
"""Of versions of their own, which no change of a grader changes."""


class Told(NamedTuple):
    """A question's outcome, and what would have come of it at smaller budgets."""

    category: str
    outcome: str
    n_thinking: int = 0
    n_answer: int = 10
    probes: tuple[tuple[int, str], ...] = ()
    fault: str | None = None
    level: int = 1
    n_prompt: int = 10


def evaluate_here(
    conn: sqlite3.Connection,
    quant: str,
    told: Sequence[Told],
    *,
    pack: str = "quick",
    version: str = "1.0",
    machine: str = "box",
    size_bytes: int = 2_000_000_000,
    tokens_per_s: float | None = 50.0,
    joules_per_token: float | None = 0.5,
    state: str = "finished",
    name: str = "Nanbeige4.1-3B",
    cap: int = 4_000,
    n_pack: int | None = None,
    more_settings: Mapping[str, Any] | None = None,
    item_name: str = "item-{}",
) -> int:
    """A run of a file of Nanbeige4.1-3B with these outcomes, one item each. Returns its number.

    `n_pack`: how many items its pack has, where the run is to know it. `item_name` makes an id of a number.
    """
    model_id = conn.execute("SELECT model_id FROM variants WHERE slug = 'nanbeige4-1-3b'").fetchone()[0]
    facts = {"size_bytes": size_bytes, "mtime_ns": 1, "quant": quant, "architecture": "llama", "name": name}
    more = {"n_params": 3_930_000_000, "context_tokens": 262_144, "metadata": {}}
    file = files.put(conn, path=f"/models/{quant}.gguf", sha256=quant, **facts, **more)  # type: ignore[arg-type]
    conn.execute("UPDATE gguf_files SET model_id = ? WHERE id = ?", (model_id, file.id))
    settings = {"n_parallel": 4, "max_output_tokens": cap, "extraction": EXTRACTION, **(more_settings or {})}
    if n_pack is not None:
        settings |= {"n_items_of_pack": n_pack}
    run_id = runs.create(
        conn, kind="eval", file=file, settings=settings, pack=pack, pack_version=version, n_items=max(1, len(told))
    )
    box = {"fingerprint": machine, "name": machine, "cpu": "A CPU", "cores_physical": 4, "cores_logical": 8}
    runs.set_machine(conn, run_id, {**box, "memory_bytes": 1, "os": "Linux", "arch": "x86_64"}, {})
    for number, one in enumerate(told):
        _write(conn, run_id, number, one, item_name.format(number))
    run, rows = runs.get(conn, run_id), samples.scored(conn, run_id)
    summary = summarise(rows)
    figures = figures_of(
        pack, version, summary, rows, tokens_per_s_total=tokens_per_s, joules_per_token=joules_per_token
    )
    runs.put_figures(conn, run, figures)
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    life.end(conn, run_id, state, None)  # type: ignore[arg-type]
    return run_id


def _write(conn: sqlite3.Connection, run_id: int, number: int, one: Told, item_id: str) -> None:
    cut = one.outcome in ("truncated", "loop", "timeout")
    sample = EvalSample(
        item_id=item_id,
        epoch=1,
        position=number,
        category=one.category,
        level=one.level,
        finish_reason="length" if cut else "stop",
        n_prompt=one.n_prompt,
        n_cached=0,
        n_thinking=one.n_thinking,
        n_answer=one.n_answer,
        n_thinking_chars=1,
        n_answer_chars=1,
        seed=1,
        ended_at="2026-01-01T00:00:00+00:00",
        prompt="text",
        thinking="text",
        answer="text",
        message="text",
        queued_s=0.0,
        ttft_s=0.5,
        ttfat_s=1.0,
        e2e_s=2.0,
        output_tps=12.5,
    )
    probes = [(budget, "text", 3) for budget, _ in one.probes]
    sample_id = samples.add(conn, run_id, sample, probes)
    at = "2026-01-01T00:00:00"
    samples.add_score(conn, sample_id, ScoreRow(GRADER, one.outcome, None, "", None, (), at, one.fault))
    for budget, outcome in one.probes:
        samples.set_probe(conn, BudgetProbe(sample_id, budget, "text", 3, outcome, None, GRADER))


SEVEN = [
    Told("maths", "correct", 90, 10, ((64, "wrong"),)),
    Told("maths", "correct", 190, 10, ((64, "correct"), (128, "correct"))),
    Told("maths", "wrong", 30, 10),
    Told("maths", "truncated", 990, 10, ((64, "wrong"), (128, "wrong"))),
    Told("code", "correct", 40, 10),
    Told("code", "no_answer", 40, 10),
    Told("code", "loop", 990, 10, ((64, "wrong"), (128, "wrong"))),
]
"""Of the seven three are right, five ended, two were cut short."""
