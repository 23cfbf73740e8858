"""Start-up stays fast because nothing heavy is imported before it is needed. Counted, not clocked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("textual", "rich", "plotext", "llama_cpp", "sqlite_utils", "gguf", "numpy", "click", "psutil", "httpx")

_PROBE = """
import json, sys
from aa_tui.cli.main import run
code = run(json.loads(sys.argv[1]))
sys.stderr.write("\\n" + json.dumps([name for name in json.loads(sys.argv[2]) if name in sys.modules]))
sys.exit(code)
"""


def imported(*arguments: str) -> list[str]:
    """Which heavy packages a command has imported by its end."""
    command = [sys.executable, "-c", _PROBE, json.dumps(arguments), json.dumps(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    found: list[str] = json.loads(done.stderr.splitlines()[-1])
    return found


@pytest.fixture(autouse=True)
def _warm_catalog(home: Path) -> None:
    subprocess.run([sys.executable, "-m", "aa_tui", "models", "--limit", "1"], check=True, capture_output=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("models", "--json"),
        ("models", "--class", "tiny", "qwen"),
        ("show", "nanbeige4.1-3b"),
        ("show", "nanbeige4.1-3b", "--json"),
        ("runs", "--json"),
    ],
)
@pytest.mark.repeats
def test_looking_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) == []


def test_the_app_needs_textual_alone_for_its_first_frame() -> None:
    command = [sys.executable, "-c", "import sys, aa_tui.tui.app; print(*sys.modules)"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "textual" in loaded
    assert set(HEAVY) & set(loaded) == {"textual", "rich"}
