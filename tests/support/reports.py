"""A catalog with runs that are worth a report: two evaluations of one pack with wrong answers, and a hostile one."""

from __future__ import annotations

import sqlite3

from tests.support.evaluated import Told, evaluate_here

from aa_tui.catalog.db import path_of
from aa_tui.catalog.texts import packed
from aa_tui.evals.packs import load

HOSTILE = "</pre></details></script><script>alert('pwned')</script><img src=x onerror=alert(1)>\u202e\x1b]0;title\x07"
OUTCOMES = (
    "correct",
    "correct",
    "correct",
    "wrong",
    "correct",
    "no_answer",
    "correct",
    "truncated",
    "correct",
    "correct",
)


def evaluated_pair(conn: sqlite3.Connection, n_items: int = 60, pack_name: str = "nano") -> tuple[int, int]:
    """Runs of two quants on the first items of a bundled pack; the second has other answers wrong as well."""
    pack = load(pack_name, path_of(conn).parent)
    items = pack.items[:n_items]
    runs = []
    for quant, shift in (("Q4_K_M", 0), ("Q8_0", 1)):
        told = [
            Told(item.category, OUTCOMES[(number * (1 + 2 * shift) + shift) % len(OUTCOMES)], 30, 12)
            for number, item in enumerate(items)
        ]
        run_id = evaluate_here(conn, quant, told, pack=pack_name, version=pack.version)
        for number, item in enumerate(items):
            where = (run_id, f"item-{number}")
            conn.execute("UPDATE eval_samples SET item_id = ? WHERE run_id = ? AND item_id = ?", (item.id, *where))
        answer, prompt = packed(f"It is {HOSTILE}"), packed(f"What is it? {HOSTILE}")
        conn.execute("UPDATE eval_samples SET answer = ?, prompt = ? WHERE run_id = ?", (answer, prompt, run_id))
        conn.execute(
            "UPDATE sample_scores SET extracted = 'B <b>bold</b>' WHERE outcome = 'wrong' AND sample_id IN "
            "(SELECT id FROM eval_samples WHERE run_id = ?)",
            (run_id,),
        )
        runs.append(run_id)
    return runs[0], runs[1]
