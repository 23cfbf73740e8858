"""An evaluation as any program's log can tell it: what all formats here are made from and read into."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from aa_tui.formats.talked import LogTalk
from aa_tui.outcomes import OUTCOMES

Program = Literal["inspect", "lm-eval", "Every Eval Ever"]
"""Whose format a log is in; `made_by` may be another program."""

State = Literal["finished", "stopped", "failed"]

FORMAT_OF_OURS: Final = "aa_tui"
"""The name under which a log of ours keeps what its format has no place for."""

KNOWN_OUTCOMES: Final = frozenset(map(str, OUTCOMES))

STRICT: Final = "score_strict"
"""The metric that a run of ours is known by."""

_LESS_IS_BETTER: Final = frozenset({"truncation_rate", "wer", "perplexity", "loss", "brier_score"})
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class LogSample:
    """An item answered once, as a log tells it; None is what it does not tell.

    `outcome` is one of `outcomes.OUTCOMES`, None where nothing was graded. `score` is the log's own number or letter in
    the range of its metric. Counts are of tokens, times in seconds. `question` is the item without what was put around
    it, where the log has it apart; `prompt` is what was sent. Of a conversation, which is its `talk`, `prompt` is what
    the user asks, `answer` and `thinking` are the last turn's. `fault` says whose fault a failure is, where it is told.
    """

    item_id: str
    epoch: int
    prompt: str
    answer: str
    thinking: str = ""
    question: str = ""
    targets: tuple[str, ...] = ()
    outcome: str | None = None
    score: float | None = None
    extracted: str | None = None
    detail: str = ""
    grader: str = ""
    category: str = ""
    level: int | None = None
    finish_reason: str = "stop"
    message: str = ""
    n_prompt: int | None = None
    n_cached: int | None = None
    n_thinking: int | None = None
    n_answer: int | None = None
    queued_s: float | None = None
    ttft_s: float | None = None
    ttfat_s: float | None = None
    e2e_s: float | None = None
    output_tps: float | None = None
    seed: int | None = None
    ended_at: str | None = None
    fault: str | None = None
    talk: LogTalk | None = None


@dataclass(frozen=True, slots=True)
class LogFigure:
    """A figure as the log states it: 0 to 1 for shares. `category` is empty for all items."""

    metric: str
    value: float
    unit: str = "share"
    category: str = ""
    n: int | None = None
    stderr: float | None = None
    low: float | None = None
    high: float | None = None
    method: str | None = None

    @property
    def less_is_better(self) -> bool:
        """Whether a smaller one is the better: of times, lengths, energy, and of what was cut short."""
        return self.unit in ("s", "tokens", "J/token") or self.metric in _LESS_IS_BETTER


Samples = Callable[[], Iterator[LogSample]]
"""Reads a log's samples one after the other, each time from the beginning. Raises FormatError."""


def no_samples() -> Iterator[LogSample]:
    """Of a log that has figures alone."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Log:
    """An evaluation: what was asked of which model, and what came of it.

    `log_id` is its name among all logs of its program. Times are ISO 8601. `settings` are how answers were sampled
    (temperature, top_p, top_k, max_output_tokens, seed, epochs and more), `model_facts` what is known of the weights
    (quant, sha256, architecture, n_params, size_bytes). `path` is the file that it was read from.
    """

    program: Program
    program_version: str
    log_id: str
    task: str
    task_version: str
    model: str
    developer: str = ""
    made_by: str = ""
    made_by_version: str = ""
    state: State = "finished"
    reason: str = ""
    created_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    engine: str = ""
    engine_version: str = ""
    machine: str = ""
    settings: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    model_facts: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    figures: tuple[LogFigure, ...] = ()
    run_uid: str = ""
    n_wanted: int | None = None
    path: Path | None = None
    samples: Samples = no_samples


def whole_characters(text: str) -> str:
    """The text with halves of characters (lone surrogates), which no other program reads, as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def digest(text: str) -> str:
    """By which two programs' copies of one question are known: of the text in NFC, its white space as single spaces.

    Upper and lower case stay apart, since questions may be about letters. Empty for a text without anything in it.
    """
    plain = _WHITE.sub(" ", unicodedata.normalize("NFC", whole_characters(text))).strip()
    return hashlib.sha256(plain.encode()).hexdigest()[:32] if plain else ""
