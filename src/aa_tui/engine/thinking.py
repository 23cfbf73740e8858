"""Telling thinking from answer while tokens arrive, at constant cost a token.

Models mark their thinking by a pair of tags, which are single tokens of their own or spelled out in several. A
template may end with the open tag, so that only the closing one appears in the output; and a model that runs out of
tokens never closes it. What follows the first closing tag is the answer, whatever it contains.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tags:
    """The thinking tags of a model: as text, and as the single tokens that they are, where they are."""

    opening: str = "<think>"
    closing: str = "</think>"
    opening_token: int | None = None
    closing_token: int | None = None


class TextStream:
    """Bytes of tokens to text: a character that spans several tokens comes with its last one."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> str:
        """The text that these bytes complete."""
        return self._decoder.decode(data)

    def end(self) -> str:
        """What is left of a character that was cut off, as a replacement character."""
        return self._decoder.decode(b"", final=True)


class Splitter:
    """The two texts of one output and their token counts.

    Where tags are tokens of their own they alone count, so that a quoted tag in the text changes nothing; else the
    text is searched, with as much held back as may become a tag.
    """

    def __init__(self, tags: Tags, *, opens_thinking: bool = False) -> None:
        self._tags = tags
        self._stream = TextStream()
        self._held = ""
        self._thinking: list[str] = []
        self._answer: list[str] = []
        self.in_thinking = opens_thinking
        self._may_open = not opens_thinking
        self._closed = False
        self.n_thinking = 0
        self.n_answer = 0

    @property
    def thinking(self) -> str:
        """All of the thinking so far, tags left out."""
        return "".join(self._thinking)

    @property
    def answer(self) -> str:
        """All of the answer so far."""
        return "".join(self._answer)

    def feed(self, token: int, data: bytes) -> str:
        """Take one token; the new text, which belongs to what `in_thinking` now says."""
        tags = self._tags
        if token == tags.closing_token and not self._closed:
            if not self.in_thinking:  # an open tag that nobody told us of: all until here was thinking
                self._thinking, self._answer = self._answer, self._thinking
                self.n_thinking, self.n_answer = self.n_answer, self.n_thinking
            self.n_thinking += 1
            self.in_thinking, self._may_open, self._closed = False, False, True
            return ""
        if token == tags.opening_token and self._may_open:
            self.n_thinking += 1
            self.in_thinking, self._may_open = True, False
            return ""
        was_thinking = self.in_thinking
        text = self._searched(self._stream.feed(data))
        if was_thinking or self.in_thinking:
            self.n_thinking += 1
        else:
            self.n_answer += 1
        return text

    def end(self) -> str:
        """No more tokens: what was held back."""
        text = self._held + self._stream.end()
        self._held = ""
        self._put(text)
        return text

    def _searched(self, text: str) -> str:
        """Where a tag is spelled out, look for it; it may span tokens."""
        tags = self._tags
        text, self._held = self._held + text, ""
        if self._may_open:
            if tags.opening_token is None and (rest := text.lstrip()):
                if rest.startswith(tags.opening):
                    self.in_thinking, self._may_open = True, False
                    text = rest[len(tags.opening) :]
                elif tags.opening.startswith(rest):
                    self._held = text
                    return ""
            if self._may_open and text.strip():
                self._may_open = False  # thinking comes first or not at all
        if self.in_thinking and tags.closing_token is None:
            before, found, after = text.partition(tags.closing)
            if found:
                self._put(before)
                self.in_thinking, self._closed = False, True
                self._put(after)
                return after
            keep = _tail_that_starts(text, tags.closing)
            if keep:
                text, self._held = text[:-keep], text[-keep:]
        self._put(text)
        return text

    def _put(self, text: str) -> None:
        if text:
            (self._thinking if self.in_thinking else self._answer).append(text)


def _tail_that_starts(text: str, tag: str) -> int:
    """Length of the longest end of the text that a tag may begin with."""
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0
