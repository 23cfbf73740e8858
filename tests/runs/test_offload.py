"""Runs whose layers go to devices: what is refused, what is recorded, what stays of a run of before.

The tests of servers want llama.cpp's libraries built with RPC, and its rpc-server beside them: AA_TUI_TEST_RPC_LIB
names their folder.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.program import Program

from aa_tui.catalog import runs
from aa_tui.engine.mock import by_question
from aa_tui.engine.settings import ADDED_LATER, EngineSettings
from aa_tui.runs.evaluation import probe as eval_probe
from aa_tui.runs.evaluation.options import EvalOptions

LIBRARIES = Path(os.environ.get("AA_TUI_TEST_RPC_LIB", "/nowhere"))
SERVER = next((path for path in (LIBRARIES / "ggml-rpc-server", LIBRARIES / "rpc-server") if path.exists()), None)
needs_servers = pytest.mark.skipif(
    SERVER is None, reason="AA_TUI_TEST_RPC_LIB names no folder of a llama.cpp with RPC and its rpc-server"
)
QUESTIONS = {f"Say {number}": f"Answer: {number}" for number in range(6)}


def test_a_run_begun_before_devices_could_be_named_goes_on(conn: sqlite3.Connection, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", {question: answer[8:] for question, answer in QUESTIONS.items()})
    run_id = planned(conn, pack, limit=3)
    assert on_mock(conn, run_id, by_question(QUESTIONS)).state == "finished"
    begun = runs.get(conn, run_id)
    assert not set(ADDED_LATER) & set(begun.identity_parts["settings"])
    of_before = {name: value for name, value in begun.settings.items() if name not in ADDED_LATER}
    runs.set_settings(conn, run_id, {**of_before, "limit": 6})
    assert on_mock(conn, run_id, by_question(QUESTIONS)).state == "finished"
    again = runs.get(conn, run_id)
    assert (again.n_done, again.identity) == (6, begun.identity)


def test_other_devices_are_another_run(conn: sqlite3.Connection, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", {question: answer[8:] for question, answer in QUESTIONS.items()})
    run_id = planned(conn, pack, limit=3)
    on_mock(conn, run_id, by_question(QUESTIONS))
    runs.set_settings(conn, run_id, {**runs.get(conn, run_id).settings, "limit": 6, "devices": ["CPU"]})
    with pytest.raises(Exception, match="cannot be resumed as the run that it was"):
        on_mock(conn, run_id, by_question(QUESTIONS))


def test_a_probe_of_before_is_found_again() -> None:
    key = eval_probe._key(EngineSettings(n_ctx=1024, n_threads=2))
    assert json.loads(key).keys().isdisjoint(ADDED_LATER)
    assert "RPC0" in eval_probe._key(EngineSettings(n_ctx=1024, n_threads=2, devices=("RPC0",)))


def test_options_come_back_from_a_row_as_they_went() -> None:
    options = EvalOptions(devices=("RPC0",), tensor_split=(1.0,), rpc=("box:1",), budgets=())
    assert EvalOptions.from_settings(json.loads(json.dumps(options.to_settings()))) == options
    assert EvalOptions.from_settings({"limit": 3}) == EvalOptions(limit=3)


@pytest.mark.parametrize("command", [("bench", "aa-nano"), ("eval", "aa-nano", "--pack", "nano")])
@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--device", "CUDA77"), 1, "There is no device CUDA77 for layers: there"),
        (("--tensor-split", "3,1,1,1,1"), 1, "--tensor-split has 5 shares but layers go to"),
        (("--tensor-split", "much"), 2, "argument --tensor-split: it must be shares such as 3,1"),
        (("--rpc", "box"), 2, "“box” is no HOST:PORT"),
        (("--rpc", "127.0.0.1:1"), 1, "127.0.0.1:1 cannot be reached"),
    ],
)
@pytest.mark.repeats
def test_what_cannot_be_meant(
    program: Program, command: tuple[str, ...], options: tuple[str, ...], code: int, words: str
) -> None:
    done = program(*command, *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(program("runs", "--json").stdout) == []


def test_rpc_comes_with_a_warning(program: Program) -> None:
    done = program("bench", "aa-nano", "--rpc", "127.0.0.1:1")
    assert "neither authentication nor encryption" in done.stderr
    assert "neither authentication" in " ".join(program("eval", "--help").stdout.split())


@pytest.mark.long
def test_the_processor_is_a_choice_that_is_recorded(answer: Callable[..., Any], program: Program) -> None:
    run = answer("bench", "aa-nano", "--tests", "pp32,tg8", "-r", "1", "--device", "CPU", "--force")
    assert run["settings"]["devices"] == ["CPU"]
    assert [one["name"] for one in run["settings"]["devices_used"]] == ["CPU"]
    assert {"name", "description", "kind", "memory_bytes", "free_bytes"} <= set(run["machine"]["devices"][0])
    assert "threads · CPU" in program("runs", "show", str(run["run_id"])).stdout


@pytest.mark.long
def test_doctor_tells_the_devices_and_their_memory(program: Program) -> None:
    report = json.loads(program("doctor", "--json").stdout)
    processor = next(one for one in report["engine"]["devices"] if one["name"] == "CPU")
    assert set(processor) == {"name", "description", "kind", "memory_bytes", "free_bytes"}
    assert 0 < processor["free_bytes"] <= processor["memory_bytes"]


@pytest.mark.long
def test_fit_says_which_devices_there_are(program: Program) -> None:
    done = program("gguf", "fit", "aa-nano", "--device", "CUDA77")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no device CUDA77" in done.stderr


class Lender:
    """An rpc-server on a port of this machine that is always the same."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(SERVER), "-H", "127.0.0.1", "-p", str(self.port), "-t", "1", "-d", "CPU"]
        environ = {**os.environ, "LD_LIBRARY_PATH": str(LIBRARIES)}
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
        for _ in range(200):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.05)
        raise AssertionError("rpc-server does not start")

    def kill(self) -> None:
        """It vanishes, as a machine that is switched off does."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def lender() -> Iterator[Lender]:
    server = Lender()
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.kill()


@pytest.fixture
def lent(program: Program, lender: Lender) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`aa-tui` with the llama.cpp that has RPC."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return program(*arguments, LLAMA_CPP_LIB_PATH=str(LIBRARIES), **environ)

    return run


Shell = Callable[..., subprocess.CompletedProcess[str]]


def read(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@needs_servers
def test_layers_go_to_a_server(lent: Shell, lender: Lender) -> None:
    bench = ("bench", "aa-nano", "--tests", "pp32,tg8", "-r", "1", "--force", "--json", "--rpc", lender.address)
    whole = read(lent(*bench))
    assert whole["status"] == "finished"
    used = {one["name"]: one for one in whole["settings"]["devices_used"]}
    assert used["RPC0"]["description"] == lender.address
    assert used["RPC0"]["weights_bytes"] > 1_000_000
    assert used["RPC0"]["kv_cache_bytes"] > 0
    assert whole["machine"]["backend"] == "RPC0"
    shown = lent("runs", "show", str(whole["run_id"])).stdout
    assert f"RPC0 {lender.address}: weights" in shown
    assert "all layers on the GPU" in shown
    part = read(lent(*bench, "-ngl", "2"))["settings"]
    assert part["n_gpu_layers"] == 2
    parts = {one["name"]: one["weights_bytes"] for one in part["devices_used"]}
    assert 0 < parts["RPC0"] < used["RPC0"]["weights_bytes"]
    none = read(lent(*bench, "--device", "CPU"))["settings"]
    assert [one["name"] for one in none["devices_used"]] == ["CPU"]
    wrong = lent(*bench, "--tensor-split", "3,1")
    assert "2 shares but layers go to 1 device (RPC0)" in wrong.stderr


@needs_servers
def test_fit_with_a_server(lent: Shell, lender: Lender) -> None:
    found = read(lent("gguf", "fit", "aa-nano", "--rpc", lender.address, "--json"))
    assert [one["name"] for one in found["devices"]] == ["RPC0"]
    assert found["gpu_free_bytes"] == found["devices"][0]["free_bytes"] > 0
    assert {one["gpu_fit"] for one in found["fits"]} == {"fits"}
    assert all(one["gpu_layers"] > 1 for one in found["fits"])


EVAL = ("eval", "aa-nano", "--pack", "nano", "--limit", "40", "--parallel", "1", "-t", "1", "--nice", "0", "--json")


def wait_for(shell: Shell, run_id: str, is_so: Callable[[Any], bool]) -> Any:
    """The run, once it is so."""
    for _ in range(400):
        run = read(shell("runs", "show", run_id, "--json"))
        if is_so(run):
            return run
        time.sleep(0.1)
    raise AssertionError(f"run {run_id} is {run['status']} with {run['n_done']} done")


@needs_servers
@pytest.mark.parametrize("how", ["vanishes", "falls silent"])
def test_a_server_is_lost_and_the_run_goes_on(lent: Shell, lender: Lender, how: str) -> None:
    limit = {"AA_TUI_RPC_TIMEOUT": "2"}
    run_id = str(read(lent(*EVAL, "--rpc", lender.address, "--detach", **limit))["run_id"])
    wait_for(lent, run_id, lambda run: run["n_done"] >= 2)
    if how == "vanishes":
        lender.kill()
    else:
        lender.process.send_signal(signal.SIGSTOP)
    lost = wait_for(lent, run_id, lambda run: run["status"] in ("finished", "failed", "stopped"))
    assert lost["status"] == "failed"
    assert lost["reason"]
    assert 2 <= lost["n_done"] < 40
    before = {one["item_id"]: one for one in read(lent("samples", run_id, "--json"))}
    lender.kill()  # one that wakes up and finds its client gone ends by itself
    lender.start()
    lent("runs", "resume", run_id, **limit)
    done = wait_for(lent, run_id, lambda run: run["status"] in ("finished", "failed", "stopped"))
    assert (done["status"], done["n_done"]) == ("finished", 40)
    after = {one["item_id"]: one for one in read(lent("samples", run_id, "--json"))}
    assert {name: after[name] for name in before} == before


@needs_servers
def test_a_silent_server_is_told_within_seconds(lent: Shell, lender: Lender) -> None:
    lender.process.send_signal(signal.SIGSTOP)
    done = lent("bench", "aa-nano", "--rpc", lender.address)
    assert done.returncode == 1
    assert f"{lender.address} does not answer as an RPC server within" in done.stderr
