"""Speed runs as a user asks for them: flags, the report, JSON, export and import, and what continues after a stop."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.llama_bench import RECORD
from tests.support.program import Answer, Program

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import files, telemetry
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import SampleRow
from aa_tui.gguf.bundled import bundled_manifest, bundled_model
from aa_tui.pages import measured
from aa_tui.pages.text import speed as speed_report
from aa_tui.runs.errors import RunError
from aa_tui.runs.follow import follow
from aa_tui.runs.speed.fitting import fitting_tests, test_names
from aa_tui.speed.errors import SpeedError

test_names.__test__ = False  # type: ignore[attr-defined]  # not one of pytest's
SLUG = bundled_manifest().slug


@pytest.mark.long
def test_bench_with_depths_heat_and_first_tokens(program: Program, answer: Answer, conn: sqlite3.Connection) -> None:
    flags = ("--tests", "pp16,tg8,ttft32", "--depths", "0,32", "--sustained", "1s", "-r", "4", "-t", "1")
    bench = answer("bench", SLUG, *flags)
    names = [test["name"] for test in bench["tests"]]
    assert names == ["pp16", "pp16@d32", "tg8", "tg8@d32", "ttft32", "ttft32/cached", "sustained@1s"]
    tests = dict(zip(names, bench["tests"], strict=True))
    rates = [one["tokens_per_s"] for one in tests["tg8@d32"]["samples"] if not one["warmup"]]
    assert tests["tg8@d32"]["tokens_per_s_median"] == pytest.approx(statistics.median(rates))
    assert tests["tg8@d32"]["tokens_per_s_mean"] == pytest.approx(statistics.mean(rates))
    low, _, high = statistics.quantiles(rates, n=4, method="inclusive")
    assert (tests["tg8@d32"]["tokens_per_s_q1"], tests["tg8@d32"]["tokens_per_s_q3"]) == pytest.approx((low, high))
    assert tests["ttft32"]["ttft_s_median"] > 0
    assert tests["sustained@1s"]["burst_tps"] > 0
    assert tests["sustained@1s"]["sustained_tps"] > 0
    settings = bench["settings"]
    assert settings["machine_before"]["free_memory_bytes"] > 0
    assert settings["machine_after"]["at"] > settings["machine_before"]["at"]
    assert isinstance(settings["cautions"], list)
    if settings["energy_source"] is None:
        assert "joules_per_token" not in tests["tg8"]
    shown = program("runs", "show", str(bench["run_id"])).stdout
    assert "with the prompt in the cache" in shown
    assert "in the last third" in shown
    exported = json.loads(program("runs", "export", str(bench["run_id"]), "--format", "llama-bench").stdout)
    assert [(one["n_prompt"], one["n_gen"], one["n_depth"]) for one in exported] == [
        (16, 0, 0),
        (16, 0, 32),
        (0, 8, 0),
        (0, 8, 32),
    ]
    assert exported[3]["avg_ts"] == pytest.approx(statistics.mean(rates))
    assert len(exported[3]["samples_ns"]) == 4
    page = answer("chart", "here-depth", SLUG)
    assert [dot["x"] for dot in page["dots"]] == [0, 32]


def test_flags_become_tests(conn: sqlite3.Connection) -> None:
    run_id = runs.prepare(conn, SLUG, options=runs.SpeedOptions(tests=("short",)))
    file = catalog_runs.get(conn, run_id).file
    threads = test_names(runs.SpeedOptions(sweeps=("threads", "load")))
    assert threads is not None
    assert {"pp128@t1", "tg32@t1"} <= set(threads)
    assert threads[-1] == "load-sweep"
    usual = runs.SpeedOptions(depths=(), sustained_s=0.0)
    # 4,096 tokens of context: no room for 16,384, nor for a prompt of 512 after 4,096
    assert fitting_tests(file, usual, test_names(usual)) == ("pp512", "tg128", "sustained")
    assert catalog_runs.get(conn, run_id).settings["tests"] == ["short"]


def test_what_has_no_room_is_said_before_the_run(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpeedError, match="needs a context of 102,000 tokens"):
        runs.prepare(conn, SLUG, options=runs.SpeedOptions(tests=("very-long",)))
    monkeypatch.setattr("aa_tui.host.machine.available_memory_bytes", lambda: 100 << 20)
    with pytest.raises(RunError, match="10 requests of 2,000 tokens at once"):
        runs.prepare(conn, SLUG, options=runs.SpeedOptions(tests=("parallel",)))
    with pytest.raises(SpeedError, match="nothing to measure"):
        runs.prepare(conn, SLUG, options=runs.SpeedOptions(tests=("tg128",), depths=(4096,)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bench", SLUG, "--depths", "deep"), "numbers of tokens such as 0,4096,16384"),
        (("bench", SLUG, "--sustained", "never"), "is no time: write 90s, 30m"),
        (("bench", SLUG, "--sweep", "dust"), "invalid choice"),
        (("bench", SLUG, "--tariff", "cheap"), "no price of a kWh"),
        (("import", "llama-bench"), "name a file"),
        (("import", "llama-bench", "nothing.json"), "cannot be read"),
        (("import", "llama-bench", str(bundled_model())), "is not UTF-8"),
    ],
)
def test_wrong_words_are_one_sentence(program: Program, arguments: tuple[str, ...], words: str) -> None:
    done = program(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.long
def test_imported_speeds_are_measured_elsewhere(program: Program, answer: Answer, tmp_path: Path) -> None:
    path = tmp_path / "bench.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + json.dumps({**RECORD, "model_filename": "unheard-of.gguf"}) + "\n")
    done = program("import", "llama-bench", str(path))
    assert done.returncode == 0, done.stderr
    assert "2 tests imported as measured elsewhere." in done.stdout
    assert "--model says which" in done.stdout
    assert "2 were there already" in program("import", "llama-bench", str(path)).stdout
    listed = answer("import", "llama-bench", "--list")
    assert {one["slug"] for one in listed} == {"nanbeige4-1-3b", None}
    assert (listed[0]["cpu"], listed[0]["build"]) == (RECORD["cpu_info"], "0c1e570 (6123)")
    assert listed[0]["entry"]["samples_ts"] == RECORD["samples_ts"]
    page = answer("show", "nanbeige4.1-3b")
    assert page["measured_here"] == []
    assert [one["tokens_per_s"] for one in page["measured_elsewhere"]] == [256.0]
    text = program("show", "nanbeige4.1-3b").stdout
    assert (
        "tg128@d4096 256.0 ± 0.5 tokens/s · NVIDIA GeForce RTX 4090, 16 threads"
        in text.partition("Measured elsewhere")[2]
    )
    assert "Measured elsewhere" not in program("show", "minicpm5-1b").stdout
    assert page["metrics"]["output_tps"]["value"] is None


def test_a_stopped_run_goes_on_at_the_test_that_was_cut_short(conn: sqlite3.Connection, catalog_path: Path) -> None:
    options = runs.SpeedOptions(tests=("tg8", "sustained@30s"), repetitions=2, n_threads=1)
    run_id = runs.prepare(conn, SLUG, options=options)
    runs.start(catalog_path, conn, run_id)
    deadline = time.monotonic() + 60
    while not any(one.test == "sustained@30s" for one in catalog_runs.samples(conn, run_id)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    actions.stop(conn, run_id)
    stopped = list(follow(conn, run_id))[-1]
    assert stopped.state == "stopped"
    first = [one for one in catalog_runs.samples(conn, run_id) if one.test == "tg8"]
    kept = catalog_runs.result_of(conn, stopped).measurements["tg8"]
    # a shorter test in place of the one that was cut short, as the settings of the run have it
    catalog_runs.set_settings(conn, run_id, {**stopped.settings, "tests": ["tg8", "tg4"]})
    runs.resume(catalog_path, conn, run_id)
    ended = list(follow(conn, run_id))[-1]
    assert ended.state == "finished", ended.reason
    assert [one for one in catalog_runs.samples(conn, run_id) if one.test == "tg8"] == first
    found = catalog_runs.result_of(conn, ended).measurements
    assert found["tg8"] == kept
    assert found["tg4"].n == 5
    machine = telemetry.of_run(conn, run_id)
    assert machine
    assert all(one.rss_bytes for one in machine)


def result_with(conn: sqlite3.Connection, figures: dict[str, float], settings: dict[str, Any]) -> list[str]:
    """The report of a run with these figures."""
    file = files.put(
        conn,
        path="/models/x.gguf",
        sha256="x",
        size_bytes=1,
        mtime_ns=1,
        quant="Q8_0",
        architecture="llama",
        n_params=1,
        context_tokens=1,
        name="X",
        metadata={},
    )
    run_id = catalog_runs.create(conn, kind="speed", file=file, settings=settings)
    run = catalog_runs.get(conn, run_id)
    for test in dict.fromkeys(name.partition(".")[0] for name in figures):
        sample = SampleRow(test, 1, False, 0, 8, 1.0, 8.0, None, None, None, "2026-01-01T00:00:00+00:00")
        catalog_runs.add_sample(conn, run_id, sample)
    for metric, value in figures.items():
        catalog_runs.put_measurement(conn, run, metric, value, "")
    result = catalog_runs.result_of(conn, run)
    (row,) = measured.rows([result])
    return [*speed_report.lines(result, catalog_runs.samples(conn, run_id)), row.caution]


def test_the_report_tells_energy_its_cost_and_what_was_amiss(conn: sqlite3.Connection) -> None:
    lines = result_with(
        conn,
        {
            "tg128": 20.0,
            "tg128.joules_per_token": 1.8,
            "tg128.bandwidth_share": 0.86,
            "tg32@t1": 11.0,
            "tg32@t2": 20.0,
            "tg32.best_threads": 2,
            "load-sweep@1": 18.0,
            "load-sweep@1/request.output_tps": 19.0,
            "load-sweep@1/request.ttft_s": 0.05,
            "load-sweep@1/request.e2e_s": 50.0,
            "load-sweep.best_at_once": 1,
            "load-sweep.best_tps": 18.0,
        },
        {
            "energy_source": "RAPL package-0",
            "tariff": {"per_kwh": 0.30, "currency": "EUR"},
            "cautions": ["the machine ran on its battery"],
        },
    )
    text = "\n".join(lines)
    assert "tg128: 1.8 J/token (RAPL package-0), 0.15 EUR for 1M tokens at 0.3 EUR/kWh" in text
    assert "86 % of this machine's measured memory bandwidth" in text
    assert "tg32 is fastest with 2 threads" in text
    assert "18.0 tokens/s in total, 19.0! each, first token after 50.0 ms, done after 50" in text
    assert "load-sweep: the total grows up to 1 concurrent request, 18.0 tokens/s in total" in text
    assert lines[-1] == "Unreliable: measure again when idle. Why: the machine ran on its battery."


def test_ctrl_c_keeps_what_is_measured(catalog_path: Path, conn: sqlite3.Connection) -> None:
    import signal
    import sys

    command = [sys.executable, "-m", "aa_tui", "bench", SLUG, "--tests", "tg4,sustained@60s", "-t", "1", "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ}, text=True
    )
    deadline = time.monotonic() + 60
    while not any(
        one.test == "sustained@60s"
        for run in catalog_runs.list_runs(conn)
        for one in catalog_runs.samples(conn, run.id)
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    bench = json.loads(said)
    assert bench["status"] == "stopped"
    assert [test["name"] for test in bench["tests"]] == ["tg4", "sustained@60s"]
    assert bench["tests"][0]["tokens_per_s_mean"] > 0
    assert bench["tests"][1]["samples"]
    assert "sustained_tps" not in bench["tests"][1]
