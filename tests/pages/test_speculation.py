"""What is said of a study of speculation, from a journal written by hand."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from aa_tui.analysis import MISSING, speculated
from aa_tui.analysis.speculated import Pair
from aa_tui.analysis.speculating import Setting
from aa_tui.catalog import runs, studies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages.studies.report import StudyReport, study_report
from aa_tui.runs.studies.drafting import SpeculationOptions, prepare

SMALL = str(bundled_model().with_name("aa-nano-Q4_0.gguf"))
KINDS = {"rename": "code", "harbour": "prose"}


def noted(
    conn: sqlite3.Connection,
    ratios: dict[str, tuple[float, ...]],
    *,
    predicted: dict[int, float] | None = None,
    ngrams: tuple[int, ...] = (0,),
    **more: Any,
) -> StudyReport:
    """The report of a study in which drafts of 4 tokens were so many times as fast, by text.

    `ngrams` are the settings measured and `predicted` the speed-ups foretold, both by the n-gram's size (0: the model).
    """
    options = SpeculationOptions(draft=SMALL, kinds=("code", "prose"))
    run_id = prepare(conn, str(bundled_model()), options=options)
    number = 0
    for text, ngram in product(ratios, ngrams):
        for ratio in ratios[text]:
            facts = {
                "n_draft": 4,
                "ngram": ngram,
                "text": text,
                "kind": KINDS[text],
                "plain_s": 2.0,
                "seconds": 2.0 / ratio,
            }
            counts = {"n_plain": 20, "n_tokens": 20, "n_drafted": 40, "n_accepted": 12, "n_rounds": 8}
            studies.add(conn, run_id, "pairs", number, {**facts, **counts, **more})
            number += 1
    if predicted is not None:
        every = [{"n_draft": 4, "ngram": n, "kind": None, "speed_up": predicted[n]} for n in predicted]
        studies.add(conn, run_id, "chosen", 0, {"predicted": every, "pairs": []})
    studies.add(conn, run_id, "costs", 0, {"verify_s": {"1": 0.1, "5": 0.2}, "draft_s": {"1": 0.01}, "noise": 0.01})
    report = study_report(conn, runs.get(conn, run_id))
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("ratios", "answer"),
    [
        (
            {"rename": (1.79, 1.81), "harbour": (1.0, 1.02)},
            "Speculation helps here: with the draft model aa-nano-Q4_0.gguf and 4 tokens drafted at a time, the one "
            "setting measured, it is 1.35 times as fast as plain decoding (1.32–1.38): 1.80 on code, 1.01 on prose.",
        ),
        (
            {"rename": (0.8, 0.81), "harbour": (0.7, 0.71)},
            "Speculation slows you down here: the one setting measured, the draft",
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
    assert found.sentences[0].endswith(
        "plain decoding: 1.50 on code, 1.50 on prose; measured once, which does not tell how certain that is: "
        "--repetitions 3 does."
    )
    assert found.values["best"]["interval_low"] is None
    assert found.few_words == "1.50 times as fast with draft model, 4, measured once"


def test_what_was_measured_once_proves_no_prediction_wrong(conn: sqlite3.Connection) -> None:
    found = noted(conn, {"rename": (3.86,)}, predicted={0: 0.29, 2: 0.97})
    assert not [one for one in found.sentences if one.startswith("Predictions failed")]


@pytest.mark.parametrize(
    ("ratios", "says"),
    [
        ({"rename": (1.79, 1.81), "harbour": (1.0, 1.02)}, "1.35 times as fast (1.32–1.38) with draft model, 4"),
        ({"rename": (0.9, 1.2), "harbour": (0.9, 1.1)}, "no difference found: 1.02 times as fast ("),
        ({}, ""),
    ],
)
def test_lists_claim_no_more_than_the_report(
    conn: sqlite3.Connection, ratios: dict[str, tuple[float, ...]], says: str
) -> None:
    words = noted(conn, ratios).few_words
    assert words.startswith(says) if says else words == ""


@pytest.mark.parametrize(
    ("gap", "kind", "says"),
    [(0.015, "tie", "; 1 parts at a tie"), (0.5, "fault", "1 parts where plain decoding was sure")],
)
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


def test_only_what_was_measured_is_called_the_best(conn: sqlite3.Connection) -> None:
    found = noted(conn, {"rename": (0.6, 0.61), "harbour": (0.6, 0.61)}, ngrams=(0, 2))
    assert found.sentences[0].startswith("Speculation slows you down here: the best of the 2 settings measured, ")


@pytest.mark.parametrize(("foretold", "fails"), [(1.10, True), (0.62, False)])
def test_predictions_that_failed_are_not_trusted(conn: sqlite3.Connection, foretold: float, fails: bool) -> None:
    found = noted(conn, {"rename": (0.57, 0.58), "harbour": (0.57, 0.58)}, predicted={0: foretold, 2: 0.97, 3: 0.96})
    words = [one for one in found.sentences if one.startswith("Predictions failed here")]
    expected = [
        "Predictions failed here: draft model, 4 was predicted to be 1.10 times as fast and measured 0.57; so do not "
        "trust those of the 2 settings that were not measured (--exhaustive measures all)."
    ]
    assert words == (expected if fails else [])


def test_where_nothing_was_drafted_no_gain_is_claimed(conn: sqlite3.Connection) -> None:
    found = noted(conn, {"rename": (3.8, 3.9), "harbour": (3.8, 3.9)}, n_drafted=0, n_accepted=0, n_rounds=20)
    assert found.sentences[0].startswith("Nothing can be said of speculation here:")
    assert found.values["verdict"] == found.values["best"]["verdict"] == "nothing drafted"
    assert {row["speed_up"] for row in found.values["rows"]} == {None}
    assert {row[2] for row in found.tables[0].rows} == {MISSING}


def test_what_drafted_nothing_is_not_the_best_by_luck() -> None:
    def pairs(ngram: int, ratio: float, n_drafted: int) -> list[Pair]:
        return [Pair(Setting(4, ngram), "rename", "code", 2.0, 2.0 / ratio, 20, 20, n_drafted, 0, 20)] * 2

    found = speculated.overall([*pairs(2, 1.02, 0), *pairs(0, 0.9, 40)])
    assert [row.setting.ngram for row in found] == [0, 2]
    assert speculated.best_by_kind(speculated.rows([*pairs(2, 1.02, 0), *pairs(0, 0.9, 40)]))["code"] == replace(
        found[0], kind="code"
    )


@pytest.mark.parametrize(
    ("ratios", "answer"),
    [
        (
            (0.8, 0.81),
            "Speculation slows you down here: the one setting measured, the file's own multi-token prediction",
        ),
        ((1.8, 1.81), "Speculation helps here: with the file's own multi-token prediction (MTP) and 4 tokens drafted"),
    ],
)
def test_multi_token_prediction_is_told_as_any_drafter(
    conn: sqlite3.Connection, ratios: tuple[float, float], answer: str
) -> None:
    found = noted(conn, {"rename": ratios, "harbour": ratios}, mtp=True)
    assert found.sentences[0].startswith(answer)
    assert {row["drafter"] for row in found.values["rows"]} == {"mtp"}
    assert {line[1] for line in found.tables[0].rows} == {"MTP, 4"}
