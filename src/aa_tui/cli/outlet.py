"""The one way out to the terminal: what stands for standard output and standard error while a command runs.

Whoever writes to `sys.stdout` or `sys.stderr`, be it a command, argparse, a warning, a traceback or a library's log,
writes text, and text passes `textsafe.shown`. Colours and the cursor's movements are no text: they are members of
`Code`, given to `emit` beside text, so that no text can ever be taken for them. The app is not touched by this, since
Textual draws on `sys.__stderr__`.

What the encoding lacks becomes our ASCII marks or question marks. Bytes are written here and kept nowhere else, so
that a full disk, a closed descriptor or a reader that has gone is known at once, and once.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from aa_tui.terminal import notification
from aa_tui.textsafe import shown
from aa_tui.weblinks import checked

if TYPE_CHECKING:
    from typing import BinaryIO

    from _typeshed import ReadableBuffer

_ENOUGH_BYTES = 1 << 16
_MARKS = "aa-tui-marks"


class Code(Enum):
    """All that the program ever asks of a terminal outside the app."""

    BOLD = "\x1b[1m"
    DIM = "\x1b[2m"
    REVERSE = "\x1b[7m"
    GREEN = "\x1b[32m"
    YELLOW = "\x1b[33m"
    BLUE = "\x1b[34m"
    MAGENTA = "\x1b[35m"
    CYAN = "\x1b[36m"
    BOLD_CYAN = "\x1b[1;36m"
    RESET = "\x1b[0m"
    LINE_START = "\r"
    ERASE_LINE = "\x1b[K"


class Address(NamedTuple):
    """What text leads to from here on, by OSC 8, until an empty one. What must not be a link leads nowhere."""

    url: str = ""

    @property
    def sequence(self) -> str:
        """What the terminal is told."""
        return f"\x1b]8;;{checked(self.url) or ''}\x1b\\"


class OutputError(Exception):
    """Standard output takes no more. No OSError, so that no command takes it for a fault of its own files."""

    def __init__(self, reason: OSError) -> None:
        self.reason = reason
        super().__init__(str(reason))

    @property
    def reader_has_gone(self) -> bool:
        """Whether somebody had read enough, as in `aa-tui models | head`."""
        return self.reason.errno == errno.EPIPE


class Outlet(io.TextIOBase):
    """A text stream of which only cleaned text and our own codes come out.

    `is_needed` tells whether what cannot be written is an error: nobody is left to be told of a lost message.
    `at_once` keeps nothing back, as is always done for terminals.
    """

    def __init__(self, stream: TextIO | None, *, is_needed: bool, at_once: bool = False) -> None:
        buffer = getattr(stream, "buffer", None)
        self._raw: BinaryIO | None = getattr(buffer, "raw", buffer)
        self._stream = stream
        self._is_needed = is_needed
        self._waiting = bytearray()
        self._is_told = False
        self._at_once = at_once or self.isatty() or bool(getattr(stream, "write_through", False))  # under -u
        asked = os.environ.get("AA_TUI_ASCII", "0") not in ("", "0")
        self._encoding = "ascii" if asked else (stream.encoding if stream is not None else None) or "utf-8"
        self._encoder = codecs.getincrementalencoder(self._encoding)(_MARKS)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # which the base class has as a property too
        """What text is encoded in: ASCII where AA_TUI_ASCII asks for it."""
        return self._encoding

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What is done about characters that the encoding lacks."""
        return _MARKS

    @property
    def is_unicode(self) -> bool:
        """Whether the encoding lacks nothing."""
        return codecs.lookup(self._encoding).name.startswith("utf")

    def isatty(self) -> bool:
        """Whether this is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor. Raises OSError where there is none."""
        if self._stream is None:
            raise io.UnsupportedOperation("the stream is closed")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always: what cannot be written is told by writing."""
        return True

    def write(self, text: str) -> int:
        """Write text, cleaned. Raises OutputError."""
        self.emit(text)
        return len(text)

    def emit(self, *parts: str | Code | Address) -> None:
        """Write text, cleaned, and codes as they are. Raises OutputError."""
        if os.environ.get("TERM") == "linux":  # whose console draws dim as dark grey on black
            parts = tuple(part for part in parts if part is not Code.DIM)
        self._put(self._encoder.encode("".join(map(_told, parts))))

    def document(self, text: str) -> None:
        """Write a document, cleaned: in UTF-8, as in a file, wherever this is no terminal. Raises OutputError."""
        if self.isatty():
            self.emit(text)
        else:
            self._put(shown(text).encode())

    def data(self, data: bytes) -> None:
        """Write bytes that are no text, which no terminal is given. Raises OutputError."""
        if self.isatty():
            raise ValueError("a terminal is shown text alone")
        self._put(data)

    def announce(self, words: str) -> None:
        """Ring, and have the terminal tell the desktop; nothing where this is no terminal."""
        if self.isatty():
            self._put(notification(words, os.environ).encode())

    def drop(self) -> None:
        """Forget what waits: whoever interrupts a command does not want to wait for it."""
        self._waiting.clear()

    def _put(self, data: bytes) -> None:
        self._waiting += data
        if self._at_once or len(self._waiting) >= _ENOUGH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Have the system take what waits. Raises OutputError, the first time that it does not."""
        data, self._waiting = memoryview(self._waiting), bytearray()
        try:
            while data:
                data = data[self._taken(data) :]
        except OSError as error:
            self._raw, data = None, data[:0]
            self._fail(error)
        finally:
            self._waiting[:0] = data  # after Ctrl-C

    def _taken(self, data: ReadableBuffer) -> int:
        """How many bytes the system takes; waits for a pipe that is full and does not block."""
        if self._raw is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        taken = self._raw.write(data)
        if taken is None:
            import select

            select.select([], [self._raw], [])
        return taken or 0

    def _fail(self, error: OSError) -> None:
        if self._is_needed and not self._is_told:
            self._is_told = True
            raise OutputError(error) from error


def _told(part: str | Code | Address) -> str:
    if isinstance(part, Code):
        return part.value
    return part.sequence if isinstance(part, Address) else shown(part)


def install() -> None:
    """Have all that is written from now on pass an outlet, and nothing that is read end in a traceback.

    A stream that was closed (`>&-`) gives its number to nowhere, lest the next file that is opened take it.
    """
    os.environ.setdefault("PYTHON_COLORS", "0")  # newer Pythons would colour tracebacks and help, by text
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if isinstance(stream, Outlet):
            continue
        if stream is None:  # in this order each takes the lowest number that is free, its own
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # for the whole process
            setattr(sys, f"__{name}__", nowhere)
        if name != "stdin":
            setattr(sys, name, Outlet(stream, is_needed=name == "stdout", at_once=name == "stderr"))
        elif stream is None:
            sys.stdin = sys.__stdin__
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def of(stream: TextIO) -> Outlet:
    """The outlet that stands for a stream; one that keeps nothing back where none does."""
    return stream if isinstance(stream, Outlet) else Outlet(stream, is_needed=True, at_once=True)


def _in_marks(error: UnicodeError) -> tuple[str, int]:
    """Our own marks in ASCII, question marks as wide as the others."""
    from aa_tui.charts.draw.drawing import to_ascii

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


codecs.register_error(_MARKS, _in_marks)
