"""Which of a model's files to take: what changes from the largest to each smaller one, and which is good enough.

All of it is told beside one file, the reference. Nothing is concluded from what was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, isfinite, sqrt
from typing import Final, Literal

from aa_tui.analysis.intervals import Interval, wilson
from aa_tui.analysis.paired import DiscordantTable, tango
from aa_tui.analysis.quantiles import t_value

LOSS_AT_MOST: Final = 0.05
"""So much of the items a file may lose at the worst end of the 95 % interval to be recommended. Ours."""

LEAST_SCORE: Final = 0.2
"""A reference that has fewer right than this has too little to lose for its losses to tell. Ours."""

KLD_AT_MOST: Final = 0.05
"""Mean KL divergence in nats at the upper end of its interval up to which a file is recommended without evaluations.
Ours: it is no statement about answers."""

MOST_ITEMS: Final = 100_000
"""Nobody is told to ask more items than this."""

Rule = Literal["accuracy", "divergence"]
"""What a recommendation rests on: answers to the same items, or the distributions of next tokens alone."""

State = Literal["holds", "fails", "open", "unknown"]
"""Whether a file keeps to the rule's limit: yes, no, too few items to tell, or not measured."""


@dataclass(frozen=True, slots=True)
class Known:
    """A figure, with its 95 % interval where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Flips:
    """What became of the same `n` items: right in the reference alone (lost), or in the file alone (gained).

    Of `n_answers` items both have an answer that was taken out of their texts, and in `n_answers_changed` they differ.
    """

    n: int
    n_lost: int
    n_gained: int
    n_answers: int = 0
    n_answers_changed: int = 0

    @property
    def n_flips(self) -> int:
        """Items that changed between right and wrong, either way."""
        return self.n_lost + self.n_gained

    @property
    def share(self) -> Known:
        """Flips of all items, 0 to 1, with Wilson's interval. Raises ValueError without items."""
        return _share(self.n_flips, self.n)

    @property
    def answers_changed(self) -> Known | None:
        """The share of other answers, whether right or wrong; None where no answers are known."""
        return _share(self.n_answers_changed, self.n_answers) if self.n_answers else None


@dataclass(frozen=True, slots=True)
class Answered:
    """An item as a run answered it: whether that was right, what was taken out of the text, how long it is."""

    is_right: bool
    answer: str | None
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Rung:
    """A file as the rules see it. `loss` is the reference's share right less the file's, on the same items.

    `table` are these items, a being the reference; None where repeats are compared, or nothing. `spread_tps` is the
    sample standard deviation of the speed.
    """

    key: str
    size_bytes: int
    is_reference: bool = False
    tg_tps: float | None = None
    spread_tps: float | None = None
    loss: Known | None = None
    table: DiscordantTable | None = None
    kld_mean: Known | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rule says of a file; `n_more` items would tell, where that can be foreseen."""

    key: str
    state: State
    n_more: int | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The file to take, by which rule and why; without a `rule` there is nothing to recommend from.

    `by` is what the choice was made by among those that hold. `as_fast` keep to the rule too, and their speeds cannot
    be told from the choice's. `low_score`: there are evaluations, but the reference has too few right.
    """

    rule: Rule | None
    choice: str | None
    judged: tuple[Judged, ...]
    by: Literal["speed", "size"] = "size"
    as_fast: tuple[str, ...] = ()
    low_score: bool = False


def flips(reference: Mapping[str, Answered], other: Mapping[str, Answered]) -> Flips | None:
    """What changed on the items that both have; None where they share none."""
    both = [(reference[item], other[item]) for item in reference if item in other]
    if not both:
        return None
    answers = [(a.answer, b.answer) for a, b in both if a.answer is not None and b.answer is not None]
    return Flips(
        n=len(both),
        n_lost=sum(a.is_right and not b.is_right for a, b in both),
        n_gained=sum(b.is_right and not a.is_right for a, b in both),
        n_answers=len(answers),
        n_answers_changed=sum(a != b for a, b in answers),
    )


def token_ratio(reference: Mapping[str, Answered], other: Mapping[str, Answered], *, level: float = 0.95) -> Known:
    """Output tokens of the file over those of the reference, on the items that both have.

    The ratio of the sums, r = Σb/Σa, whose variance is Σ(b - r·a)² / (n(n-1)·ā²) (Cochran 1977, Sampling Techniques,
    chapter 6); the interval is Student's of log r, so that it never reaches 0. Without an interval where fewer than
    two items are shared. Raises ValueError where the reference wrote nothing.
    """
    both = [(reference[item].n_tokens, other[item].n_tokens) for item in sorted(reference) if item in other]
    n, total = len(both), sum(a for a, _ in both)
    if total <= 0:
        raise ValueError("the reference wrote no tokens")
    ratio = sum(b for _, b in both) / total
    if n < 2 or ratio <= 0:
        return Known(ratio)
    mean = total / n
    deviation = sqrt(fsum((b - ratio * a) ** 2 for a, b in both) / (n * (n - 1))) / mean
    factor = exp(t_value(level, n - 1) * deviation / ratio)
    return Known(ratio, ratio / factor, ratio * factor)


