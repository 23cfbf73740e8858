"""A program called `ssh` that runs the command here with another data folder, and notes what it was given."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = """#!{python}
import json, os, pathlib, subprocess, sys

pathlib.Path({notes!r}).open("a").write(json.dumps(sys.argv[1:]) + "\\n")
if {refuses!r}:
    sys.stderr.write({refuses!r} + "\\n")
    sys.exit(255)
environment = {{**os.environ, "AA_TUI_HOME": {home!r}, "PATH": {programs!r} + ":" + os.environ["PATH"]}}
sys.exit(subprocess.run(sys.argv[-1], shell=True, env=environment, check=False).returncode)
"""


def put_ssh(folder: Path, home: Path, *, refuses: str = "", has_program: bool = True) -> Path:
    """Put it into a folder that stands first in PATH. Returns its notes, a list of arguments a line.

    `home` is the other machine's data folder; with `refuses` it says that and ends; without `has_program` there is no
    aa-tui on that machine.
    """
    programs = folder / "there"
    programs.mkdir(parents=True, exist_ok=True)
    if has_program:
        there = programs / "aa-tui"
        there.write_text(f'#!/bin/sh\nexec {sys.executable} -m aa_tui "$@"\n')
        there.chmod(0o755)
    notes, program = folder / "notes.jsonl", folder / "ssh"
    program.write_text(
        _PROGRAM.format(
            python=sys.executable, notes=str(notes), refuses=refuses, home=str(home), programs=str(programs)
        )
    )
    program.chmod(0o755)
    return notes
