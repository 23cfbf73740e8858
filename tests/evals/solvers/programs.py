"""Programs to read, run by an interpreter of their own."""

from __future__ import annotations

import subprocess
import sys

from tests.evals.solvers.reading import asked, parts


def program(text: str) -> str:
    """What the Python program in the text prints."""
    (code,) = parts(asked(text), r"What does this Python program print\?\n\n```python\n(.*)\n```")
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.removesuffix("\n")
