"""What speculation brings, worked out from little: who would have been right where, and what each step costs. Pure.

Speculation drafts tokens cheaply and lets the model check them in one batch. With greedy decoding the output is that of
plain decoding whatever is drafted, so one plain output tells for every setting which drafts would have been accepted
(`replay_hits`, `replay_runs`, `replay_ngrams`). With the measured time of a batch of k tokens and of a drafted token
that gives the speed of every setting (`seconds_of`), and only the best few need to be run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, fsum, log, sqrt
from statistics import fmean
from typing import Any

from aa_tui.analysis.quantiles import t_value

LEVEL = 0.95

N_DRAFT = (1, 2, 3, 4, 6, 8, 12, 16)
"""Tokens drafted at a time that are tried."""

NGRAM_SIZES = (2, 3, 4)
"""Tokens that must have come before in the same order for a lookup to find what followed them."""


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """A way to draft: by a second model, with `ngram` tokens looked up in what was read and written so far, or by the
    file's own layers for multi-token prediction (`mtp`)."""

    n_draft: int
    ngram: int = 0
    mtp: bool = False

    @property
    def kind(self) -> str:
        """What drafts: "draft" for a second model, "mtp" or "ngram"."""
        return "ngram" if self.ngram else "mtp" if self.mtp else "draft"

    @property
    def name(self) -> str:
        """As it is told while it is measured: "draft-4", "ngram3-8", "mtp-2"."""
        return f"{self.kind}{self.ngram or ''}-{self.n_draft}"

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Setting:
        """As it was journalled; runs of before know no MTP."""
        return cls(int(facts["n_draft"]), int(facts["ngram"]), bool(facts.get("mtp", False)))


DRAFTERS = ("draft", "mtp", "ngram")
"""The kinds of settings, in the order in which they are told."""


def settings(
    *, draft: bool, ngram: bool, n_draft: Sequence[int] = N_DRAFT, n_mtp: Sequence[int] = ()
) -> tuple[Setting, ...]:
    """Every setting of what can draft here; `n_mtp` are the tokens that a file's own layers draft at a time."""
    found = [Setting(n) for n in n_draft] if draft else []
    found += [Setting(n, mtp=True) for n in n_mtp]
    return (*found, *(Setting(n, size) for size in NGRAM_SIZES for n in n_draft if ngram))


def within(n_draft: Sequence[int], most: int | None) -> tuple[int, ...]:
    """Those of some lengths of drafts that can be had, or the most that can where none can."""
    return tuple(n_draft) if most is None else tuple(n for n in n_draft if n <= most) or (most,)


class Ngrams:
    """Looks for the last tokens of a text earlier in it, and drafts what followed there."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ends: dict[tuple[int, ...], int] = {}
        self._seen = 0

    def draft(self, tokens: Sequence[int], n_draft: int) -> list[int]:
        """What followed the last place where the text had its last `size` tokens; empty where it had them nowhere.

        `tokens` must go on from those of the call before. A draft that reaches the end of the text goes on with itself:
        of "ab ab ab" the next is "ab" as often as is asked for.
        """
        size = self._size
        for end in range(max(self._seen + 1, size), len(tokens)):  # the last ones themselves are what is looked for
            self._ends[tuple(tokens[end - size : end])] = end
        self._seen = max(self._seen, len(tokens) - 1)
        start = self._ends.get(tuple(tokens[-size:])) if len(tokens) >= size else None
        if start is None:
            return []
        known, drafted = len(tokens), list[int]()
        for place in range(start, start + n_draft):
            drafted.append(tokens[place] if place < known else drafted[place - known])
        return drafted


@dataclass(frozen=True, slots=True)
class Round:
    """One batch: how many tokens were drafted for it, and how many of them were accepted."""

    n_drafted: int
    n_accepted: int


def replay_hits(hits: Sequence[bool], n_draft: int, max_tokens: int) -> list[Round]:
    """The rounds of a draft model. `hits` says of each token of the plain output whether the draft's likeliest token
    after what came before is this one; `max_tokens` is what might have been written."""

    def propose(at: int, n: int) -> tuple[int, int]:
        right = 0
        while right < n and at + right < len(hits) and hits[at + right]:
            right += 1
        return n, right

    return _replay(len(hits), n_draft, max_tokens, propose)


def replay_runs(runs: Sequence[int], n_draft: int, max_tokens: int) -> list[Round]:
    """The rounds of a drafter of which it is known how many tokens it has right from each token of the output on."""
    return _replay(len(runs), n_draft, max_tokens, lambda at, n: (n, min(n, runs[at])))


def replay_ngrams(
    prompt: Sequence[int], output: Sequence[int], size: int, n_draft: int, max_tokens: int
) -> list[Round]:
    """The rounds of an n-gram lookup over a plain output."""
    ngrams, text = Ngrams(size), [*prompt, *output]

    def propose(at: int, n: int) -> tuple[int, int]:
        drafted = ngrams.draft(text[: len(prompt) + at], n)
        return len(drafted), common_length(drafted, output[at:])

    return _replay(len(output), n_draft, max_tokens, propose)


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))


def _replay(
    n_output: int, n_draft: int, max_tokens: int, propose: Callable[[int, int], tuple[int, int]]
) -> list[Round]:
    """A batch of n drafted tokens gives those accepted and one more, which the model chooses itself."""
    at, rounds = 0, list[Round]()
    while at < n_output:
        drafted, right = propose(at, min(n_draft, max_tokens - at - 1))
        rounds.append(Round(drafted, right))
        at += right + 1
    return rounds


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured, in seconds: a batch of so many tokens with what is chosen from it (`verify_s`), and drafting
    so many tokens with the second model (`draft_s`) and by the file's own layers (`mtp_s`). Between and beyond the
    numbers that were measured lines are drawn. `plain_s` is a batch of plain decoding where that is another one."""

    verify_s: Mapping[int, float]
    draft_s: Mapping[int, float]
    mtp_s: Mapping[int, float] = field(default_factory=dict)
    plain_s: float | None = None

    def of_batch(self, n_tokens: int) -> float:
        """The seconds of a batch."""
        return _on_line(self.verify_s, n_tokens)

    def of_draft(self, n_tokens: int, kind: str = "draft") -> float:
        """The seconds of a draft by one of `DRAFTERS`; a lookup takes none to speak of."""
        known = {"draft": self.draft_s, "mtp": self.mtp_s}.get(kind)
        return _on_line(known, n_tokens) if n_tokens and known else 0.0


