"""A program called `ssh` that forwards a port as ssh does, on this machine alone. It notes what it was called with."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = """#!{python}
import json, pathlib, socket, sys, threading, os

pathlib.Path({notes!r}).open("a").write(json.dumps({{"argv": sys.argv[1:], "pid": os.getpid()}}) + "\\n")
if {refuses!r}:
    sys.stderr.write({refuses!r} + "\\n")
    sys.exit(255)
here, port, host, there = sys.argv[sys.argv.index("-L") + 1].split(":")
listening = socket.create_server((here, int(port)))

def pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for end in (one, other):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

while True:
    near, _ = listening.accept()
    far = socket.create_connection(("127.0.0.1", int(there)))
    threading.Thread(target=pump, args=(near, far), daemon=True).start()
    threading.Thread(target=pump, args=(far, near), daemon=True).start()
"""


def put_ssh(folder: Path, refuses: str = "") -> Path:
    """Put it into a folder that stands first in PATH; with `refuses` it says that and ends. Returns its notes."""
    folder.mkdir(parents=True, exist_ok=True)
    notes, program = folder / "notes.jsonl", folder / "ssh"
    program.write_text(_PROGRAM.format(python=sys.executable, notes=str(notes), refuses=refuses))
    program.chmod(0o755)
    return notes
