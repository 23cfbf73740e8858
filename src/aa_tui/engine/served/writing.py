"""What one request has written so far at a server: the same texts, clocks and ends as in process, of what comes here.

A server tells thinking from answer, or leaves the tags within the text; it counts tokens, or not; it keeps to a limit,
or not. What is made of it is one `Finished`, which says whose counts it has.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

from aa_tui.engine.loops import EVERY, is_loop
from aa_tui.engine.output import CHARS_PER_TOKEN, SPARE_CHARS, StopTexts
from aa_tui.engine.requests import Answered, Clocks, Finished, FinishReason, Piece, Request
from aa_tui.engine.served.calling import Gathered
from aa_tui.engine.served.chunks import Counts
from aa_tui.engine.served.client import Delta, Done, Seen
from aa_tui.engine.served.values import Served
from aa_tui.engine.thinking import Marks, Splitter

NO_TOKEN = -1
"""The token of a piece: a server tells none."""

SLACK_TOKENS = 16
"""So many more than asked for are let pass: a server may count its own marks, or send several at once."""

LEAST_CHARS_PER_TOKEN = 1.5
"""Where pieces stand for tokens: some servers send single characters, of which a token has several."""

MOST_PER_ARRIVAL = 16
"""Text that comes in lumps of more tokens has been held back somewhere: no speed is made of it."""

COUNTS_ITS_END = frozenset({"llama-server", "vllm", "sglang", "ollama"})
"""Whose counts have the end-of-generation token in them, which took its time too but is no output."""

Source = Literal["usage", "tokenizer", "pieces"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many tokens an output has, how many of those are thinking, and who counted either. `has_end` says that an
    end-of-generation token was counted too, which is none of them."""

    n_output: int
    n_thinking: int
    output_from: Source
    thinking_from: Source | None
    has_end: bool = False


