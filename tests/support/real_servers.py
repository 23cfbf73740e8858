"""Real servers of GGUF files on the loopback, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

PATIENCE_S = 120.0


class RealServer:
    """A server's process; `url` is where it answers once it is entered."""

    def __init__(self, command: list[str], log: Path, *, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        environ = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=environ)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            said = self._log.read_text(errors="replace")[-2_000:]
            assert self._process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Of its process, once it is entered."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as when its machine is switched off."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/models", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


def llama_server(
    file: Path, log: Path, *, slots: int = 2, n_ctx: int = 4096, core: int | None = None, jinja: bool = True
) -> RealServer:
    """llama-server of the program that `.ci/servers` builds, with so much context for each of its slots.

    It is held to that `core` of the processor, where one is named; without `jinja` it takes no functions.
    """
    port = free_port()
    held = [] if core is None else ["taskset", "-c", str(core)]
    command = [
        *held, os.environ["AA_TUI_LLAMA_SERVER"], "--model", str(file), "--port", str(port), "--parallel", str(slots),
        "--ctx-size", str(n_ctx * slots), "--threads", "1", "--threads-batch", "1", "--no-webui",
        "--jinja" if jinja else "--no-jinja",
    ]  # fmt: skip
    return RealServer(command, log, port=port)


def llama_cpp_python_server(file: Path, log: Path, *, n_ctx: int = 4096) -> RealServer:
    """The server that llama-cpp-python has itself: one request after the other."""
    port = free_port()
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(file), "--port", str(port), "--n_ctx", str(n_ctx),
        "--n_threads", "1", "--n_threads_batch", "1",
    ]  # fmt: skip
    return RealServer(command, log, port=port)


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