def items_needed(table: DiscordantTable, most: float = LOSS_AT_MOST) -> int | None:
    """About how many items in all would show a loss below `most` at 95 %, if further ones go as these went.

    None where these items lose so much themselves, or where more than `MOST_ITEMS` would be needed.
    """
    if table.n == 0 or table.difference >= most:
        return None
    low, high = table.n, table.n
    while not _shows(table, high, most):
        low, high = high, 2 * high
        if high > MOST_ITEMS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _shows(table, middle, most) else (middle, high)
    return high


def recommend(rungs: Sequence[Rung], *, reference_score: float | None = None) -> Recommendation:
    """The fastest file that keeps to the rule, or the smallest where not all of those were measured for speed.

    By accuracy where any file's loss has an interval and the reference's score (0 to 1, on these items) is at least
    `LEAST_SCORE`: the loss is below `LOSS_AT_MOST` at its upper end. Else by divergence: `KLD_AT_MOST`. The reference
    itself always keeps to the rule. Of files as fast as the fastest, within two standard deviations of each, the
    smallest is chosen. Each interval is of its own file: choosing among many makes a mistake more likely than 5 %.
    """
    others = [one for one in rungs if not one.is_reference]
    has_losses = any(one.loss is not None and one.loss.high is not None for one in others)
    low_score = has_losses and reference_score is not None and reference_score < LEAST_SCORE
    rule: Rule | None = None
    if has_losses and not low_score:
        rule = "accuracy"
    elif any(one.kld_mean is not None for one in others):
        rule = "divergence"
    if rule is None:
        unknown = tuple(Judged(one.key, "unknown") for one in others)
        return Recommendation(None, None, unknown, low_score=low_score)
    judged = tuple(_by_accuracy(one) if rule == "accuracy" else _by_divergence(one) for one in others)
    kept = {one.key for one in judged if one.state == "holds"}
    good = [one for one in rungs if one.is_reference or one.key in kept]
    if all(one.tg_tps is not None for one in good):
        fastest = max(good, key=lambda one: one.tg_tps or 0.0)
        alike = [one for one in good if one is fastest or _as_fast(one, fastest)]
        choice = min(alike, key=lambda one: (one.size_bytes, one.key))
        as_fast = tuple(one.key for one in alike if one is not choice)
        return Recommendation(rule, choice.key, judged, "speed", as_fast, low_score)
    choice = min(good, key=lambda one: (one.size_bytes, one.key))
    return Recommendation(rule, choice.key, judged, "size", (), low_score)


def _by_accuracy(rung: Rung) -> Judged:
    if rung.loss is None or rung.loss.low is None or rung.loss.high is None:
        return Judged(rung.key, "unknown")
    if rung.loss.high < LOSS_AT_MOST:
        return Judged(rung.key, "holds")
    if rung.loss.low >= LOSS_AT_MOST:
        return Judged(rung.key, "fails")
    needed = items_needed(rung.table) if rung.table is not None else None
    return Judged(rung.key, "open", None if needed is None or rung.table is None else needed - rung.table.n)


def _by_divergence(rung: Rung) -> Judged:
    if rung.kld_mean is None:
        return Judged(rung.key, "unknown")
    end = rung.kld_mean.value if rung.kld_mean.high is None else rung.kld_mean.high
    return Judged(rung.key, "holds" if isfinite(end) and end <= KLD_AT_MOST else "fails")


def _as_fast(one: Rung, fastest: Rung) -> bool:
    """Whether the spreads of both speeds meet; of a single repetition there is none."""
    if one.tg_tps is None or fastest.tg_tps is None or one.spread_tps is None or fastest.spread_tps is None:
        return False
    return one.tg_tps + 2 * one.spread_tps >= fastest.tg_tps - 2 * fastest.spread_tps


def _shows(table: DiscordantTable, n: int, most: float) -> bool:
    """Whether so many items, parted as these, would show the loss to be below `most`."""
    lost, gained = (round(count * n / table.n) for count in (table.n_only_a, table.n_only_b))
    return tango(DiscordantTable(max(0, n - lost - gained), lost, gained, 0)).high < most


def _share(count: int, n: int) -> Known:
    interval: Interval = wilson(count, n)
    return Known(count / n, interval.low, interval.high)
