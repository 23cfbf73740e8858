"""A program in a pseudo-terminal of a known size: what it writes, and the screen that its bytes draw."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte

SOURCE = Path(__file__).resolve().parents[2] / "src"
KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+c": "\x03",
    "ctrl+z": "\x1a",
    "ctrl+l": "\x0c",
    "ctrl+p": "\x10",
    "backspace": "\x7f",
}


class WaitError(AssertionError):
    """What was waited for did not come; the text shows the screen."""


class Terminal:
    """A child process on a pseudo-terminal. Use as a context manager: the child never outlives it."""

    def __init__(
        self, argv: Sequence[str], *, columns: int = 120, rows: int = 40, env: Mapping[str, str] | None = None
    ) -> None:
        self.raw = bytearray()
        self.columns, self.rows = columns, rows
        self._screen: Any = pyte.Screen(columns, rows)
        self._stream: Any = pyte.ByteStream(self._screen)
        self._fed = 0
        self.status: int | None = None
        self.started = time.perf_counter()
        self.first_byte: float | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            _become(argv, env or {}, columns, rows)
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.fd)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what is on the screen

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        self._feed()
        return list(self._screen.display)

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    @property
    def cells(self) -> Any:
        """The screen's cells, by row and column, as pyte keeps them."""
        self._feed()
        return self._screen.buffer

    def _feed(self) -> None:
        new = bytes(self.raw[self._fed :])
        # pyte does not know that CSI > and CSI < … are private and would draw their ends.
        self._fed = len(self.raw)
        self._stream.feed(_without_private(new))

    def forget(self) -> None:
        """Let go of what was read; the screen is no longer known."""
        self.raw.clear()
        self._fed = 0

    # -- driving

    def send(self, *keys: str) -> None:
        """Type: names of keys, or text as it is."""
        for key in keys:
            os.write(self.fd, KEYS.get(key, key).encode())

    def write(self, data: bytes, deadline_s: float = 60.0) -> None:
        """Type bytes, however many; what the app draws meanwhile is read, so that neither side waits for the other."""
        os.set_blocking(self.fd, False)
        left, begin = memoryview(data), time.perf_counter()
        while left and self.status is None and time.perf_counter() - begin < deadline_s:
            self.pump(0)
            if select.select([], [self.fd], [], 0.05)[1]:
                try:
                    left = left[os.write(self.fd, left[:4096]) :]
                except BlockingIOError:
                    continue
        os.set_blocking(self.fd, True)

    def erase(self) -> None:
        """Forget what is on the screen, as after another program has used it."""
        self._feed()
        self._screen.erase_in_display(2)

    def pump(self, seconds: float = 0.01) -> int:
        """Read what has come, for at most so long; the number of bytes."""
        got = 0
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if ready:
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:  # the other end is closed
                data = b""
            if data and self.first_byte is None:
                self.first_byte = time.perf_counter() - self.started
            self.raw += data
            got = len(data)
            if not data:
                self._reap(block=False)
        return got

    def wait(self, condition: Callable[[], bool], what: str = "", deadline_s: float = 60.0) -> float:
        """Read until the condition holds; the seconds that took."""
        begin = time.perf_counter()
        while not condition():
            self.pump(0.02)
            if time.perf_counter() - begin > deadline_s:
                raise WaitError(f"waited {deadline_s} s for {what or condition}; the screen:\n{self.text}")
        return time.perf_counter() - begin

    def wait_text(self, text: str, deadline_s: float = 60.0) -> float:
        """Read until the screen shows a text."""
        return self.wait(lambda: text in self.text, repr(text), deadline_s)

    def settle(self, quiet_s: float = 0.3, deadline_s: float = 60.0) -> int:
        """Read until nothing has come for a while; the number of bytes."""
        total, last, begin = 0, time.perf_counter(), time.perf_counter()
        while time.perf_counter() - last < quiet_s and time.perf_counter() - begin < deadline_s:
            got = self.pump(0.02)
            if got:
                total += got
                last = time.perf_counter()
        return total

    def resize(self, columns: int, rows: int) -> None:
        """Another size; the child is told."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.columns, self.rows = columns, rows
        self._screen.resize(rows, columns)

    def signal(self, number: int) -> None:
        """Send a signal to the child."""
        os.kill(self.pid, number)

    @property
    def child(self) -> int:
        """The process that the child has started, as the app's guard starts the app."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0])

    def wait_exit(self, deadline_s: float = 60.0) -> int:
        """Read until the child has ended; its exit status, negative for a signal."""
        begin = time.perf_counter()
        while self.status is None:
            self.pump(0.02)
            self._reap(block=False)
            if time.perf_counter() - begin > deadline_s:
                raise WaitError(f"still running after {deadline_s} s; the screen:\n{self.text}")
        while self.pump(0.05):
            pass
        return self.status

    def _reap(self, *, block: bool) -> None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, 0 if block else os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End the child, whatever it does."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap(block=True)
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _without_private(data: bytes) -> bytes:
    import re

    return re.sub(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p", b"", data)


def _become(argv: Sequence[str], env: Mapping[str, str], columns: int, rows: int) -> None:
    """In the child: set the size before anything asks for it, then become the program."""
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execvpe(argv[0], list(argv), dict(env))
    finally:
        os._exit(127)


def environment(**extra: str) -> dict[str, str]:
    """A small, known environment for a child, with our sources on its path."""
    base = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "OMP_WAIT_POLICY": "passive",  # as the conftest says
        "PYTHONPATH": str(SOURCE),
        # Compiled once for all children, wherever the sources may not be written to.
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / f"aa-tui-tests-{os.getuid()}"),
    }
    return {**base, **extra}


_RUN = (
    "import sys; from pathlib import Path; from aa_tui.tui.app import run_app; "
    "sys.exit(run_app(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))"
)


def app_command(catalog: Path, slug: str | None = None) -> list[str]:
    """The command line of the app on a catalog."""
    return [sys.executable, "-c", _RUN, str(catalog), *([slug] if slug else [])]


def guarded_command(catalog: Path, *words: str) -> list[str]:
    """The command line of a user: the app, and the process that waits for it."""
    return [sys.executable, "-m", "aa_tui", "--catalog", str(catalog), *words]


RESTORED = (
    b"\x1b[?1049l",
    b"\x1b[?1000l",
    b"\x1b[?1003l",
    b"\x1b[?1006l",
    b"\x1b[?1015l",
    b"\x1b[?1016l",
    b"\x1b[?2004l",
    b"\x1b[?1004l",
    b"\x1b[?2026l",
    b"\x1b[?7h",
    b"\x1b[?25h",
)


def assert_restored(app: Terminal) -> None:
    """The last thing said about each mode switches it off, and the line settings are as they were."""
    for off in RESTORED:
        on = off[:-1] + (b"l" if off.endswith(b"h") else b"h")
        assert app.raw.rfind(off) > app.raw.rfind(on), off
    assert app.raw.count(b"\x1b[<u") == app.raw.count(b"\x1b[>25u"), "as many keyboards given back as taken"
    assert termios.tcgetattr(app.fd) == app.before
