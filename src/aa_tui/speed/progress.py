"""How far a measurement is, said a few times a second and no more."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

INTERVAL_S = 0.25
# A prompt's tokens are computed together and cost less than generated ones: on CPUs about a quarter. Only
# the bar's evenness hangs on it.
_PROMPT_COST = 0.25


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """How much of the whole measurement is done (`fraction`, 0 to 1, never falling) and what goes on."""

    fraction: float
    text: str


class Ticker:
    """Says when the next progress event is due, makes it, and asks whether to stop.

    `due` is on the clock of `perf_counter`, so that a hot loop can compare with it alone.
    """

    def __init__(self, lengths: Sequence[tuple[int, int]], should_stop: Callable[[], bool]) -> None:
        """`lengths`: tokens in and out of each repetition to come, in order."""
        self._costs = iter([_cost(n_prompt, n_gen) for n_prompt, n_gen in lengths])
        self._total = sum(_cost(n_prompt, n_gen) for n_prompt, n_gen in lengths)
        self._done = 0.0
        self._shown = 0.0
        self._text = ""
        self._should_stop = should_stop
        self.due = 0.0

    def begin(self, text: str) -> None:
        """The next repetition begins; `text` says which it is."""
        self._text = text

    def end(self) -> None:
        """The repetition is complete."""
        self._done += next(self._costs)

    def is_due(self) -> bool:
        """Whether the last event is old enough."""
        return perf_counter() >= self.due

    def tick(self, n_prompt: int, n_gen: int) -> Generator[ProgressEvent, None, bool]:
        """Give the event of now, then say whether the caller wants to stop.

        So many tokens of this repetition are processed and generated. The next event is due an interval after
        the caller let go of this one, so that a slow caller is not asked more often.
        """
        fraction = (self._done + _cost(n_prompt, n_gen)) / self._total if self._total else 0.0
        self._shown = max(self._shown, min(1.0, fraction))  # warm-ups beyond those planned take no share
        yield ProgressEvent(self._shown, self._text)
        stop = self._should_stop()
        self.due = perf_counter() + INTERVAL_S
        return stop

    def stopped(self) -> bool:
        """Whether the caller wants to stop."""
        return self._should_stop()


def _cost(n_prompt: int, n_gen: int) -> float:
    return n_prompt * _PROMPT_COST + n_gen
