"""The program in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Program = Callable[..., subprocess.CompletedProcess[str]]
"""`program` of the conftest."""

Answer = Callable[..., Any]
"""`answer` of the conftest."""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has this")


def under(shell: str, *arguments: str, namespace: bool = False) -> subprocess.CompletedProcess[str]:
    """The program after some shell, in a namespace of its own where asked for."""
    before = ["unshare", "-rm"] if namespace else []
    command = [*before, "sh", "-c", f'{shell} && exec "$@"', "sh", sys.executable, *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ),
    )
