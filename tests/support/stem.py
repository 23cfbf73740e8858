"""`aa-tui` in processes of their own that need not start Python: a process that has imported the program splits.

To start Python and import the program takes longer than most of what tests ask of it. The stem imports what its
branches have imported, so that the next one finds it there; not what reads the environment when it is imported.
Where the environment says how Python itself is to start, or the system cannot split so, a plain process is started.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, NamedTuple, NoReturn, Self

_PYTHONS_OWN = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "MALLOC", "OMP_", "OPENBLAS_")
_ALWAYS_ANEW = frozenset({"huggingface_hub", "hf_xet", "llama_cpp", "textual", "plotext", "__main__", "tests"})
_MOST_BYTES = 1_000_000


class Stem:
    """Runs `aa-tui` as `subprocess.run` does, in branches of one process that lives as long as this object's."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = ""
        self._begun_with: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()  # closes the stem's standard input
            rmtree(Path(self._socket).parent)

    def run(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], timeout_s: float
    ) -> subprocess.CompletedProcess[str]:
        """What the program prints and with what it ends; nothing is typed. Raises `subprocess.TimeoutExpired`."""
        command = [sys.executable, "-m", "aa_tui", *arguments]
        if not self._can_branch(environment):
            return subprocess.run(
                command, capture_output=True, text=True, timeout=timeout_s, check=False, env=dict(environment),
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        with socket.socket(socket.AF_UNIX) as asked, os.fdopen(out_read, "rb") as out, os.fdopen(err_read, "rb") as err:
            try:
                asked.connect(self._socket)
                wanted = {"arguments": list(arguments), "environment": dict(environment), "folder": str(Path.cwd())}
                socket.send_fds(asked, [_sent(wanted)], [out_write, err_write])
            finally:
                os.close(out_write)
                os.close(err_write)
            asked.shutdown(socket.SHUT_WR)
            told = asked.makefile("r")
            pid = int(told.readline())
            texts = _read_both(out.fileno(), err.fileno(), timeout_s)
            if texts is None:
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)
                raise subprocess.TimeoutExpired(command, timeout_s)
            code = int(told.readline())
        return subprocess.CompletedProcess(command, code, *texts)

    def _can_branch(self, environment: Mapping[str, str]) -> bool:
        if not hasattr(os, "pidfd_open") or any(name.startswith("COV") for name in environment):
            return False
        if self._process is None:
            self._begun_with = _pythons_own(os.environ)
            self._socket = str(Path(mkdtemp(prefix="aa-stem-")) / "asked")
            self._process = subprocess.Popen(
                [sys.executable, __file__, self._socket],
                stdin=subprocess.PIPE,  # it ends when this closes
                stdout=subprocess.PIPE,
            )
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n"
            self._process.wait(60)
        return _pythons_own(environment) == self._begun_with


def _pythons_own(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_PYTHONS_OWN)}


def _sent(wanted: Mapping[str, Any]) -> bytes:
    data = json.dumps(wanted).encode()
    assert len(data) < _MOST_BYTES
    return data


def _read_both(out: int, err: int, timeout_s: float) -> tuple[str, str] | None:
    """All that is written to two pipes until all have closed them; None after the time."""
    with selectors.DefaultSelector() as waiting:
        parts: dict[int, list[bytes]] = {out: [], err: []}
        for one in parts:
            waiting.register(one, selectors.EVENT_READ)
        until = time.monotonic() + timeout_s
        while waiting.get_map():
            if time.monotonic() > until:
                return None
            for key, _ in waiting.select(max(0.0, until - time.monotonic())):
                data = os.read(key.fd, 65_536)
                parts[key.fd].append(data)
                if not data:
                    waiting.unregister(key.fd)
    return _text(parts[out]), _text(parts[err])


def _text(parts: Sequence[bytes]) -> str:
    return io.TextIOWrapper(io.BytesIO(b"".join(parts))).read()  # as `subprocess.run` with text=True does


class _Left:
    """Refuses what every branch is to import itself, while the stem imports."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] in _ALWAYS_ANEW:
            raise ImportError(name)


class _Branch(NamedTuple):
    pid: int
    asked: socket.socket
    imported: int


def _serve(path: str) -> None:
    """Split for everybody who asks at a socket, until standard input closes."""
    import aa_tui.cli.main  # noqa: F401 (every branch does)

    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(64)
    if os.fork():
        os._exit(0)  # so that it is no child of the tests' process, some of which look for theirs
    os.write(1, b"ready\n")
    nothing = os.open(os.devnull, os.O_WRONLY)
    for standard in (1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    with selectors.DefaultSelector() as waiting:
        waiting.register(listening, selectors.EVENT_READ)
        waiting.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fd == 0:
                    return
                if key.data is None:
                    branch = _split(listening)
                    waiting.register(os.pidfd_open(branch.pid), selectors.EVENT_READ, branch)
                else:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    _ended(key.data)


def _split(listening: socket.socket) -> _Branch:
    asked, _ = listening.accept()
    data, pipes, _, _ = socket.recv_fds(asked, _MOST_BYTES, 2)
    while more := asked.recv(_MOST_BYTES):
        data += more
    imported, tells = os.pipe()
    gc.freeze()  # what is here already needs no looking through in any branch
    pid = os.fork()
    if pid == 0:
        listening.close()
        asked.close()
        os.close(imported)
        _be_the_program(json.loads(data), pipes, tells)
    for one in (*pipes, tells):
        os.close(one)
    asked.sendall(b"%d\n" % pid)
    return _Branch(pid, asked, imported)


def _ended(branch: _Branch) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(branch.pid, 0)[1])
    with suppress(OSError):
        branch.asked.sendall(b"%d\n" % code)
    branch.asked.close()
    with os.fdopen(branch.imported, "rb") as names:
        new = names.read().decode().split()
    left = _Left()
    sys.meta_path.insert(0, left)
    for name in new:
        with suppress(ImportError):
            importlib.import_module(name)
    sys.meta_path.remove(left)


def _be_the_program(wanted: Mapping[str, Any], pipes: Sequence[int], tells: int) -> NoReturn:
    from aa_tui.__main__ import main

    nothing = os.open(os.devnull, os.O_RDONLY)
    for standard, one in enumerate((nothing, *pipes)):
        os.dup2(one, standard)
        os.close(one)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    sys.argv = ["aa_tui", *wanted["arguments"]]
    there = set(sys.modules)
    try:
        sys.exit(main())
    finally:
        new = (name for name in sys.modules if name not in there and name.partition(".")[0] not in _ALWAYS_ANEW)
        os.write(tells, " ".join(new).encode()[:60_000])
        os.close(tells)


if __name__ == "__main__":
    sys.path.pop(0)  # this folder: its modules are none of the program's
    with suppress(KeyboardInterrupt):
        _serve(sys.argv[1])
