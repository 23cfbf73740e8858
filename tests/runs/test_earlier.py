"""What an evaluation will take, from those that there were, before it has begun and in its first seconds."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import pytest
from tests.support.evaluated import Told, evaluate_here

from aa_tui.analysis.planning import PilotItem
from aa_tui.catalog import runs
from aa_tui.host.machine import describe
from aa_tui.pages import plan
from aa_tui.runs.evaluation.earlier import Earlier, like
from aa_tui.runs.evaluation.live import Live

ANSWERS = [Told("maths", "correct", n_thinking=n, n_answer=10) for n in (90, 110, 95, 105)]


@pytest.fixture
def here() -> str:
    return describe().fingerprint


def test_a_file_that_was_evaluated_says_what_it_will_take(conn: sqlite3.Connection, here: str) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q8_0", ANSWERS, machine=here))
    found = plan.expected(conn, run.file, "quick", 60)
    assert found is not None
    row, earlier = found
    assert earlier.run.id == run.id
    assert row.seconds == pytest.approx(60 * 110 / 50, rel=0.1), "110 tokens a question at 50 tokens/s"
    assert row.seconds_low <= row.seconds <= row.seconds_high


def test_another_quant_of_the_model_says_how_long_answers_are_and_the_file_how_fast_it_is(
    conn: sqlite3.Connection, here: str
) -> None:
    evaluate_here(conn, "Q8_0", ANSWERS, machine=here)
    fast = runs.get(conn, evaluate_here(conn, "Q4_0", ANSWERS[:1], pack="long", machine=here, tokens_per_s=500.0))
    found = like(conn, fast.file, "quick", here)
    assert found is not None
    assert (len(found.answers), found.tokens_per_s) == (4, 500.0)


def test_other_machines_and_other_packs_say_nothing(conn: sqlite3.Connection, here: str) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q8_0", ANSWERS, machine="another"))
    assert plan.expected(conn, run.file, "quick", 60) is None
    own = runs.get(conn, evaluate_here(conn, "Q8_0", ANSWERS, machine=here))
    assert plan.expected(conn, own.file, "long", 60) is None
    assert like(conn, own.file, "quick", here, but=own.id) is None


def test_the_time_left_is_known_before_the_first_answer(conn: sqlite3.Connection, here: str) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q8_0", ANSWERS, machine=here))
    loop = SimpleNamespace(lanes={}, n_pending=20, n_output=0, worked_s=0.0)
    earlier = Earlier(run, tuple(PilotItem(100) for _ in range(4)), tokens_per_s=50.0, slots=4)
    told = Live(loop, 20, 0, 4_000, earlier=earlier).news().live  # type: ignore[arg-type]
    assert told["left_s"] == pytest.approx(20 * 100 / 50)
    assert told["left_low_s"] <= told["left_s"] <= told["left_high_s"]
    assert Live(loop, 20, 0, 4_000).news().live["left_s"] is None  # type: ignore[arg-type]


def test_a_run_that_is_queued_again_shows_nothing_of_its_last_worker(conn: sqlite3.Connection, here: str) -> None:
    from aa_tui.catalog import life

    run_id = evaluate_here(conn, "Q8_0", ANSWERS, machine=here, state="stopped")
    conn.execute("""UPDATE runs SET live = '{"left_s": 2.0}' WHERE id = ?""", (run_id,))
    conn.commit()
    assert life.requeue(conn, run_id)
    assert runs.get(conn, run_id).live_figures.left_s is None
