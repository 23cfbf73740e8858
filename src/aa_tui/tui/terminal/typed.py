"""What the terminal sends, made into messages, whatever it is.

Textual's parser reads sequences of keys and of the mouse. It takes numbers that no key has for a reason to end, and
holds everything for pasted until the mark that ends a paste, which a lost connection can swallow. So pastes are cut
out before it, and a sequence that it fails on is dropped.
"""

from __future__ import annotations

import re
import time
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.events import Paste

from aa_tui.textsafe import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textual.message import Message

PASTE_PAUSE_S = 1.0
"""A paste of which nothing more comes for so long has ended, with or without its mark."""

_BY_HAND_BYTES = 12
_BY_HAND_S = 0.05
"""What is shorter, and comes so long after what was before it, is keys that somebody presses: no paste goes on."""

MOST_PASTED = 10_000
"""Characters; a field takes one line. What a longer paste has beyond them is dropped."""

_CUT = len(BRACKETED_PASTE_START) - 1
_CTRL_C = re.compile(r"(?:\x03|\x1b\[99;(?:5|69|133|197)u)\Z")  # also as kitty writes it, with the locks on or off


class Typed:
    """Makes messages of bytes. Bytes that are not UTF-8 are dropped; nothing here raises."""

    def __init__(self, *, debug: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """`debug` lets Textual write what it reads to a file; `clock` tells seconds."""
        self._debug = debug
        self._clock = clock
        self._decode = getincrementaldecoder("utf-8")(errors="ignore").decode
        self._parser = XTermParser(debug)
        self._pasting = False
        self._pasted = ""
        self._before = ""
        """The end of what was read last: a mark can come in two parts."""
        self._read = ""
        self._read_at = self._going_on_at = 0.0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete."""
        now = self._clock()
        if len(data) > _BY_HAND_BYTES or now - self._read_at < _BY_HAND_S or not self._pasting:
            self._going_on_at = now
        self._read_at = now
        self._read = text = self._decode(data)
        if self._pasting and _CTRL_C.fullmatch(text):  # a key, not text: it came by itself
            yield from self._end_paste()
        while text:
            mark = BRACKETED_PASTE_END if self._pasting else BRACKETED_PASTE_START
            known = len(self._before)
            found = (self._before + text).find(mark)
            end = len(text) if found < 0 else found + len(mark) - known
            part, text = text[:end], text[end:]
            self._before = "" if found >= 0 else (self._before + part)[-_CUT:]
            if not self._pasting:
                yield from self._keys(part)
                if found >= 0:
                    yield from self._keys(BRACKETED_PASTE_END)  # what is pasted, the parser never sees
                    self._pasting = True
            else:
                self._pasted = (self._pasted + part)[: MOST_PASTED + _CUT + 1]
                if found >= 0:
                    yield from self._end_paste()

    def tick(self) -> Iterator[Message]:
        """What time alone completes: Esc pressed by itself, a paste without an end. Call several times a second."""
        if self._pasting and self._clock() - self._going_on_at > PASTE_PAUSE_S:
            interrupt = _CTRL_C.search(self._read)
            yield from self._end_paste()
            if interrupt is not None:
                yield from self._keys(interrupt[0])
        yield from self._parsed(self._parser.tick)

    def _end_paste(self) -> Iterator[Message]:
        text = clean(self._pasted.removesuffix(BRACKETED_PASTE_END))[:MOST_PASTED]
        self._pasting, self._pasted, self._before = False, "", ""
        if text:
            yield Paste(text)

    def _keys(self, text: str) -> Iterator[Message]:
        for char in text:
            for message in self._parsed(self._parser.feed, char):
                if not isinstance(message, Paste):  # the empty one between the two marks
                    yield message

    def _parsed(self, parse: Callable[..., Iterable[Message]], *text: str) -> Iterable[Message]:
        try:
            return list(parse(*text))
        except Exception:  # noqa: BLE001 - whatever it is that the parser did not expect
            self._parser = XTermParser(self._debug)
            return ()
