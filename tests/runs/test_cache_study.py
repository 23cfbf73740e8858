"""The study of cache types with the real llama.cpp and the bundled model: whole, killed, refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psutil
import pytest
from tests.support.disturbing import ended, until
from tests.support.tiny import PLAIN_SCRIPT, write

from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog import studies
from aa_tui.gguf.bundled import bundled_manifest, bundled_model
from aa_tui.pages.studies.report import study_report
from aa_tui.runs import launch
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.cache import PART
from aa_tui.runs.studies.cache_plan import CacheOptions, prepare_cache

SHORT = CacheOptions(types=(("q4_0", "q4_0"),), depths=(0, 256), n_threads=1)


def start(conn: sqlite3.Connection, path: Path, options: CacheOptions, target: str = "") -> int:
    run_id = prepare_cache(conn, target or bundled_manifest().slug, options=options)
    launch.start(path, conn, run_id)
    return run_id


@pytest.mark.long
def test_a_killed_study_goes_on_where_it_was(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = start(conn, catalog_path, SHORT)
    run = until(conn, run_id, lambda run: run.n_done >= 1)
    psutil.Process(run.pid or 0).kill()
    assert ended(conn, run_id).state == "failed"
    before = {point.number: point for point in studies.points(conn, run_id, PART)}
    assert before
    launch.resume(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.reason, run.n_done) == ("finished", None, 4)

    after = {point.number: point.facts for point in studies.points(conn, run_id, PART)}
    for number, point in before.items():
        kept = {name: value for name, value in point.facts.items() if name != "reference"}
        assert after[number] == kept, "no piece is made twice: speeds would differ"
    assert not any("reference" in facts for facts in after.values()), "distributions are not kept for ever"
    measured = catalog_runs.result_of(conn, run).measurements
    kld = measured["cache.kld.q4_0-q4_0@256"]
    assert 0.02 < kld.value < 0.5
    assert (kld.interval_low or 0) < kld.value < (kld.interval_high or 0)
    assert kld.value == pytest.approx(sum(after[3]["kld_nats"]) / 8)
    assert "cache.kld.f16-f16@256" not in measured, "f16 is at no distance from itself, which is no figure"
    assert measured["cache.bytes.f16-f16@256"].value == 4 * 256 * 4 * 32 * 2 * 2, (
        "layers, tokens, heads, keys and values of f16"
    )
    assert measured["cache.bytes.q4_0-q4_0@256"].value == measured["cache.bytes.f16-f16@256"].value * 18 / 64
    assert measured["cache.tg.q4_0-q4_0@256"].n == 3

    report = study_report(conn, run)
    assert report is not None
    assert "q4_0/q4_0" in report.sentences[0]
    assert any("cannot be told: f16 finds 0 of" in one for one in report.sentences)


def test_what_does_not_fit_is_left_out_with_the_reason(conn: sqlite3.Connection) -> None:
    run_id = prepare_cache(
        conn, bundled_manifest().slug, options=CacheOptions(types=(("q8_0", "q8_0"),), depths=(0, 4096))
    )
    run = catalog_runs.get(conn, run_id)
    assert run.n_items == 2
    left_out = run.settings["left_out"]
    assert [(one["type_k"], one["depth_tokens"]) for one in left_out] == [("f16", 4096), ("q8_0", 4096)]
    assert "more than the 4,096 that the model was trained for" in left_out[0]["reason"]
    report = study_report(conn, run)
    assert report is not None
    assert report.sentences == ("Nothing is compared yet.",)


def test_a_study_without_anything_to_compare_with_is_refused(conn: sqlite3.Connection) -> None:
    with pytest.raises(RunError, match=r"none of these depths: 65,536 tokens .* trained for"):
        prepare_cache(conn, bundled_manifest().slug, options=CacheOptions(depths=(65_536,)))


def test_a_damaged_file_ends_the_study_with_a_sentence(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "tiny.gguf", PLAIN_SCRIPT, None, poison="T")
    run = ended(conn, start(conn, catalog_path, CacheOptions(depths=(64,), n_threads=1), str(path)))
    assert (run.state, run.reason) == ("failed", "llama.cpp computed no number (NaN): the file may be damaged.")


def test_another_machine_never_goes_on(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = prepare_cache(conn, str(bundled_model()), options=SHORT)
    studies.add(conn, run_id, PART, 0, {})
    settings = catalog_runs.get(conn, run_id).settings
    catalog_runs.set_settings(conn, run_id, {**settings, "made_on": {"machine": "another", "llama_cpp": "b1"}})
    launch.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "figures of two are never mixed" in (run.reason or "")