def _on_line(known: Mapping[int, float], at: int) -> float:
    if at in known:
        return known[at]
    numbers = sorted(known)
    if len(numbers) == 1:
        return known[numbers[0]]
    after = next((place for place, number in enumerate(numbers) if number > at), len(numbers) - 1)
    left, right = numbers[max(after, 1) - 1], numbers[max(after, 1)]
    return max(0.0, known[left] + (known[right] - known[left]) * (at - left) / (right - left))


def seconds_of(setting: Setting, rounds: Iterable[Round], costs: Costs) -> float:
    """How long these rounds take."""
    return fsum(costs.of_batch(1 + one.n_drafted) + costs.of_draft(one.n_drafted, setting.kind) for one in rounds)


def plain_seconds(n_output: int, costs: Costs) -> float:
    """How long plain decoding takes: a batch of one token each time."""
    return n_output * (costs.of_batch(1) if costs.plain_s is None else costs.plain_s)


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """How many times as fast as plain decoding, with its 95 % interval where the pairs were repeated."""

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def verdict(self) -> str:
        """ "faster", "slower", or "same" where the interval has 1 in it; "unclear" without an interval."""
        if self.low is None or self.high is None:
            return "unclear"
        return "faster" if self.low > 1.0 else "slower" if self.high < 1.0 else "same"


def speed_up(ratios_by_text: Mapping[str, Sequence[float]]) -> SpeedUp | None:
    """The geometric mean over texts of plain seconds / seconds with speculation, measured one right after the other.

    The interval is that of the measurement on these very texts: by Student's t on the logarithms, the variance within
    texts pooled over them. Other texts may differ by more. None where nothing was measured.
    """
    logs = [[log(ratio) for ratio in ratios] for ratios in ratios_by_text.values() if ratios]
    if not logs:
        return None
    centre, n = fmean(fmean(one) for one in logs), sum(map(len, logs))
    freedom = n - len(logs)
    if freedom < 1:
        return SpeedUp(exp(centre), None, None, n)
    variance = fsum((value - fmean(one)) ** 2 for one in logs for value in one) / freedom
    error = sqrt(variance * fsum(1 / len(one) for one in logs)) / len(logs)
    reach = t_value(LEVEL, freedom) * error
    return SpeedUp(exp(centre), exp(centre - reach), exp(centre + reach), n)


def best(predicted: Mapping[Setting, float], n: int = 3) -> list[Setting]:
    """The settings with the highest speed-ups; of equals the one that drafts less."""
    return sorted(predicted, key=lambda one: (-predicted[one], one))[:n]


def promising(predicted: Mapping[Setting, float], n: int = 3) -> list[Setting]:
    """The settings that are worth measuring: the best ones, and the best of each way to draft: predictions of one may
    be further off than those of the other.
    """
    ways = [[one for one in predicted if one.kind == kind] for kind in DRAFTERS]
    of_each = [setting for way in ways for setting in best({one: predicted[one] for one in way}, 1)]
    return list(dict.fromkeys((*best(predicted, n), *of_each)))
