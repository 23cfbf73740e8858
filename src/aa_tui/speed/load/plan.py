"""What is to be measured through a server: depths, levels of concurrency, rates of arrivals. Pure.

Depths are llama-benchy's: a prompt of so many tokens and 512 more, none of them cached. A level keeps so many requests
in flight, a rate sends them at random moments whatever becomes of those before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aa_tui.speed.errors import SpeedError
from aa_tui.textsafe import clean_line

Kind = Literal["depth", "level", "rate"]
Clock = Literal["ttft", "itl", "e2e"]

DEPTHS = (0, 4096, 16_384)
PROMPT_TOKENS, OUTPUT_TOKENS = 512, 128
REPETITIONS = 5
"""Of a depth; the same number of requests is made for each lane of a level."""

FOR_S = 60.0
SLOTS_UNKNOWN = 8
"""So many requests at once are tried, twice as many at most, where a server does not say how many it computes."""

MOST_LEVEL = 1024
MOST_RATE = 10_000.0
MOST_REQUESTS = 100_000
SLACK = 1.05
"""Prompts are made of words, so that one of 4,096 tokens may have some more."""

_LETTER: dict[Kind, str] = {"depth": "d", "level": "c", "rate": "r"}
_NAME = re.compile(r"([dcr])([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_LIMIT = re.compile(r"(ttft|itl|e2e)\s*<=?\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(ms|s)")


@dataclass(frozen=True, slots=True)
class Limit:
    """A time that a request must keep below, in seconds."""

    clock: Clock
    seconds: float

    @property
    def words(self) -> str:
        """As it is typed: `ttft<1s`."""
        return f"{self.clock}<{self.seconds:g}s" if self.seconds >= 1 else f"{self.clock}<{self.seconds * 1000:g}ms"


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing to measure: `value` is a depth in tokens, a number of requests at once, or requests a second."""

    kind: Kind
    value: float

    @property
    def name(self) -> str:
        """`d4096`, `c8` or `r2.5`."""
        return f"{_LETTER[self.kind]}{self.value:g}" if self.kind == "rate" else f"{_LETTER[self.kind]}{self.value:.0f}"

    @property
    def words(self) -> str:
        """As people read it."""
        if self.kind == "depth":
            return f"depth {self.value:,.0f}"
        if self.kind == "rate":
            return f"{self.value:g} requests/s"
        return f"{self.value:.0f} concurrent request{'' if self.value == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """All of it. `n_prompt` and `n_gen` are tokens of a request, `for_s` how long each rate lasts."""

    stages: tuple[Stage, ...]
    n_prompt: int = PROMPT_TOKENS
    n_gen: int = OUTPUT_TOKENS
    repetitions: int = REPETITIONS
    for_s: float = FOR_S
    slo: tuple[Limit, ...] = ()
    n_slots: int | None = None
    seed: int = 0


def stage_of(name: str) -> Stage | None:
    """The stage of a name; None for what is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kind = next(kind for kind, letter in _LETTER.items() if letter == found[1])
    return Stage(kind, float(found[2]))


def stages_for(
    *,
    depths: Sequence[int] | None,
    levels: Sequence[int] | None,
    rates: Sequence[float] | None,
    context_tokens: int | None,
    n_slots: int | None,
    n_prompt: int = PROMPT_TOKENS,
    n_gen: int = OUTPUT_TOKENS,
) -> tuple[Stage, ...]:
    """The stages in their order. None leaves a kind out and () means the usual ones; without any kind the speed of one
    request and the usual levels are measured. The usual depths go as far as the context allows.

    Raises SpeedError for one that does not fit, and for numbers out of range.
    """
    if depths is None and levels is None and rates is None:
        depths, levels = (0,), ()
    found: list[Stage] = []
    if depths is not None:
        room = [depth for depth in DEPTHS if _fits(depth + PROMPT_TOKENS, n_gen, context_tokens)]
        found += [Stage("depth", depth) for depth in dict.fromkeys(depths or room or (0,))]
    if levels is not None:
        found += [Stage("level", level) for level in sorted(set(levels or usual_levels(n_slots)))]
    if rates is not None:
        found += [Stage("rate", rate) for rate in sorted(set(rates))]
    for stage in found:
        _check(stage, context_tokens, n_prompt, n_gen)
    if not found:
        raise SpeedError("There is nothing to measure: name depths, numbers of concurrent requests, or rates.")
    return tuple(found)


def usual_levels(n_slots: int | None) -> tuple[int, ...]:
    """1, 2, 4 ... up to twice what the server computes at once, so that one sees requests wait."""
    most = 2 * min(n_slots or SLOTS_UNKNOWN, MOST_LEVEL // 2)
    return tuple(sorted({*(1 << power for power in range(most.bit_length()) if 1 << power <= most), most}))


def parsed_slo(text: str) -> tuple[Limit, ...]:
    """The limits of "ttft<1s,itl<50ms". Raises SpeedError for anything else."""
    found: dict[str, Limit] = {}
    for part in filter(None, (one.strip().lower() for one in text.split(","))):
        match = _LIMIT.fullmatch(part)
        if match is None or match[1] in found or float(match[2]) <= 0:
            raise SpeedError(
                f"“{clean_line(part)[:40]}” is no limit for requests: write ttft<1s,itl<50ms,e2e<10s, each once."
            )
        clock: Clock = match[1]  # type: ignore[assignment]
        found[clock] = Limit(clock, float(match[2]) / (1000 if match[3] == "ms" else 1))
    return tuple(found.values())


def _check(stage: Stage, context_tokens: int | None, n_prompt: int, n_gen: int) -> None:
    n_input = int(stage.value) + PROMPT_TOKENS if stage.kind == "depth" else n_prompt
    if not _fits(n_input, n_gen, context_tokens):
        raise SpeedError(
            f"{stage.words.capitalize()} takes a prompt of {n_input:,} tokens and an answer of {n_gen:,}, but the "
            f"server gives a request {context_tokens:,}: choose less, or start it with a longer context."
        )
    if stage.kind == "level" and not 1 <= stage.value <= MOST_LEVEL:
        raise SpeedError(f"{stage.value:,.0f} requests at once cannot be kept: ask for 1 to {MOST_LEVEL:,}.")
    if stage.kind == "rate" and not (math.isfinite(stage.value) and 0 < stage.value <= MOST_RATE):
        raise SpeedError(f"{stage.value:g} requests a second cannot be sent: ask for {MOST_RATE:,.0f} at most.")


def _fits(n_input: int, n_gen: int, context_tokens: int | None) -> bool:
    return context_tokens is None or n_input * SLACK + n_gen <= context_tokens
