"""What one asks of an engine with slots, and what it answers: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aa_tui.engine.calling import Call, Grammar, Tool
from aa_tui.engine.chat import Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.settings import GREEDY, SamplerSettings
from aa_tui.textsafe import clean_line

FinishReason = Literal["stop", "length", "loop", "timeout", "cancelled", "error"]
"""Why an output ended: of itself, at its token limit, going in circles, out of time, on demand, failed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt to continue.

    `prompt` holds tokens, of which the first `n_shared` are common to many requests (system text, examples): they
    are processed once and copied. `max_tokens` and `max_s` bound the output; `stop` holds texts that end it, looked
    for in the answer alone. `opens_thinking` says that the prompt ends with an open thinking tag. A server gets the
    `messages` and `tools` and makes the prompt itself: it has no tokens here, and `counted` says how many there are.
    `grammar` is what the answer is held to. With `holds` what is processed stays after the end, for a request that
    `continues` the one of this id, or until it is released: what both begin with is not processed again.
    """

    id: str
    prompt: tuple[int, ...]
    max_tokens: int
    sampler: SamplerSettings = GREEDY
    n_shared: int = 0
    stop: tuple[str, ...] = ()
    max_s: float | None = None
    opens_thinking: bool = False
    ignore_eos: bool = False
    messages: tuple[Message, ...] = ()
    counted: int | None = None
    tools: tuple[Tool, ...] = ()
    grammar: Grammar | None = None
    holds: bool = False
    continues: str = ""

    @property
    def n_prompt(self) -> int:
        """Tokens of the prompt."""
        return len(self.prompt) if self.counted is None else self.counted


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds of one request: in the queue, then from its slot's start to the first token, the first token of the
    answer, and the last token. None for what did not happen."""

    queued_s: float
    ttft_s: float | None = None
    ttfat_s: float | None = None
    e2e_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """New text of a running request; `text` may be empty while a character is incomplete."""

    id: str
    token: int
    text: str
    thinking: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server says of an answer of its own. `tokens_from` tells who counted: the server (its `usage`), its own
    tokenizer asked afterwards, or the pieces that came; `thinking_from` the same of how many of them are thinking, None
    where there is nothing to tell apart. `timings` are the server's own, as it gives them, and `first_byte_s`, ours;
    `n_tries` counts requests that came to nothing, too. `cost_usd` is what the server says, else made of its prices."""

    server: str
    tokens_from: Literal["usage", "tokenizer", "pieces"]
    n_tries: int = 1
    cost_usd: float | None = None
    timings: tuple[tuple[str, float], ...] = ()
    thinking_from: Literal["usage", "tokenizer", "pieces"] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A request has ended.

    `thinking` and `answer` are the texts before and after the end of the thinking, tags left out. Tokens: `n_prompt`
    of the prompt, of which `n_cached` came as copies, `n_thinking` (tags included) and `n_answer` of the output, the
    end-of-generation token counted with neither. `output_tps` is (n - 1) / (last - first token), where n counts the
    end-of-generation token too; None below 2 tokens. `raw` is the whole output with the marks that no text holds, empty
    where nobody asked to keep it; `calls` are those that a server read of it, None where it reads none.
    """

    id: str
    reason: FinishReason
    thinking: str
    answer: str
    n_prompt: int
    n_cached: int
    n_thinking: int
    n_answer: int
    clocks: Clocks
    output_tps: float | None
    tokens: tuple[int, ...]
    message: str = ""
    answered_by: Answered | None = None
    raw: str = ""
    calls: tuple[Call, ...] | None = None

    @property
    def n_output(self) -> int:
        """Tokens generated."""
        return self.n_thinking + self.n_answer

    @property
    def n_thinking_chars(self) -> int:
        """Characters of the thinking, tags left out."""
        return len(self.thinking)

    @property
    def n_answer_chars(self) -> int:
        """Characters of the answer."""
        return len(self.answer)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a request has written until now came to nothing: its server broke off, and it is asked anew."""

    id: str


Event = Piece | Dropped | Finished


def check_request(request: Request, n_ctx: int) -> None:
    """Raise EngineError for a request that cannot be run with so many tokens of context: worth asking beforehand."""
    if not request.n_prompt:
        raise EngineError(f"There is nothing to generate: the prompt of {clean_line(request.id)} has no tokens.")
    if request.max_tokens < 1:
        raise EngineError("There is nothing to generate: the output is to have no tokens.")
    if request.n_prompt + request.max_tokens > n_ctx:
        raise EngineError(
            f"A prompt of {request.n_prompt:,} tokens and {request.max_tokens:,} to generate do not fit the "
            f"{n_ctx:,} tokens of a slot: ask for less or raise n_ctx."
        )
