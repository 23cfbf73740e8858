"""What a study of cache types says: verdicts in words, what is saved, what cannot be told."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from aa_tui.catalog import runs, studies
from aa_tui.catalog.rows import RunRow
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages.studies.report import StudyReport, study_report
from aa_tui.runs.studies.cache import PART
from aa_tui.runs.studies.cache_plan import CacheOptions, CachePlan, LeftOut
from aa_tui.runs.studies.plan import queue
from aa_tui.runs.target import find_file

F16, Q8, Q4 = ("f16", "f16"), ("q8_0", "q8_0"), ("q4_0", "q4_0")
PLAN = CachePlan((F16, Q8, Q4), (0, 4096), (LeftOut(*Q4, 4096, "no\x1b[31m room."),))


def cell(types: tuple[str, str], depth: int, kld: float | None, found: int, tg: float = 20.0) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "type_k": types[0],
        "type_v": types[1],
        "depth_tokens": depth,
        "n_positions": 256,
        "n_needles": 8 if depth else 0,
        "n_needles_found": found,
        "n_facts": 12,
        "n_facts_right": 11,
        "pp_tps": [100.0, 101.0, 99.0],
        "tg_tps": [tg, tg * 1.01, tg * 0.99],
        "cache_bytes": {F16: 64, Q8: 34, Q4: 18}[types] * 1_000_000 if depth else None,
    }
    if kld is not None:
        facts |= {"kld_nats": [kld, kld * 1.1, kld * 0.9], "kld_floor_nats": [kld / 2], "same_top": [0.99]}
    return {name: value for name, value in facts.items() if value is not None}


@pytest.fixture
def run(conn: sqlite3.Connection) -> RunRow:
    file = find_file(conn, str(bundled_model()))
    return runs.get(conn, queue(conn, "cache", file, PLAN.to_settings(), n_points=5))


def told(conn: sqlite3.Connection, run: RunRow, *cells: dict[str, Any]) -> StudyReport:
    plan = CachePlan.from_settings(run.settings)
    for one in cells:
        number = plan.number((one["type_k"], one["type_v"]), one["depth_tokens"])
        studies.add(conn, run.id, PART, number, one)
    report = study_report(conn, run)
    assert report is not None
    return report


def test_a_safe_type_is_said_first_with_its_evidence(conn: sqlite3.Connection, run: RunRow) -> None:
    report = told(
        conn,
        run,
        cell(Q4, 0, 0.05, 0),
        cell(F16, 0, None, 0),
        cell(F16, 4096, None, 8),
        cell(Q8, 0, 0.0004, 0),
        cell(Q8, 4096, 0.0004, 8, tg=18.0),
    )
    assert report.few_words == "q8_0/q8_0 safe to 4k"
    first, second = report.sentences
    assert first == (
        "q8_0/q8_0 is safe to 4,096 tokens here: KLD 0.0004 (0.0003–0.0005), 8 of 8 hidden facts found; its cache "
        "takes 53 % of f16's and it writes 10 % slower (7 to 13 %) at 4,096 tokens."
    )
    assert second.startswith("q4_0/q4_0 is noticeably different at 0 tokens already: KLD 0.05 (0.038–0.062); it writes")
    assert report.values["types"][0] == {"type_k": "q8_0", "type_v": "q8_0", "safe_to_tokens": 4096}
    assert "\x1b" not in str(report.values["left_out"])
    assert "Left out: no room." in report.tables[0].note
    assert ("q4_0/q4_0", "0.05 (0.038–0.062)", "–") in report.tables[0].rows


def test_what_f16_does_not_find_is_no_fault_of_others(conn: sqlite3.Connection, run: RunRow) -> None:
    report = told(conn, run, cell(F16, 4096, None, 0), cell(Q8, 4096, 0.0004, 0))
    assert "hidden facts" not in report.sentences[0]
    assert report.sentences[1].startswith(
        "Whether hidden facts are still found at 4,096 tokens cannot be told: f16 finds 0"
    )


def test_a_busy_machine_is_said_where_speeds_are(conn: sqlite3.Connection, run: RunRow) -> None:
    runs.set_settings(conn, run.id, {**run.settings, "cautions": ["the machine was busy"]})
    report = told(conn, runs.get(conn, run.id), cell(F16, 0, None, 0))
    assert "Speeds may mislead: the machine was busy." in report.sentences


def test_noisy_speeds_are_not_said_to_be_alike(conn: sqlite3.Connection, run: RunRow) -> None:
    plain = cell(F16, 0, None, 0) | {"tg_tps": [580.0, 20.0, 1140.0]}
    report = told(conn, run, plain, cell(Q8, 0, 0.0004, 0, tg=134.9), cell(Q4, 0, 0.0004, 0, tg=300.0))
    for words in report.sentences[:2]:
        assert "how fast it writes at 0 tokens is too uncertain to tell (" in words
        assert "about as fast" not in words
    assert any("differ by more than 10 %" in words for words in report.sentences)
    table = next(one for one in report.tables if one.title.startswith("Writing"))
    speeds = {row[0]: row[1] for row in table.rows}
    assert speeds["f16/f16"].startswith("580.0 ± ")
    assert speeds["f16/f16"].endswith("!")
    assert speeds["q8_0/q8_0"] == "134.9 ± 3.4"
    assert "unreliable" in table.note


@pytest.mark.parametrize(
    ("tg", "says"),
    [
        (20.1, "it writes about as fast"),
        (24.0, "it writes 20 % faster (16 to 24 %)"),
        (240.0, "it writes 12 times as fast (11.6 to 12.4)"),
        (8.0, "it writes 0.4 times as fast (0.39 to 0.41)"),
    ],
)
def test_speeds_that_are_told_apart_are_compared(conn: sqlite3.Connection, run: RunRow, tg: float, says: str) -> None:
    report = told(conn, run, cell(F16, 0, None, 0), cell(Q8, 0, 0.0004, 0, tg=tg))
    assert says in report.sentences[0]


def test_reading_that_became_slower_is_said_and_is_not_left_to_the_table(conn: sqlite3.Connection, run: RunRow) -> None:
    slow = cell(Q8, 4096, 0.0004, 8) | {"pp_tps": [40.0, 40.4, 39.6]}
    report = told(conn, run, cell(F16, 4096, None, 8), slow)
    assert report.sentences[0].endswith(
        "takes 53 % of f16's, it writes about as fast at 4,096 tokens and it reads 0.4 times as fast (0.39 to 0.41) at "
        "4,096 tokens."
    )


@pytest.mark.parametrize("is_left_out", [False, True])
def test_f16_alone_is_said_to_be_compared_with_nothing(
    conn: sqlite3.Connection, run: RunRow, is_left_out: bool
) -> None:
    gone = tuple(LeftOut(*Q8, depth, "its blocks do not fit.") for depth in (0, 4096))
    plan = CachePlan((F16, Q8), (0, 4096), gone) if is_left_out else CachePlan((F16,), (0, 4096), ())
    runs.set_settings(conn, run.id, {**run.settings, **plan.to_settings()})
    finished = runs.get(conn, run.id)._replace(state="finished")
    report = told(conn, finished, cell(F16, 0, None, 0), cell(F16, 4096, None, 0))
    assert report.sentences[0].startswith("Only f16/f16")
    assert report.few_words == "f16/f16 alone"
    assert ("Left out: its blocks do not fit." in report.sentences) == is_left_out
    assert ("--types" in report.sentences[0]) != is_left_out


def test_depths_where_nothing_is_studied_take_no_columns(conn: sqlite3.Connection, run: RunRow) -> None:
    gone = tuple(LeftOut(*types, depth, f"{depth:,} are too many.") for types in (F16, Q8) for depth in (4096, 16_384))
    plan = CachePlan((F16, Q8), (0, 4096, 16_384), gone)
    runs.set_settings(conn, run.id, {**run.settings, **plan.to_settings()})
    report = told(conn, runs.get(conn, run.id), cell(F16, 0, None, 0), cell(Q8, 0, 0.0004, 0))
    assert all(table.head == ("Keys/values", "at 0") for table in report.tables)
    assert report.tables[0].note.endswith("Left out: 4,096 are too many. So are 16,384 tokens.")
    assert report.sentences[0].startswith("q8_0/q8_0 is safe with an empty context here by its divergence alone: KLD")
    found = next(table for table in report.tables if table.title == "Found again")
    assert found.rows[0] == ("f16/f16", "11 of 12 sentences")


def test_lost_facts_make_a_small_divergence_harmful(conn: sqlite3.Connection, run: RunRow) -> None:
    report = told(conn, run, cell(F16, 4096, None, 8), cell(Q8, 0, 0.0004, 0), cell(Q8, 4096, 0.0004, 5))
    assert "is safe with an empty context here" in report.sentences[0]
    assert (
        "at 4,096 it is harmful: KLD 0.0004 (0.0003–0.0005), 5 of 8 hidden facts found (3 fewer than f16)"
        in report.sentences[0]
    )


def test_a_damaged_journal_is_passed_over(conn: sqlite3.Connection, run: RunRow) -> None:
    studies.add(conn, run.id, PART, 7, {"type_k": ["q8_0"], "kld_nats": "much"})
    assert told(conn, run, cell(F16, 0, None, 0)).sentences == ("Nothing is compared yet.",)
    runs.set_settings(conn, run.id, {**run.settings, "types": 5, "left_out": "x"})
    report = study_report(conn, runs.get(conn, run.id))
    assert report is not None
    assert report.tables == ()


def test_a_plan_reads_back_as_it_was_written() -> None:
    assert CachePlan.from_settings(PLAN.to_settings()) == PLAN
    assert PLAN.depths_of(Q4) == (0,)
    assert PLAN.n_cells == 5
    assert CacheOptions().types == ()
