"""`aa-tui import`, as a user types it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.program import Answer, Program

LOG = Path(__file__).parents[1] / "formats" / "recorded"


def test_a_log_that_is_read_twice_comes_out_of_a_named_pipe(program: Program, answer: Answer, tmp_path: Path) -> None:
    log, pipe = next(LOG.rglob("*.eval")), tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cp", str(log), str(pipe)]):
        done = program("import", str(pipe))
    assert done.returncode == 0, done.stderr
    assert len(answer("runs")) == 1
