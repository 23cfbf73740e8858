"""A server as queueing theory has it, on the loop's clock: so many slots, and a time for each token."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aa_tui.speed.load.values import Answer, Question, RefusedError


@dataclass
class QueueServer:
    """An `Asker`. A request waits for a slot, then its prompt takes `n_words / prompt_tps`, then each token `itl_s`.

    Its tokens are words, and `template_tokens` more for each prompt. `most_at_once` refuses more than so many.
    """

    n_slots: int = 4
    prompt_tps: float = 1_000.0
    itl_s: float = 0.01
    round_trip: float = 0.002
    template_tokens: int = 10
    counts_texts: bool = True
    counts_usage: bool = True
    n_cached: int = 0
    most_at_once: int | None = None
    own_factor: float | None = None
    asked: list[Question] = field(default_factory=list)
    n_running: int = 0
    peak: int = 0

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.n_slots)

    async def ask(self, question: Question) -> Answer:
        """Raises RefusedError where there are too many."""
        self.asked.append(question)
        if self.most_at_once is not None and self.n_running >= self.most_at_once:
            raise RefusedError("The server has too much to do: ask it for less at once.")
        self.n_running += 1
        self.peak = max(self.peak, self.n_running)
        start = asyncio.get_running_loop().time()
        try:
            async with self._slots:
                n_prompt = self.tokens_of(question.text)
                await asyncio.sleep(self.round_trip + (n_prompt - self.n_cached) / self.prompt_tps)
                first_s = asyncio.get_running_loop().time() - start
                await asyncio.sleep(self.itl_s * (question.n_gen - 1))
                last_s = asyncio.get_running_loop().time() - start
        finally:
            self.n_running -= 1
        own = None if self.own_factor is None else self.own_factor / self.itl_s
        told = n_prompt if self.counts_usage else None
        return Answer(told, self.n_cached, question.n_gen, first_s, last_s, "usage", None, own)

    async def count(self, text: str) -> int | None:
        """Its words and the template."""
        return self.tokens_of(text) if self.counts_texts else None

    async def round_trip_s(self) -> float:
        """As set."""
        return self.round_trip

    def tokens_of(self, text: str) -> int:
        """Tokens of a prompt."""
        return len(text.split()) + self.template_tokens
