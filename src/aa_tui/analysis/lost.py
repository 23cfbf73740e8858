"""Had it, lost it: what became of answers that are not right, and what right ones thought after they had it. Pure.

Two kinds of evidence tell whether a sample had the right answer. Forks: copies of it that were made to answer after so
many tokens of thinking; they are the better evidence, since there the model itself answers, but they are few, and one
may be right by chance. Text: sentences of the stored thinking that conclude the answer (`evals.reached`). A statement
that the next fork contradicts does not count, unless the text went back on it before that fork.

Background: in up to half of the failures of reasoning models the right answer stands in the reasoning (arXiv
2606.00206). Errors, undecided samples and those not graded are neither right nor failures here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from aa_tui.outcomes import CUT_SHORT, ENDED, UNKNOWN, Outcome


class Lost(StrEnum):
    """What became of a sample that is not right."""

    LEFT = "left"
    """It had reached the right answer, and answered otherwise or not at all."""
    RAN_ON = "ran_on"
    """It had reached the right answer, and went on until it was cut short."""
    NEVER = "never"
    """It ended of itself without ever reaching it."""
    LOOPED = "looped"
    """It went in circles without having reached it."""
    STARVED = "starved"
    """It was cut short while it was still working: not in circles, and not there yet."""
    UNTOLD = "untold"
    """Nothing tells: no forks, and a text that cannot tell, or none that is stored."""


LOST: Final = tuple(Lost)
HAD_IT: Final = frozenset({Lost.LEFT, Lost.RAN_ON})

WORDS: Final[Mapping[Lost, str]] = {
    Lost.LEFT: "reached and left",
    Lost.RAN_ON: "reached, ran on",
    Lost.NEVER: "never reached",
    Lost.LOOPED: "looped",
    Lost.STARVED: "starved by the cap",
    Lost.UNTOLD: "cannot be told",
}

Evidence = str
"""What a class rests on: "forks", "text", "forks and text", or "" where nothing tells."""


class Statement(Protocol):
    """An answer that a text concludes."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def right(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Text:
    """What a text states, in its order; `n_chars` and `n_tokens` are its lengths. `n_before` tokens came before it."""

    n_chars: int
    n_tokens: int
    stated: Sequence[Statement]
    n_before: int = 0

    def tokens_at(self, char: int) -> int:
        """About how many tokens had been written at a character: its share of the text's."""
        return self.n_before + round(self.n_tokens * char / self.n_chars) if self.n_chars else self.n_before


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of how a sample went. Lengths in tokens.

    `thinking` and `answer` are None where such a text cannot tell, or is not stored. `forks` are the decided ones in
    the order of their budgets: tokens of thinking, and whether the answer was right. `in_circles`: its end repeats
    itself.
    """

    outcome: str | None
    n_thinking: int
    thinking: Text | None = None
    answer: Text | None = None
    forks: tuple[tuple[int, bool], ...] = ()
    in_circles: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a sample. `lost` is None for right ones, and for those that say nothing.

    `reached_tokens`: about how many tokens it had written when it first reached the right answer, of a right sample
    first for good; None where that is not known. `tokens_after` are those of its thinking from then on. `start` and
    `end` are the characters of the sentence, in the thinking or, where `in_answer`, in the answer.
    """

    lost: Lost | None
    is_right: bool
    evidence: Evidence = ""
    reached_tokens: int | None = None
    tokens_after: int | None = None
    start: int | None = None
    end: int | None = None
    in_answer: bool = False


def fate(trace: Trace) -> Fate:
    """What became of one sample."""
    if trace.outcome is None or trace.outcome in UNKNOWN:
        return Fate(None, False)
    if trace.outcome == Outcome.CORRECT:
        return _right(trace)
    return _had_it(trace) or _never_had_it(trace)


def _had_it(trace: Trace) -> Fate | None:
    """What became of a failure that had reached the right answer; None where nothing says that it had."""
    lost = Lost.RAN_ON if trace.outcome in CUT_SHORT else Lost.LEFT
    by_fork = next((budget for budget, right in trace.forks if right), None)
    texts = (one for one in (trace.thinking, trace.answer) if one is not None)
    stated = ((text, one) for text in texts for one in _upheld(text, trace.forks) if one.right)
    first = next(stated, None)
    if first is not None:
        text, one = first
        at = text.tokens_at(one.end)
        if by_fork is None or at <= by_fork:
            by = "text" if by_fork is None else "forks and text"
            after = max(0, trace.n_thinking - at)
            return Fate(lost, False, by, at, after, one.start, one.end, text is trace.answer)
    if by_fork is None:
        return None
    return Fate(lost, False, "forks", by_fork, max(0, trace.n_thinking - by_fork))