class Writing:
    """Takes what comes of one request. Times are those of the client, `time.perf_counter`."""

    __slots__ = (
        "_answer", "_answer_end", "_calls", "_first", "_first_answer", "_ids", "_last", "_loop_guard", "_n_answer",
        "_n_arrivals", "_n_chars", "_n_thinking", "_n_told", "_n_told_thinking", "_queued_s", "_raw", "_request",
        "_splitter", "_stops", "_thinking", "reason",
    )  # fmt: skip

    def __init__(self, request: Request, marks: Marks, *, queued_s: float, loop_guard: bool) -> None:
        self.reason: FinishReason | None = None
        self._request = request
        self._queued_s = queued_s
        self._loop_guard = loop_guard
        self._splitter: Splitter | None = Splitter(marks, opens_thinking=request.opens_thinking)
        self._stops = StopTexts(request.stop)
        self._thinking: list[str] = []
        self._answer: list[str] = []
        self._calls = Gathered()
        self._raw: list[str] = []
        self._ids: list[int] = []
        self._n_thinking = self._n_answer = self._n_chars = self._n_arrivals = 0
        self._n_told: int | None = None
        self._n_told_thinking: int | None = None
        self._first: float | None = None
        self._first_answer: float | None = None
        self._last: float | None = None
        self._answer_end: int | None = None

    @property
    def n_pieces(self) -> int:
        """Bits of text that came."""
        return len(self._ids)

    @property
    def texts(self) -> tuple[str, str]:
        """Thinking and answer so far, marks left out."""
        splitter = self._splitter
        thinking, answer = "".join(self._thinking), "".join(self._answer)
        if splitter is not None:
            thinking, answer = thinking + splitter.thinking, answer + splitter.answer
        return thinking, answer

    @property
    def written(self) -> tuple[str, str]:
        """The same with the calls, to have their tokens counted."""
        thinking, answer = self.texts
        return thinking, answer + self._calls.text

    def take(self, delta: Delta) -> list[Piece]:
        """New text, and bits of calls."""
        if delta.at != self._last:
            self._n_arrivals += 1
        self._last = delta.at
        if self._first is None:
            self._first = delta.at
        self._n_chars += len(delta.thinking) + len(delta.text)
        if delta.n_output is not None:
            self._n_told = delta.n_output
        pieces = []
        if delta.thinking:
            pieces.append(self._take_thinking(delta.thinking))
        if delta.text:
            pieces.append(self._take_text(delta.text, delta.at))
        if delta.calls:
            pieces.append(self._take_calls(delta))
        self.reason = self._why()
        return pieces

    def _take_thinking(self, text: str) -> Piece:
        """Thinking that the server tells apart: from now on its text is the answer, whatever it contains."""
        self._leave_splitter()
        self._note(text)
        self._n_thinking += 1
        self._n_told_thinking = self._n_told
        self._thinking.append(text)
        return Piece(self._request.id, NO_TOKEN, text, thinking=True)

    def _leave_splitter(self) -> None:
        splitter, self._splitter = self._splitter, None
        if splitter is not None:
            splitter.end()
            self._thinking.append(splitter.thinking)
            self._answer.append(splitter.answer)
            self._n_thinking += splitter.n_thinking
            self._n_answer += splitter.n_answer

    def _take_text(self, text: str, now: float) -> Piece:
        self._note(text)
        if self._request.tools:
            self._raw.append(text)
        splitter = self._splitter
        if splitter is None:
            self._answer.append(text)
            self._n_answer += 1
            thinking = False
        else:
            had_restarted = splitter.restarted
            text = splitter.feed(NO_TOKEN, text.encode())
            thinking = splitter.in_thinking
            if splitter.restarted and not had_restarted:  # what was the answer until now was none
                self._stops, self._first_answer = StopTexts(self._request.stop), None
            if thinking or not splitter.n_answer:
                self._n_told_thinking = self._n_told
        has_begun = splitter is None or splitter.n_answer
        if self._first_answer is None and not thinking and has_begun:
            self._first_answer = now
        if text and not thinking and self._answer_end is None:
            self._answer_end = self._stops.find(text)
        return Piece(self._request.id, NO_TOKEN, text, thinking)

    def _take_calls(self, delta: Delta) -> Piece:
        """Bits of calls: tokens of the answer without a text."""
        for part in delta.calls:
            self._calls.take(part)
            self._n_chars += part.n_chars
            self._note(part.name + part.arguments)
            self._n_answer += 1
        if self._first_answer is None:
            self._first_answer = delta.at
        return Piece(self._request.id, NO_TOKEN, "", thinking=False)

    def _note(self, text: str) -> None:
        self._ids.append(zlib.crc32(text.encode()) & 0x7FFFFFFF)

    def _why(self) -> FinishReason | None:
        if self._answer_end is not None:
            return "stop"
        if self._calls.is_full:
            return "length"
        most = self._request.max_tokens + SLACK_TOKENS
        if self._n_told is not None:
            is_over = self._n_told > most
        else:
            is_over = len(self._ids) > most and self._n_chars > most * LEAST_CHARS_PER_TOKEN
        if is_over or self._n_chars > self._request.max_tokens * CHARS_PER_TOKEN + SPARE_CHARS:
            return "length"
        if self._loop_guard and len(self._ids) % EVERY == 0 and is_loop(self._ids):
            return "loop"
        return None

    def end(self) -> None:
        """No more text: what was held back as the beginning of a tag is text after all."""
        self._leave_splitter()

    def tokens(
        self, counts: Counts, by_tokenizer: tuple[int, int] | None = None, *, counts_end: bool = False
    ) -> Tokens:
        """The counts, the server's own first; `by_tokenizer` are thinking and answer as its tokenizer counts them.

        With `counts_end` the server counts the token that ended the output, unless its pieces show that it does not.
        """
        told = self.told(counts)
        if told is None:
            if by_tokenizer is not None:
                thinking, answer = by_tokenizer
                return Tokens(thinking + answer, thinking, "tokenizer", self._split_by("tokenizer"))
            n_pieces = self._n_thinking + self._n_answer
            return Tokens(n_pieces, self._n_thinking, "pieces", self._split_by("pieces"))
        has_end = counts_end and told > len(self._ids)
        told -= has_end
        n_thinking, source = self._thinking_of(told, counts, by_tokenizer)
        return Tokens(told, n_thinking, "usage", source, has_end)

    def told(self, counts: Counts) -> int | None:
        """Tokens of the output as the server counts them; None where it does not, or where that cannot be."""
        n_output = counts.n_output
        most = 2 * self._request.max_tokens + 1_024
        return n_output if n_output is not None and bool(self._ids) <= n_output <= most else None

    def _thinking_of(self, n_output: int, counts: Counts, by: tuple[int, int] | None) -> tuple[int, Source | None]:
        n_told = counts.n_thinking
        if n_told is not None and n_told <= n_output and (n_told or not self._n_thinking):
            return n_told, self._split_by("usage") if self._n_thinking else ("usage" if n_told else None)
        if not self._n_thinking:
            return 0, None
        if not self._n_answer:
            return n_output, None
        if self._n_told_thinking is not None:
            return min(self._n_told_thinking, n_output), "usage"
        if by is not None and by[0] + by[1]:
            return round(n_output * by[0] / (by[0] + by[1])), "tokenizer"
        return round(n_output * self._n_thinking / (self._n_thinking + self._n_answer)), "pieces"

    def _split_by(self, source: Source) -> Source | None:
        return source if self._n_thinking and self._n_answer else None

    def finished(
        self,
        reason: FinishReason,
        served: Served,
        seen: Seen,
        *,
        now: float,
        done: Done | None = None,
        by_tokenizer: tuple[int, int] | None = None,
        n_tries: int = 1,
        message: str = "",
    ) -> Finished:
        """What it came to; to be asked after `end`."""
        counts, request = seen.counts, self._request
        counts_end = done is not None and done.ended == "stop" and served.kind in COUNTS_ITS_END
        tokens = self.tokens(counts, by_tokenizer, counts_end=counts_end)
        thinking, answer = self.texts
        n_prompt = counts.n_prompt or request.n_prompt
        last = done.at if done is not None and tokens.has_end else self._last
        timings = counts.timings
        if seen.first_byte is not None:
            timings = (*timings, ("first_byte_s", seen.first_byte - seen.started))
        return Finished(
            id=request.id,
            reason=reason,
            thinking=thinking,
            answer=answer if self._answer_end is None else answer[: self._answer_end],
            n_prompt=n_prompt,
            n_cached=min(counts.n_cached or 0, n_prompt),
            n_thinking=tokens.n_thinking,
            n_answer=tokens.n_output - tokens.n_thinking,
            clocks=Clocks(
                queued_s=self._queued_s,
                ttft_s=None if self._first is None else self._first - seen.started,
                ttfat_s=None if self._first_answer is None else self._first_answer - seen.started,
                e2e_s=(now if last is None else last) - seen.started,
            ),
            output_tps=self._rate(tokens, last),
            tokens=(),
            message=message,
            answered_by=Answered(
                server=served.url,
                tokens_from=tokens.output_from,
                n_tries=n_tries,
                cost_usd=cost_usd(served, counts, n_prompt, tokens.n_output + tokens.has_end),
                timings=timings,
                thinking_from=tokens.thinking_from,
            ),
            raw="".join(self._raw),
            calls=self._calls.calls if request.tools else None,
        )

    def _rate(self, tokens: Tokens, last: float | None) -> float | None:
        """(n - 1) / (last - first token). Thinking that a service keeps to itself took its time before the first."""
        n_seen = tokens.has_end + (tokens.n_output if self._n_thinking else tokens.n_output - tokens.n_thinking)
        if self._first is None or last is None or n_seen < 2 or last <= self._first or self._n_arrivals < 2:
            return None
        if n_seen > MOST_PER_ARRIVAL * self._n_arrivals:
            return None
        return (n_seen - 1) / (last - self._first)


def cost_usd(served: Served, counts: Counts, n_prompt: int, n_output: int) -> float | None:
    """What an answer costs: as the server says, else by its prices; None where neither is known."""
    if counts.cost_usd is not None:
        return counts.cost_usd
    return served.cost_usd(n_prompt, n_output)
