"""Plain output: JSON, tables, drawings, sentences for people, and a progress bar on the terminal's error stream."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from aa_tui.cli import outlet
from aa_tui.cli.outlet import Address, Code
from aa_tui.errors import UsageError
from aa_tui.textsafe import shown_line

MOST_COLUMNS, MOST_LINES = 1000, 500
"""No window is larger; what says so would have us draw until memory ends."""

if TYPE_CHECKING:
    from aa_tui.charts.draw.drawing import Line, Role

_COLOURS: dict[Role, Code] = {
    "title": Code.BOLD,
    "note": Code.DIM,
    "axis": Code.DIM,
    "bar": Code.BLUE,
    "part-1": Code.BLUE,
    "part-2": Code.MAGENTA,
    "part-3": Code.YELLOW,
    "dot": Code.BLUE,
    "dot-2": Code.MAGENTA,
    "frontier": Code.GREEN,
    "quadrant": Code.DIM,
    "chosen-label": Code.BOLD_CYAN,
    "chosen-value": Code.BOLD_CYAN,
    "chosen-bar": Code.CYAN,
    "chosen-dot": Code.BOLD_CYAN,
    "cursor": Code.REVERSE,
    "chosen-cursor": Code.REVERSE,
}
"""The 16 colours that each terminal theme makes readable on its own background."""


def print_json(value: Any) -> None:
    """JSON on standard output, for programs and people; in ASCII where the output is not UTF-8."""
    from aa_tui.jsontext import dumps

    out = outlet.of(sys.stdout)
    out.write(dumps(value, indent=2, ascii_only=not out.is_unicode) + "\n")


def print_rows(rows: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> bool:
    """The rows of a listing as JSON or CSV, if one of them is wanted. Raises UsageError where both are."""
    if options.csv and options.json:
        raise UsageError("--csv and --json exclude each other.")
    if options.csv:
        from aa_tui.export.rows_csv import as_csv

        print_document(as_csv(rows))
    elif options.json:
        print_json(list(rows))
    return bool(options.csv or options.json)


def print_document(text: str) -> None:
    """What could as well be a file, on standard output."""
    outlet.of(sys.stdout).document(text)


def write_data(data: bytes) -> None:
    """What is no text, on a standard output that is no terminal."""
    outlet.of(sys.stdout).data(data)


def write_lines(lines: Iterable[str], to: TextIO | None = None) -> None:
    """Lines on standard output, each of them one line whatever it holds."""
    outlet.of(to or sys.stdout).write("".join(f"{shown_line(line)}\n" for line in lines))


def write_drawing(lines: Iterable[Line], *, color: bool) -> None:
    """Lines whose parts have roles, on standard output, with the shell's colours or without."""
    parts: list[str | Code | Address] = []
    has_links = shows_links()
    for line in lines:
        text = "".join(part.text for part in line)
        left = len(text.rstrip())
        for part in line:
            words, left = shown_line(part.text[: max(0, left)]), left - len(part.text)
            code = _COLOURS.get(part.role) if color and part.role and words.strip() else None
            if has_links and part.link and words:
                parts += [Address(part.link), words, Address()]
            else:
                parts += [words] if code is None else [code, words, Code.RESET]
        parts.append("\n")
    outlet.of(sys.stdout).emit(*parts)


def say(sentence: str) -> None:
    """A sentence on standard error."""
    write_lines([sentence], sys.stderr)


def say_aside(lines: Iterable[str]) -> None:
    """Lines on standard error beside what somebody reads, dimmed in a terminal."""
    dims = wants_color(stream=sys.stderr)
    for line in map(shown_line, lines):
        outlet.of(sys.stderr).emit(*((Code.DIM, line, Code.RESET) if dims else (line,)), "\n")


def announce(words: str) -> None:
    """Tell of the end of something long: a bell and a notification, on a terminal alone, and only where they are on."""
    from aa_tui.config.reading import load

    if load().notifications:
        outlet.of(sys.stderr).announce(words)