def _never_had_it(trace: Trace) -> Fate:
    is_read = trace.thinking is not None or trace.answer is not None
    evidence = " and ".join(name for name, is_there in (("forks", trace.forks), ("text", is_read)) if is_there)
    if not evidence:
        return Fate(Lost.UNTOLD, False)
    if trace.outcome in ENDED:
        return Fate(Lost.NEVER, False, evidence)
    circles = trace.outcome == Outcome.LOOP or trace.in_circles
    return Fate(Lost.LOOPED if circles else Lost.STARVED, False, evidence)


def _upheld(text: Text, forks: Sequence[tuple[int, bool]]) -> list[Statement]:
    """The statements without right ones that the next fork contradicts: the model would not have answered so."""
    kept = []
    for place, one in enumerate(text.stated):
        at = text.tokens_at(one.end)
        following = next((fork for fork in forks if fork[0] >= at), None)
        if one.right and following is not None and not following[1]:
            back = next((later for later in text.stated[place + 1 :] if not later.right), None)
            if back is None or text.tokens_at(back.end) > following[0]:
                continue
        kept.append(one)
    return kept


def _right(trace: Trace) -> Fate:
    """From where on a right sample had its answer for good: by its forks at most, within them by its text."""
    by_text: Statement | None = None
    if trace.thinking is not None:
        for one in trace.thinking.stated:
            if not one.right:
                by_text = None
            elif by_text is None:
                by_text = one
    low, high = _bounds(trace.forks)
    if trace.thinking is not None and by_text is not None:
        at = trace.thinking.tokens_at(by_text.end)
        if low <= at and (high is None or at <= high):
            by = "forks and text" if trace.forks else "text"
            return Fate(None, True, by, at, max(0, trace.n_thinking - at), by_text.start, by_text.end)
    if high is not None:
        return Fate(None, True, "forks", high, max(0, trace.n_thinking - high))
    return Fate(None, True)


def _bounds(forks: Sequence[tuple[int, bool]]) -> tuple[int, int | None]:
    """The last budget at which a right sample was not right yet, and the first from which all were right."""
    low, high = 0, None
    for budget, right in forks:
        if not right:
            low, high = budget, None
        elif high is None:
            high = budget
    return low, high


@dataclass(frozen=True, slots=True)
class Tally:
    """The samples of a category, or all: how many of each class, and where their tokens of thinking went.

    `useful` are those of right samples until they had the answer for good, `after` those from then on, `not_known`
    those of right samples of which that is not known, `lost` those of failures; of these `lost_after` were thought
    after the right answer was reached. `n_placed` right samples have a known place.
    """

    name: str
    n_right: int
    n_failed: int
    classes: Mapping[Lost, int]
    evidence: Mapping[str, int]
    n_placed: int
    useful: int
    after: int
    not_known: int
    lost: int
    lost_after: int

    @property
    def n_had_it(self) -> int:
        """Failures that had the right answer."""
        return sum(self.classes.get(one, 0) for one in HAD_IT)

    @property
    def n_told(self) -> int:
        """Failures of which it can be told."""
        return self.n_failed - self.classes.get(Lost.UNTOLD, 0)

    @property
    def tax(self) -> float | None:
        """Of the thinking of right samples the share after they had the answer, 0 to 1; None where none has a place."""
        known = self.useful + self.after
        return self.after / known if known else None


@dataclass(frozen=True, slots=True)
class Tallies:
    """All samples of a run, and those of each category."""

    all: Tally
    by_category: Mapping[str, Tally]


def tally(name: str, fates: Iterable[tuple[int, Fate]]) -> Tally:
    """Add up samples: of each the tokens of its thinking, and what became of it."""
    classes: Counter[Lost] = Counter()
    evidence: Counter[str] = Counter()
    n_right = n_failed = n_placed = useful = after = not_known = lost = lost_after = 0
    for n_thinking, one in fates:
        if one.is_right:
            n_right += 1
            if one.tokens_after is None:
                not_known += n_thinking
            else:
                n_placed += 1
                useful += n_thinking - one.tokens_after
                after += one.tokens_after
        elif one.lost is not None:
            n_failed += 1
            classes[one.lost] += 1
            evidence[one.evidence] += bool(one.evidence)
            lost += n_thinking
            lost_after += (one.tokens_after or 0) if one.lost in HAD_IT else 0
    told = {one: classes[one] for one in LOST}
    seen = {key: n for key, n in evidence.items() if n}
    return Tally(name, n_right, n_failed, told, seen, n_placed, useful, after, not_known, lost, lost_after)
