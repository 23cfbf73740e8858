"""What one request has written so far: its texts, its clocks, and why it ends. The same for every kind of engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.engine.loops import EVERY, is_loop
from aa_tui.engine.requests import Clocks, Finished, FinishReason, Piece, Request
from aa_tui.engine.thinking import Marks, Splitter

if TYPE_CHECKING:
    from collections.abc import Sequence


CHARS_PER_TOKEN, SPARE_CHARS = 64, 1 << 16
"""Texts have some four characters a token. An output of more than these many, and the spare ones, is cut short: it
would fill the catalog with what a few odd tokens of the file are made of."""

CALL_ENDS = frozenset({b"<|eom_id|>", b"<|call|>"})
"""End-of-generation tokens that say more than that: a call is what has ended."""


class Output:
    """Takes the tokens of one request, at constant cost a token. Times are in seconds of any steady clock."""

    __slots__ = (
        "_answer_end", "_ended_itself", "_first", "_first_answer", "_last", "_loop_guard", "_queued_s", "_raw",
        "_reason", "_request", "_room", "_splitter", "_started", "_stops", "tokens",
    )  # fmt: skip

    def __init__(self, request: Request, marks: Marks, *, queued_s: float, started: float, loop_guard: bool) -> None:
        self.tokens: list[int] = []
        self._request = request
        self._splitter = Splitter(marks, opens_thinking=request.opens_thinking)
        self._stops = StopTexts(request.stop)
        self._loop_guard = loop_guard
        self._queued_s = queued_s
        self._started = started
        self._first: float | None = None
        self._first_answer: float | None = None
        self._last: float | None = None
        self._reason: FinishReason | None = None
        self._ended_itself = False
        self._answer_end: int | None = None
        self._room = request.max_tokens * CHARS_PER_TOKEN + SPARE_CHARS
        self._raw: list[bytes] | None = [] if request.tools or request.holds else None

    @property
    def reason(self) -> FinishReason | None:
        """Why it has ended, None while it goes on."""
        return self._reason

    @property
    def in_thinking(self) -> bool:
        """Whether what comes next is thinking, as far as one knows."""
        return self._splitter.in_thinking

    @property
    def has_thought(self) -> bool:
        """Whether there was any thinking."""
        return self._splitter.has_thought

    @property
    def is_before_answer(self) -> bool:
        """Whether nothing of the answer has come yet, so that a mark may lead to thinking first."""
        return self._splitter.is_before_answer

    def is_mark(self, token: int) -> bool:
        """Whether a token is a mark that counts now."""
        return self._splitter.is_mark(token)

    def take(self, token: int, data: bytes, now: float, *, is_end: bool) -> Piece | None:
        """The next token, its bytes and when it came; `is_end` marks an end of generation, which is no text.

        Some formats end their thinking as they end a turn, and go on.
        """
        request, splitter = self._request, self._splitter
        self._last = now
        if self._first is None:
            self._first = now
        if is_end and not request.ignore_eos and not splitter.is_end_of_thinking(token):
            self._reason, self._ended_itself = "stop", True
            if self._raw is not None and data in CALL_ENDS:
                self._raw.append(data)
            return None
        self.tokens.append(token)
        had_restarted = splitter.restarted
        self._room -= len(data)
        if self._raw is not None and self._room >= 0:
            self._raw.append(data)
        text = splitter.feed(token, data if self._room >= 0 else b"")
        thinking = splitter.in_thinking
        if splitter.restarted and not had_restarted:  # what was the answer until now was none
            self._stops, self._first_answer = StopTexts(request.stop), None
        if self._first_answer is None and not thinking and splitter.n_answer:
            self._first_answer = now
        if not thinking and text:
            self._answer_end = self._stops.find(text)
        self._reason = self._why(now)
        return Piece(request.id, token, text, thinking)

    def _why(self, now: float) -> FinishReason | None:
        request, count = self._request, len(self.tokens)
        if self._answer_end is not None:
            return "stop"
        if count >= request.max_tokens or self._room < 0:
            return "length"
        if self._loop_guard and count % EVERY == 0 and is_loop(self.tokens):
            return "loop"
        if request.max_s is not None and now - self._started > request.max_s:
            return "timeout"
        return None

    def finished(self, reason: FinishReason, now: float, *, n_cached: int = 0, message: str = "") -> Finished:
        """What it came to; `now` is when it ended where no token did."""
        splitter, request = self._splitter, self._request
        splitter.end()
        rate = None
        count = len(self.tokens) + self._ended_itself  # that token took a step too, though it is no output
        if count >= 2 and self._first is not None and self._last is not None and self._last > self._first:
            rate = (count - 1) / (self._last - self._first)
        answer = splitter.answer
        return Finished(
            id=request.id,
            reason=reason,
            thinking=splitter.thinking,
            answer=answer if self._answer_end is None else answer[: self._answer_end],
            n_prompt=request.n_prompt,
            n_cached=n_cached,
            n_thinking=splitter.n_thinking,
            n_answer=splitter.n_answer,
            clocks=Clocks(
                queued_s=self._queued_s,
                ttft_s=self._since(self._first),
                ttfat_s=self._since(self._first_answer),
                e2e_s=(now if self._last is None else self._last) - self._started,
            ),
            output_tps=rate,
            tokens=tuple(self.tokens),
            message=message or (_TOO_MUCH_TEXT if self._room < 0 else ""),
            raw=b"".join(self._raw or ()).decode("utf-8", "replace"),
        )

    def _since(self, when: float | None) -> float | None:
        return None if when is None else when - self._started


_TOO_MUCH_TEXT = "it wrote more text than so many tokens hold: the file's vocabulary is odd"


def never_started(request: Request, queued_s: float) -> Finished:
    """What a request that is cancelled in the queue comes to."""
    return Finished(request.id, "cancelled", "", "", request.n_prompt, 0, 0, 0, Clocks(queued_s), None, ())


class StopTexts:
    """Looks for the texts that end an answer, in what is new and the little before it that one may begin in."""

    __slots__ = ("_keep", "_seen", "_stops", "_tail")

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._keep = max(map(len, self._stops), default=1) - 1
        self._tail = ""
        self._seen = 0  # characters before the tail

    def find(self, text: str) -> int | None:
        """Take the answer's next text; where in the whole answer the first of the stop texts begins."""
        if not self._stops:
            return None
        whole = self._tail + text
        found = min((at for stop in self._stops if (at := whole.find(stop)) >= 0), default=-1)
        if found >= 0:
            return self._seen + found
        cut = max(len(whole) - self._keep, 0)
        self._seen += cut
        self._tail = whole[cut:]
        return None
