"""Runs with the real llama.cpp and the bundled model: measured, killed, stopped, queued."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import statistics
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.support.disturbing import ended, until
from tests.support.program import Answer

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import models
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.gguf.bundled import bundled_manifest, bundled_model
from aa_tui.library.naming import find_model

LONG = runs.SpeedOptions(tests=("tg64",), repetitions=1000)
SHORT = runs.SpeedOptions(tests=("pp32", "tg16"), repetitions=2)


def start(conn: sqlite3.Connection, path: Path, options: runs.SpeedOptions) -> int:
    run_id = runs.prepare(conn, bundled_manifest().slug, options=options)
    runs.start(path, conn, run_id)
    return run_id


def has_samples(conn: sqlite3.Connection) -> Callable[[RunRow], bool]:
    return lambda run: len(catalog_runs.samples(conn, run.id)) >= 2


def test_bench_measures_and_the_page_shows_it(answer: Answer) -> None:
    slug = bundled_manifest().slug
    bench = answer("bench", slug, "--tests", "pp512,tg128,short", "-r", "2")
    assert bench["status"] == "finished"
    file = bench["file"]
    assert (file["quant"], file["size_bytes"]) == ("Q8_0", bundled_model().stat().st_size)
    assert len(file["sha256"]) == 64
    assert bench["machine"]["threads"] == bench["settings"]["n_threads"] >= 1
    assert bench["peak_memory_bytes"] > file["size_bytes"]
    assert [test["name"] for test in bench["tests"]] == ["pp512", "tg128", "short"]
    for test in bench["tests"][:2]:
        rates = [one["tokens_per_s"] for one in test["samples"] if not one["warmup"]]
        assert len(rates) == 2
        assert any(one["warmup"] for one in test["samples"])
        assert test["tokens_per_s_mean"] == pytest.approx(statistics.mean(rates))
        assert test["tokens_per_s_stdev"] == pytest.approx(statistics.stdev(rates))
    short = [one for one in bench["tests"][2]["samples"] if not one["warmup"]]
    assert all(one["output_tps"] == pytest.approx(299 / (one["e2e_s"] - one["ttft_s"])) for one in short)

    page = answer("show", slug)
    assert [one["run_id"] for one in page["measured_here"]] == [bench["run_id"]]
    assert page["metrics"]["output_tps"]["value"] is None, "a local figure is never shown as published"
    row = next(row for row in answer("models") if row["slug"] == slug)
    assert row["here_tg_tps"] == bench["tests"][1]["tokens_per_s_mean"]
    assert answer("runs")[0]["status"] == "finished"


def test_the_bundled_model_joins_no_published_class(conn: sqlite3.Connection, answer: Answer) -> None:
    runs.prepare(conn, bundled_manifest().slug)
    shown = answer("show", "nanbeige4.1-3b")
    assert len(shown["comparison_class"]["members"]) == 43
    assert shown["metrics"]["price_in_usd_per_m"]["of"] == 43
    own = answer("show", bundled_manifest().slug)
    assert all(metric["value"] is None for metric in own["metrics"].values())


def test_a_killed_worker_is_noticed_and_its_samples_stay(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = start(conn, catalog_path, LONG)
    run = until(conn, run_id, has_samples(conn))
    assert run.pid is not None
    worker = psutil.Process(run.pid)
    assert os.getsid(run.pid) != os.getsid(0), "it must outlive this terminal"
    before = catalog_runs.samples(conn, run_id)
    worker.kill()
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "kept" in (run.reason or "")
    assert catalog_runs.samples(conn, run_id)[: len(before)] == before
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("how", ["asked", "SIGTERM"])
def test_a_stopped_run_keeps_what_it_measured(conn: sqlite3.Connection, catalog_path: Path, how: str) -> None:
    run_id = start(conn, catalog_path, LONG)
    run = until(conn, run_id, has_samples(conn))
    if how == "asked":
        actions.stop(conn, run_id)
    else:
        os.kill(run.pid or 0, signal.SIGTERM)
    run = ended(conn, run_id)
    assert run.state == "stopped"
    assert ("SIGTERM" in (run.reason or "")) == (how == "SIGTERM")
    assert catalog_runs.samples(conn, run_id)
    assert catalog_runs.result_of(conn, run).measurements == {}, "a test that was cut short has no figure"


def test_losing_the_terminal_does_not_end_a_run(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = start(conn, catalog_path, LONG)
    run = until(conn, run_id, has_samples(conn))
    os.kill(run.pid or 0, signal.SIGHUP)
    n_samples = len(catalog_runs.samples(conn, run_id))
    until(conn, run_id, lambda run: len(catalog_runs.samples(conn, run.id)) > n_samples)
    actions.stop(conn, run_id)
    assert ended(conn, run_id).state == "stopped"


def test_runs_wait_for_one_another(conn: sqlite3.Connection, catalog_path: Path) -> None:
    first = start(conn, catalog_path, LONG)
    until(conn, first, has_samples(conn))
    second = start(conn, catalog_path, SHORT)
    until(conn, second, lambda run: run.pid is not None)
    third = start(conn, catalog_path, SHORT)
    assert catalog_runs.get(conn, second).state == "queued"
    actions.stop(conn, third)
    assert ended(conn, third).state == "stopped"
    actions.stop(conn, first)
    assert ended(conn, second).state == "finished"
    assert (catalog_runs.get(conn, second).started_at or "") >= (catalog_runs.get(conn, first).ended_at or "~")


def test_a_file_changed_since_it_was_planned_is_not_measured(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.gguf"
    shutil.copy(bundled_model(), path)
    run_id = runs.prepare(conn, str(path), options=SHORT)
    with path.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(b"changed!")
    runs.start(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, "has changed" in (run.reason or "")) == ("failed", True)


def test_a_worker_that_never_started_is_settled(conn: sqlite3.Connection) -> None:
    run_id = runs.prepare(conn, bundled_manifest().slug, options=SHORT)
    assert runs.settle_orphans(conn) == []
    conn.execute("UPDATE runs SET heartbeat_at = '2020-01-01T00:00:00.000+00:00'")
    assert runs.settle_orphans(conn) == [run_id]
    assert "never started" in (catalog_runs.get(conn, run_id).reason or "")


def test_a_copy_of_the_bundled_file_is_the_bundled_model(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "renamed.gguf"
    shutil.copy(bundled_model(), path)
    run_id = runs.prepare(conn, str(path), options=SHORT)
    assert catalog_runs.get(conn, run_id).slug == bundled_manifest().slug


def test_an_unchanged_file_is_hashed_once(conn: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    shutil.copy(bundled_model(), path)
    hashed: list[int] = []
    for _ in range(2):
        runs.prepare(conn, str(path), options=SHORT, on_progress=lambda done, total: hashed.append(total))
    assert hashed.count(path.stat().st_size) == len(hashed) == 1


def test_a_file_too_large_for_the_memory_is_refused(conn: sqlite3.Connection) -> None:
    from aa_tui.catalog import files
    from aa_tui.runs.errors import RunError
    from aa_tui.runs.target import check_memory

    huge = 1 << 50
    row = files.put(
        conn,
        path="/models/huge.gguf",
        sha256="f" * 64,
        size_bytes=huge,
        mtime_ns=0,
        quant="F32",
        architecture="llama",
        n_params=huge // 4,
        context_tokens=4096,
        name="huge",
        metadata={},
    )
    with pytest.raises(RunError, match=r"only .* of memory is free"):
        check_memory(row)


def test_a_file_of_a_known_model_lands_on_its_page(conn: sqlite3.Connection) -> None:
    from aa_tui.gguf.naming import without_quant

    names = {
        "Nanbeige4.1-3B-Q4_K_M": "Nanbeige4.1-3B",
        "Nanbeige4.1-3B.Q8_0": "Nanbeige4.1-3B",
        "nanbeige4.1-3b-q4_k_m.gguf": "nanbeige4.1-3b",
        "Nanbeige4.1-3B.i1-IQ4_XS": "Nanbeige4.1-3B",
        "Nanbeige4.1-3B.f16": "Nanbeige4.1-3B",
        "gpt-oss-20b-mxfp4": "gpt-oss-20b",
        "Model-UD-Q4_K_XL-00001-of-00003": "Model",
    }
    assert {name: without_quant(name) for name in names} == names
    assert models.resolve(conn, without_quant("Nanbeige4.1-3B.Q8_0")).slug == "nanbeige4-1-3b"


def test_a_file_is_of_the_model_that_its_first_name_means_and_of_none_without_a_name(conn: sqlite3.Connection) -> None:
    nanbeige = models.by_slug(conn, "nanbeige4-1-3b")
    qwen = models.by_slug(conn, "qwen3-4b-instruct-reasoning")
    assert nanbeige is not None
    assert qwen is not None
    assert find_model(conn, (nanbeige.name, qwen.name), None) == nanbeige.model_id
    assert find_model(conn, (qwen.name, nanbeige.name), None) == qwen.model_id
    assert find_model(conn, (nanbeige.name,), 70_000_000_000) is None
    conn.execute("UPDATE leaderboard SET slug = '-', name = '模型' WHERE id = ?", (qwen.id,))
    assert find_model(conn, ("模型",), None) is None