def agrees(question: str) -> bool:
    """Ask on the error stream. Raises UsageError where there is nobody to answer."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked; say --yes.")
    sys.stderr.write(f"{shown_line(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def may_lose(question: str, *, yes: bool) -> bool:
    """Whether work may be lost: who sits at a terminal is asked, but for `--yes`; a script is taken at its word."""
    return yes or not (sys.stdin.isatty() and sys.stdout.isatty()) or agrees(question)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: frozenset[int]) -> list[str]:
    """Lines of a table: columns in `left` start at the left, the others (numbers) end at the right."""
    head, rows = list(map(shown_line, head)), [list(map(shown_line, row)) for row in rows]
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
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def cut(text: str, width: int) -> str:
    """At most `width` cells of a text; an ellipsis says that something is missing."""
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return text + "…"


def fit(text: str, width: int) -> str:
    """A text for the terminal's window, cut; whole in a pipe or a file, which have no window."""
    return cut(text, width) if sys.stdout.isatty() else text


def window_size(without: tuple[int, int] = (100, 24)) -> os.terminal_size:
    """Columns and lines of the terminal, or what COLUMNS and LINES say, as far as that can be; `without` one."""
    found = shutil.get_terminal_size(without)
    return os.terminal_size((min(found.columns, MOST_COLUMNS), min(found.lines, MOST_LINES)))


def width() -> int:
    """Columns of the terminal, 100 where there is none."""
    return window_size().columns


def wants_color(choice: str = "auto", stream: TextIO | None = None) -> bool:
    """Whether to colour standard output, or another stream: asked for, or a terminal and no NO_COLOR."""
    if choice != "auto":
        return choice == "always"
    return (stream or sys.stdout).isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


class StatusLine:
    """One line on standard error that is drawn over; nothing where that is no terminal."""

    def __init__(self, quiet: bool = False) -> None:
        self._draws = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._last = ""

    def show(self, text: str) -> None:
        """Draw it."""
        line = cut(shown_line(text), width() - 1)
        if self._draws and line != self._last:
            outlet.of(sys.stderr).emit(Code.LINE_START, Code.ERASE_LINE, line)
            sys.stderr.flush()
            self._last = line

    def clear(self) -> None:
        """Take the line away again."""
        if self._last:
            outlet.of(sys.stderr).emit(Code.LINE_START, Code.ERASE_LINE)
            sys.stderr.flush()
            self._last = ""


def shows_links() -> bool:
    """Whether standard output is a terminal that takes links: OSC 8 is passed over by all but the oldest."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "linux", "unknown")


class ProgressLine:
    """One line on standard error that is drawn over; plain lines, at most one in 5 s, where it is no terminal."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._tty = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._last = ("", time.monotonic())

    def show(self, fraction: float, text: str) -> None:
        """Draw the bar at a fraction of 0 to 1 with what is going on."""
        now = time.monotonic()
        text = shown_line(text)
        line = f"{_bar(fraction)} {fraction:4.0%}  {text}"
        _, at = self._last
        if self._quiet or line == self._last[0]:
            return
        if self._tty:
            outlet.of(sys.stderr).emit(Code.LINE_START, Code.ERASE_LINE, cut(line, width() - 1))
        elif now - at >= 5:
            sys.stderr.write(f"{fraction:4.0%}  {text}\n")
        else:
            return
        sys.stderr.flush()
        self._last = (line, now)

    def clear(self) -> None:
        """Take the line away again."""
        if self._tty and self._last[0]:
            outlet.of(sys.stderr).emit(Code.LINE_START, Code.ERASE_LINE)
            sys.stderr.flush()
        self._last = ("", time.monotonic())


@contextmanager
def hashing() -> Iterator[Callable[[int, int], None]]:
    """What shows how far a file is read that has to be read whole."""
    bar = ProgressLine()
    try:
        yield lambda done, total: bar.show(done / max(total, 1), "reading the file (sha256)")
    finally:
        bar.clear()


def _bar(fraction: float, size: int = 24) -> str:
    full = round(max(0.0, min(1.0, fraction)) * size)
    return "█" * full + "░" * (size - full)


def _pad(text: str, size: int, *, to_left: bool) -> str:
    space = " " * (size - cells(text))
    return text + space if to_left else space + text
