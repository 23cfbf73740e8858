"""Runs in other programs' formats: which go with which, what they hold, and that files are written whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import lab
from tests.support.evaluated import SEVEN, evaluate_here
from tests.support.program import Program

from aa_tui.catalog import runs
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import SampleRow
from aa_tui.export import exchange, files
from aa_tui.export.errors import ExportError


@pytest.fixture
def speed_run(conn: sqlite3.Connection) -> int:
    """A run of pp, tg and requests on a known machine."""
    lab.publish(conn)
    run_id = runs.list_runs(conn)[0].id
    for test, n_prompt, n_gen, seconds, ttft in (
        ("pp512", 512, 0, 0.5, None),
        ("tg128", 0, 128, 2.0, None),
        ("short", 100, 50, 1.5, 0.25),
    ):
        for repetition in range(2):
            rate = 40.0 if ttft else (n_prompt + n_gen) / seconds
            sample = SampleRow(
                test=test,
                repetition=repetition,
                warmup=False,
                n_prompt=n_prompt,
                n_gen=n_gen,
                seconds=seconds,
                tokens_per_s=rate,
                ttft_s=ttft,
                e2e_s=seconds if ttft else None,
                output_tps=rate if ttft else None,
                started_at=utc_now(),
            )
            runs.add_sample(conn, run_id, sample)
    return run_id


def _one(conn: sqlite3.Connection, run_id: int, key: str) -> bytes:
    (data,) = exchange.files_of(conn, runs.get(conn, run_id), key).values()
    return data


def test_llama_bench_in_all_its_outputs(conn: sqlite3.Connection, speed_run: int) -> None:
    records = json.loads(_one(conn, speed_run, "llama-bench"))
    assert [(one["n_prompt"], one["n_gen"], one["avg_ts"]) for one in records] == [(512, 0, 1024.0), (0, 128, 64.0)]
    lines = _one(conn, speed_run, "llama-bench-jsonl").decode().splitlines()
    assert [json.loads(line) for line in lines] == records
    table = _one(conn, speed_run, "llama-bench-md").decode().splitlines()
    assert table[0].split()[1::2] == ["model", "size", "params", "backend", "threads", "test", "t/s"]
    assert table[2].rstrip("| ").endswith("1024.00 ± 0.00")
    assert len({len(line) for line in table[:4]}) == 1
    other = sqlite3.connect(":memory:")
    other.executescript(_one(conn, speed_run, "llama-bench-sql").decode())
    assert other.execute("SELECT n_prompt, n_gen, avg_ts FROM llama_bench").fetchall() == [
        (512, 0, 1024.0),
        (0, 128, 64.0),
    ]
    other.close()


def test_local_score_has_the_requests_and_no_score_of_its_own(conn: sqlite3.Connection, speed_run: int) -> None:
    document = json.loads(_one(conn, speed_run, "localscore"))
    (test,) = document["results"]
    assert (test["name"], test["ttft_ms"], test["prompt_tps"], test["gen_tps"]) == ("pp100+tg50", 250.0, 400.0, 40.0)
    assert document["results_summary"]["performance_score"] is None
    assert document["accelerator_info"]["type"] == "CPU"


def test_the_hubs_file_is_what_its_client_reads(conn: sqlite3.Connection) -> None:
    import yaml
    from huggingface_hub import parse_eval_result_entries

    run_id = evaluate_here(conn, "Q8_0", SEVEN)
    (entry,) = parse_eval_result_entries(yaml.safe_load(_one(conn, run_id, "hub-yaml")))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("quick", "1.0", pytest.approx(100 * 3 / 7, abs=0.001))
    assert entry.notes is not None
    assert "95 % interval" in entry.notes


def test_samples_as_parquet(conn: sqlite3.Connection, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    path.write_bytes(_one(conn, evaluate_here(conn, "Q8_0", SEVEN), "parquet"))
    rows = parquet.read_table(path).to_pylist()
    assert [row["outcome"] for row in rows] == [one.outcome for one in SEVEN]
    assert [row["e2e_s"] for row in rows] == [2.0] * len(SEVEN)


def test_a_format_that_does_not_go_with_a_run_is_refused(conn: sqlite3.Connection, speed_run: int) -> None:
    with pytest.raises(ExportError, match="is a speed run: inspect is not for it; there are llama-bench"):
        exchange.files_of(conn, runs.get(conn, speed_run), "inspect")
    with pytest.raises(ExportError, match="is an evaluation: localscore is not for it"):
        exchange.files_of(conn, runs.get(conn, evaluate_here(conn, "Q8_0", SEVEN)), "localscore")


def test_nothing_published_is_in_what_was_measured(
    conn: sqlite3.Connection, program: Program, answer: Callable[..., Any]
) -> None:
    lab.publish(conn)
    told = program("export", "measured", "--format", "jsonl")
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert {row["model"] for row in rows} == {"alpha"}
    assert {row["metric"] for row in rows} == {"pp512", "tg128", "short.ttft_s"}
    assert answer("models", "alpha")[0]["here_pp_tps"] is not None


@pytest.mark.long
def test_formats_of_several_files_go_into_a_folder(conn: sqlite3.Connection, program: Program, tmp_path: Path) -> None:
    run_id = evaluate_here(conn, "Q8_0", SEVEN)
    refused = program("runs", "export", str(run_id), "--format", "lm-eval")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "name a folder" in refused.stderr
    out = tmp_path / "out"
    command = ("export", f"run:{run_id}", "--format", "lm-eval", "--output", str(out))
    assert program(*command).returncode == 0
    written = sorted(path.name.partition("_")[0] for path in out.rglob("*") if path.is_file())
    assert written == ["results", "samples"]
    again = program(*command)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    assert program(*command, "--force").returncode == 0


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    files.write(path, b"one")
    with pytest.raises(files.FileExistsAlready):
        files.write(path, b"two")
    assert path.read_bytes() == b"one"
    path.chmod(0o600)
    files.write(path, b"two", replace=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o600)
    link = tmp_path / "link.md"
    link.symlink_to(path)
    files.write(link, b"three", replace=True)
    assert (link.is_symlink(), path.read_bytes()) == (True, b"three")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.md", "link.md"]
