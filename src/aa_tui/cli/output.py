"""Plain output: JSON, tables, and a progress bar on the terminal's error stream."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import Any

from aa_tui.cli.errors import UsageError


def print_json(value: Any) -> None:
    """JSON on standard output, for programs and people; in ASCII where the output is not UTF-8."""
    ascii_only = (sys.stdout.encoding or "utf-8").lower() not in ("utf-8", "utf8")
    sys.stdout.write(json.dumps(value, ensure_ascii=ascii_only, indent=2) + "\n")


def write_lines(lines: Sequence[str]) -> None:
    """Lines on standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def agrees(question: str) -> bool:
    """Ask on the error stream. Raises UsageError where there is nobody to answer."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked; say --yes.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: frozenset[int]) -> list[str]:
    """Lines of a table: columns in `left` start at the left, the others (numbers) end at the right."""
    widths = [max(map(cells, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        parts = [
            _pad(text, width, to_left=number in left)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return lines


def cells(text: str) -> int:
    """How many terminal cells a text takes."""
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def cut(text: str, width: int) -> str:
    """At most `width` cells of a text; an ellipsis says that something is missing."""
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return text + "…"


def width() -> int:
    """Columns of the terminal, 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


def wants_color(choice: str = "auto") -> bool:
    """Whether to colour standard output: asked for, or a terminal and no NO_COLOR."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


class ProgressLine:
    """One line on standard error that is drawn over; plain lines, at most one in 5 s, where it is no terminal."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._tty = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._last = ("", time.monotonic())

    def show(self, fraction: float, text: str) -> None:
        """Draw the bar at a fraction of 0 to 1 with what is going on."""
        now = time.monotonic()
        line = f"{_bar(fraction)} {fraction:4.0%}  {text}"
        _, at = self._last
        if self._quiet or line == self._last[0]:
            return
        if self._tty:
            sys.stderr.write(f"\r\x1b[K{cut(line, width() - 1)}")
        elif now - at >= 5:
            sys.stderr.write(f"{fraction:4.0%}  {text}\n")
        else:
            return
        sys.stderr.flush()
        self._last = (line, now)

    def clear(self) -> None:
        """Take the line away again."""
        if self._tty and self._last[0]:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._last = ("", time.monotonic())


def _bar(fraction: float, size: int = 24) -> str:
    full = round(max(0.0, min(1.0, fraction)) * size)
    ascii_only = "utf" not in (sys.stderr.encoding or "").lower()
    return ("#" if ascii_only else "█") * full + ("-" if ascii_only else "░") * (size - full)


def _pad(text: str, size: int, *, to_left: bool) -> str:
    space = " " * (size - cells(text))
    return text + space if to_left else space + text
