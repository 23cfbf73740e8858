"""What is said of a study of speculation, from a journal written by hand."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from aa_tui.catalog import runs, studies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages.studies.report import StudyReport, study_report
from aa_tui.runs.studies.drafting import SpeculationOptions, prepare

SMALL = str(bundled_model().with_name("aa-nano-Q4_0.gguf"))
KINDS = {"rename": "code", "harbour": "prose"}


def noted(conn: sqlite3.Connection, ratios: dict[str, tuple[float, ...]], **more: Any) -> StudyReport:
    """The report of a study in which drafts of 4 tokens were so many times as fast, by text."""
    options = SpeculationOptions(draft=SMALL, kinds=("code", "prose"))
    run_id = prepare(conn, str(bundled_model()), options=options)
    number = 0
    for text, found in ratios.items():
        for ratio in found:
            facts = {
                "n_draft": 4,
                "ngram": 0,
                "text": text,
                "kind": KINDS[text],
                "plain_s": 2.0,
                "seconds": 2.0 / ratio,
            }
            counts = {"n_plain": 20, "n_tokens": 20, "n_drafted": 40, "n_accepted": 12, "n_rounds": 8}
            studies.add(conn, run_id, "pairs", number, {**facts, **counts, **more})
            number += 1
    studies.add(conn, run_id, "costs", 0, {"verify_s": {"1": 0.1, "5": 0.2}, "draft_s": {"1": 0.01}, "noise": 0.01})
    report = study_report(conn, runs.get(conn, run_id))
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("ratios", "answer"),
    [
        (
            {"rename": (1.79, 1.81), "harbour": (1.0, 1.02)},
            "Speculation helps here: with the draft model aa-nano-Q4_0.gguf and 4 tokens drafted at a time it is 1.35 "
            "times as fast as plain decoding (1.32–1.38): 1.80 on code, 1.01 on prose.",
        ),
        (
            {"rename": (0.8, 0.81), "harbour": (0.7, 0.71)},
            "Speculation slows you down here: the best setting, the draft",
        ),
        ({"rename": (0.9, 1.2), "harbour": (0.9, 1.1)}, "Speculation makes no difference here that could be measured:"),
    ],
)
def test_the_first_sentence_is_the_answer(
    conn: sqlite3.Connection, ratios: dict[str, tuple[float, ...]], answer: str
) -> None:
    found = noted(conn, ratios)
    assert found.sentences[0].startswith(answer)
    assert any(words.startswith("Every output is the same as with plain decoding") for words in found.sentences)


def test_measured_once_nothing_is_claimed(conn: sqlite3.Connection) -> None:
    found = noted(conn, {"rename": (1.5,), "harbour": (1.5,)})
    assert found.values["verdict"] == "unclear"
    assert "measured once" in found.sentences[0]
    assert found.values["best"]["interval_low"] is None


@pytest.mark.parametrize(("gap", "kind", "says"), [(0.015, "tie", "part at a tie"), (0.5, "fault", "please report it")])
def test_where_outputs_part_a_tie_is_told_from_a_fault(
    conn: sqlite3.Connection, gap: float, kind: str, says: str
) -> None:
    found = noted(conn, {"rename": (1.0, 1.1)}, diverges_at=6, plain_token="a", token="b\x1b[31m", gap=gap)
    assert any(says in words for words in found.sentences)
    table = next(one for one in found.tables if one.title.startswith("Where outputs part"))
    assert table.rows == (("rename", "draft model, 4", "7", "“a”", "“b”", f"{gap:.4f}", kind),)
    assert found.values["divergences"][0]["is_tie"] == (kind == "tie")


def test_before_anything_is_compared_that_is_said(conn: sqlite3.Connection) -> None:
    found = noted(conn, {})
    assert found.sentences[0] == "Nothing has been compared yet."
    assert found.values["best"] is None
