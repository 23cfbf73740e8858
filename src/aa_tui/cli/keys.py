"""One key at a time from a terminal, one line at a time from anything else."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from types import TracebackType
from typing import Any, TextIO

END = "q"
"""What the end of the input says."""


class Keys:
    """Reads standard input; a context manager, at whose end the terminal is as it was. `out` shows what is asked."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._before: Any = None
        self.is_terminal = sys.stdin.isatty()

    def __enter__(self) -> Keys:
        self._take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._give_back()

    def ask(self, prompt: str) -> str:
        """A key, or a line where keys do not come one by one; empty for one that means nothing."""
        if self._before is None:
            return self.line(prompt)
        self._out.write(prompt)
        self._out.flush()
        data = _byte()
        if data == b"\x1b" and _is_more():  # an arrow and the like, which means nothing here
            data = _byte()
            while data in (b"[", b"O", b";") or data.isdigit():
                data = _byte()
            data = b" "
        key = END if data in (b"", b"\x04") else data.decode("ascii", "ignore").strip()
        self._out.write(f"{key}\n")
        return key

    def line(self, prompt: str) -> str:
        """A line; the end of the input is `END`."""
        if self.is_terminal:
            self._out.write(prompt)
            self._out.flush()
        was_taken = self._before is not None
        self._give_back()
        try:
            said = sys.stdin.readline()
        finally:
            if was_taken:
                self._take()
        return said.strip() if said else END

    def _take(self) -> None:
        """Have the terminal give keys at once, and not show them."""
        if not self.is_terminal:
            return
        with contextlib.suppress(ImportError):  # Windows has lines only
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSADRAIN)

    def _give_back(self) -> None:
        if self._before is None:
            return
        import termios

        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)
        self._before = None


def _byte() -> bytes:
    return os.read(sys.stdin.fileno(), 1)


def _is_more() -> bool:
    """Whether more has come at once."""
    return bool(select.select([sys.stdin], [], [], 0)[0])
