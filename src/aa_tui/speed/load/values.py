"""What is asked of a server and what comes back: plain values, and what the protocol needs of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from aa_tui.engine.errors import EngineError
from aa_tui.speed.progress import ProgressEvent

Source = Literal["usage", "pieces"]
"""Who counts output tokens: the server, or we the pieces of its stream."""


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt of `n_words` words, planned as `n_prompt` tokens, to be answered with `n_gen` tokens."""

    text: str
    n_words: int
    n_prompt: int
    n_gen: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Seconds run from its sending; `first_s` and `last_s` are its first and last token's.

    `n_prompt` is None where the server does not count it. `n_cached` tokens of it were not computed again.
    `server_pp_tps` and `server_tg_tps` are the server's own clocks, tokens/s.
    """

    n_prompt: int | None
    n_cached: int
    n_output: int
    first_s: float
    last_s: float
    tokens_from: Source = "usage"
    server_pp_tps: float | None = None
    server_tg_tps: float | None = None

    @property
    def output_tps(self) -> float | None:
        """(n - 1) / (last - first); None for an answer of one token, or one that came at once."""
        took = self.last_s - self.first_s
        return (self.n_output - 1) / took if self.n_output > 1 and took > 0 else None

    @property
    def itl_s(self) -> float | None:
        """The mean time between its tokens."""
        rate = self.output_tps
        return None if rate is None else 1 / rate


class RefusedError(EngineError):
    """The server has too much to do."""


class Asker(Protocol):
    """Asks a server. Each method raises EngineError, in one sentence, where that cannot be done; `ask` RefusedError
    where the server has too much to do."""

    async def ask(self, question: Question) -> Answer: ...

    async def count(self, text: str) -> int | None:
        """Tokens of a prompt with this text, by the server's tokenizer; None where it does not count."""
        ...

    async def round_trip_s(self) -> float:
        """Seconds from asking to hearing something that costs the server nothing."""
        ...


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """A request that was answered. `late_s` is how long after its planned moment it was sent, in an open loop."""

    stage: str
    number: int
    warmup: bool
    question: Question
    answer: Answer
    started_at: str
    late_s: float = 0.0

    @property
    def n_prompt(self) -> int:
        """By the server's count, else as planned."""
        return self.question.n_prompt if self.answer.n_prompt is None else self.answer.n_prompt

    @property
    def ttft_s(self) -> float:
        """From the planned moment on: whoever came meanwhile waited, too."""
        return self.late_s + self.answer.first_s

    @property
    def e2e_s(self) -> float:
        """The same of the last token."""
        return self.late_s + self.answer.last_s


@dataclass(frozen=True, slots=True)
class StageEvent:
    """A stage that is done, with its figures (name, value, unit, stdev, n) and what is to be said of it."""

    stage: str
    figures: tuple[Named, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A figure of a stage. `stdev` is the sample standard deviation over `n` values."""

    name: str
    value: float
    unit: str
    stdev: float | None = None
    n: int | None = None


Event = RequestEvent | StageEvent | ProgressEvent
