"""An evaluation whose answers were lost in different ways, made by the worker's own code on the mock engine."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.support.evaluating import on_mock, planned, write_pack

from aa_tui.engine.mock import Reply, by_question

QUESTIONS = {f"How many are in row {name}?": str(number) for number, name in enumerate("abcdef", 40)}
LEFT = "Each row has some. So the answer is 40. Wait, there are two layers. So 80."
REPLIES = {
    "row a": Reply("Answer: 80", LEFT),
    "row b": Reply("Answer: 9", "Let me count. 4 + 5 = 9. So the answer is 9."),
    "row c": Reply("", "So the answer is 42. Let me check that once more, very slowly and with care.", "length", 90),
    "row d": Reply("", "Case one has 3 of them, and case two has 8 of them, and now comes case three", "length", 60),
    "row e": Reply("Answer: 44", "So the answer is 44. Let me verify: 40 + 4 = 44. Good. That is all there is to it."),
    "row f": Reply("Answer: 45", "Easy."),
}


def evaluated_rows(conn: sqlite3.Connection, folder: Path) -> int:
    """Its run: left, never, ran on, starved, right with a place, right without one."""
    made = planned(conn, write_pack(folder / "rows", QUESTIONS, grader="numeric"), budgets=())
    assert on_mock(conn, made, by_question(REPLIES)).state == "finished"
    return made
