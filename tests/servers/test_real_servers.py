"""One record, whoever serves: real servers beside the same file in this process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.support.disturbing import ended, until
from tests.support.real_servers import RealServer, llama_cpp_python_server, llama_server

from aa_tui import runs
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog import samples
from aa_tui.catalog.rows import EvalSample
from aa_tui.engine.served.addresses import typed_target
from aa_tui.engine.served.probing import probe
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_evals

ROOT = Path(__file__).parents[2]
N_ITEMS = 24


def evaluated(conn: sqlite3.Connection, path: Path, targets: list[str], **options: Any) -> int:
    """A run of some items of the bundled model's own pack, done by a worker."""
    wanted = EvalOptions(
        **{"limit": N_ITEMS, "budgets": (), "conditions": {"nice": 0}, "max_output_tokens": 400, **options}
    )
    (run_id,) = prepare_evals(conn, targets, "nano", options=wanted)
    runs.start(path, conn, run_id)
    return run_id


def by_item(conn: sqlite3.Connection, run_id: int) -> dict[str, EvalSample]:
    """The run's samples; each item has one."""
    rows = samples.scored(conn, run_id)
    assert max(Counter(row.item_id for row in rows).values()) == 1
    return {row.item_id: samples.get(conn, row.id) for row in rows}


def outcomes(conn: sqlite3.Connection, run_id: int) -> dict[str, str | None]:
    """The verdict on each item."""
    return {row.item_id: row.outcome for row in samples.scored(conn, run_id)}


def test_the_same_file_writes_the_same_in_process_and_through_llama_server(
    conn: sqlite3.Connection, catalog_path: Path, server: RealServer
) -> None:
    here = evaluated(conn, catalog_path, [str(bundled_model())], n_parallel=1, n_threads=1)
    assert ended(conn, here).state == "finished"
    there = evaluated(conn, catalog_path, [server.url])
    run = ended(conn, there)
    assert run.state == "finished", run.reason
    ours, theirs = by_item(conn, here), by_item(conn, there)
    assert ours.keys() == theirs.keys()
    for item, own in ours.items():
        other = theirs[item]
        assert (other.thinking.strip(), other.answer.strip()) == (own.thinking.strip(), own.answer.strip()), item
        assert other.finish_reason == own.finish_reason, item
        assert other.n_prompt == own.n_prompt + 1, item  # it puts a BOS before what the template says (docs/servers.md)
        assert other.n_thinking + other.n_answer == own.n_thinking + own.n_answer, item
        assert other.server == server.url
    assert outcomes(conn, there) == outcomes(conn, here)


def test_a_server_that_dies_gives_its_items_back(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(llama_server(bundled_model(), tmp_path / f"{number}.log", slots=2))
            for number in range(3)
        ]
        run_id = evaluated(conn, catalog_path, [one.url for one in servers], limit=60)
        until(conn, run_id, lambda run: run.n_done >= 6 or not run.is_live)
        servers[0].kill()
        run = ended(conn, run_id)
        assert run.state == "finished", run.reason
        found = by_item(conn, run_id)
    assert len(found) == 60
    assert {one.server for one in found.values()} >= {one.url for one in servers[1:]}
    assert not any(one.finish_reason in ("error", "cancelled") for one in found.values())


def test_a_worker_that_is_killed_goes_on_through_the_server(
    conn: sqlite3.Connection, catalog_path: Path, server: RealServer
) -> None:
    run_id = evaluated(conn, catalog_path, [server.url])
    run = until(conn, run_id, lambda run: run.n_done >= 4 and run.pid is not None)
    os.kill(run.pid or 0, signal.SIGKILL)
    assert ended(conn, run_id).state == "failed"
    kept = by_item(conn, run_id)
    assert len(kept) >= 4
    runs.resume(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    found = by_item(conn, run_id)
    assert len(found) == N_ITEMS
    assert {item: one.answer for item, one in found.items() if item in kept} == {
        item: one.answer for item, one in kept.items()
    }


@pytest.mark.parametrize("start", [llama_cpp_python_server])
def test_another_server_of_the_same_file(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path, start: Callable[[Path, Path], RealServer]
) -> None:
    with start(bundled_model(), tmp_path / "server.log") as server:
        run_id = evaluated(conn, catalog_path, [server.url], limit=6, force=True)
        run = ended(conn, run_id)
        assert run.state == "finished", run.reason
        found = by_item(conn, run_id)
    assert len(found) == 6
    assert catalog_runs.get(conn, run_id).made_on.startswith("through llama-cpp-python")
    assert all(one.n_prompt > 10 and one.n_answer > 0 for one in found.values())


def test_the_script_for_slurm_starts_a_server_and_takes_its_address_away(tmp_path: Path) -> None:
    folder = tmp_path / "servers"
    environ = {**os.environ, "LLAMA_SERVER": os.environ["AA_TUI_LLAMA_SERVER"], "SLURMD_NODENAME": "127.0.0.1"}
    command = [str(ROOT / "docs" / "slurm_llama_server.sh"), str(bundled_model()), str(folder), "--threads", "1"]
    with (tmp_path / "log").open("wb") as log:
        script = subprocess.Popen(command, stdout=log, stderr=log, env={**environ, "SLURM_JOB_ID": "7"})
    try:
        deadline = time.monotonic() + 60
        while not (folder / "7.url").exists():
            assert script.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        served = probe(typed_target((folder / "7.url").read_text().strip()))
        assert served.kind == "llama-server"
    finally:
        script.terminate()
        script.wait(30)
    assert not (folder / "7.url").exists()
