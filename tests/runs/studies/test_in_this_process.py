"""Studies as their worker does them, stopped in the middle and gone on with: what is found, and nothing twice."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.studying import studied

from aa_tui.catalog import runs, studies
from aa_tui.gguf.bundled import bundled_model
from aa_tui.pages.studies.report import study_report
from aa_tui.runs.studies.cache_plan import CacheOptions, prepare_cache
from aa_tui.runs.studies.divergence_plan import DivergenceOptions, prepare_divergence
from aa_tui.runs.studies.drafting import SpeculationOptions, prepare

LARGE = str(bundled_model())
SMALL = str(bundled_model().with_name("aa-nano-Q4_0.gguf"))


def figures(conn: sqlite3.Connection, run_id: int) -> set[str]:
    return set(runs.result_of(conn, runs.get(conn, run_id)).measurements)


def sentences(conn: sqlite3.Connection, run_id: int) -> str:
    report = study_report(conn, runs.get(conn, run_id))
    assert report is not None
    return " ".join(report.sentences)


def made_at(conn: sqlite3.Connection, run_id: int) -> dict[tuple[str, int], str]:
    return {(one.part, one.number): one.made_at for one in studies.points(conn, run_id)}


@pytest.mark.long
def test_a_divergence(conn: sqlite3.Connection) -> None:
    options = DivergenceOptions(n_ctx=48, max_blocks=4, n_threads=1)
    run_id = prepare_divergence(conn, SMALL, LARGE, options=options)
    assert studied(conn, run_id, most=2).state == "stopped"
    before = made_at(conn, run_id)
    assert len(before) == 2
    assert "So far 2 of 4 blocks" in sentences(conn, run_id)
    run = studied(conn, run_id)
    assert (run.state, run.n_done) == ("finished", 4)
    assert before.items() <= made_at(conn, run_id).items(), "no block is read twice"
    assert {"divergence.kld_mean", "divergence.same_top", "divergence.ppl_ratio"} <= figures(conn, run_id)


@pytest.mark.long
def test_a_speculation(conn: sqlite3.Connection) -> None:
    options = SpeculationOptions(
        draft=SMALL, kinds=("code",), n_draft=(2,), repetitions=2, max_output=12, n_threads=1, slots=(2,)
    )
    run_id = prepare(conn, LARGE, options=options)
    assert studied(conn, run_id, most=3).state == "stopped"
    before = made_at(conn, run_id)
    assert studied(conn, run_id).state == "finished"
    assert before.items() <= made_at(conn, run_id).items()
    assert {"speculation.speed_up", "speculation.speed_up.code"} <= figures(conn, run_id)
    assert "same as with plain decoding" in sentences(conn, run_id)


@pytest.mark.long
def test_types_of_cache(conn: sqlite3.Connection) -> None:
    options = CacheOptions(types=(("q8_0", "q8_0"),), depths=(0, 64), n_threads=1)
    run_id = prepare_cache(conn, LARGE, options=options)
    assert studied(conn, run_id, most=1).state == "stopped"
    before = made_at(conn, run_id)
    assert studied(conn, run_id).state == "finished"
    assert set(before) <= set(made_at(conn, run_id))
    assert {"cache.kld.q8_0-q8_0@0", "cache.kld.q8_0-q8_0@64", "cache.bytes.q8_0-q8_0@64"} <= figures(conn, run_id)
    assert "q8_0" in sentences(conn, run_id)
