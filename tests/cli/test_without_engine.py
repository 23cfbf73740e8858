"""Looking around needs no llama.cpp: every command in an environment without it, and what those say that need it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.hub_server import HubServer
from tests.support.without_engine import make_environment

from aa_tui.gguf.bundled import bundled_model

Run = Callable[..., subprocess.CompletedProcess[str]]

SENTENCE = "llama.cpp is not installed here, so no model can be run: `"


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has all but llama.cpp."""
    return make_environment(tmp_path_factory.mktemp("bare"))


@pytest.fixture
def bare(bare_python: Path, home: Path, fresh: Path) -> Run:
    """`aa-tui` without llama.cpp."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AA_TUI_HOME": str(home), "COLUMNS": "100", **environ}
        command = [str(bare_python), "-m", "aa_tui", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
        )

    return run


@pytest.mark.repeats
@pytest.mark.parametrize(
    "words",
    [
        "models --class tiny",
        "show nanbeige4.1-3b",
        "chart intelligence",
        "chart --list",
        "export nanbeige4.1-3b --output -",
        "compare nanbeige4.1-3b minicpm5-1b",
        "packs list",
        "packs show nano",
        "packs check nano",
        "runs",
        "catalog",
        "gguf list",
        "gguf fit",
        "gguf inspect {model}",
        "gguf verify {model}",
        "config",
        "bench --help",
    ],
)
def test_everything_but_running_a_model_works(bare: Run, words: str) -> None:
    done = bare(*words.format(model=bundled_model()).split())
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr == ""


@pytest.mark.long
def test_a_file_is_pulled_and_known(bare: Run, hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.add("someone/Nano-GGUF", "nano-Q8_0.gguf", bundled_model().read_bytes())
    done = bare("gguf", "pull", "someone/Nano-GGUF", HF_ENDPOINT=hub_server.endpoint, HF_HUB_CACHE=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "nano-Q8_0.gguf" in bare("gguf", "list", "--here", HF_HUB_CACHE=str(tmp_path)).stdout


@pytest.mark.repeats
@pytest.mark.parametrize(
    "words",
    [
        "bench aa-nano",
        "eval aa-nano --pack nano --limit 2",
        "eval aa-nano --pack nano --later",
        "demo --no-tui",
        "bench aa-nano --device CUDA0",
        "gguf fit aa-nano --device CUDA0",
    ],
)
def test_what_runs_a_model_says_how_to_get_llama_cpp_and_notes_no_run(bare: Run, words: str) -> None:
    done = bare(*words.split())
    assert done.returncode == 1
    assert done.stderr.startswith(f"aa-tui: {SENTENCE}")
    assert "llama-cpp-python" in done.stderr
    assert done.stderr.count("\n") == 1
    assert json.loads(bare("runs", "--json").stdout) == []


@pytest.mark.long
def test_a_run_of_before_is_not_touched(bare: Run, program: Run) -> None:
    assert program("eval", "aa-nano", "--pack", "nano", "--limit", "1", "--later").returncode == 0
    for words in (("runs", "resume", "1"), ("runs", "start")):
        done = bare(*words)
        assert (done.returncode, done.stderr.startswith(f"aa-tui: {SENTENCE}")) == (1, True)
    assert json.loads(bare("runs", "--json").stdout)[0]["status"] == "planned"


@pytest.mark.long
def test_doctor_takes_it_for_a_choice(bare: Run) -> None:
    done = bare("doctor", "--json")
    report: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, report["problems"], report["engine"]) == (0, [], None)
    assert report["packages"]["llama-cpp-python"] is None
    assert any(one.startswith(SENTENCE) for one in report["hints"])
    text = bare("doctor").stdout
    assert "llama.cpp  not installed" in text
    assert text.endswith("No problems.\n")
