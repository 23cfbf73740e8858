"""What became of right answers, from texts and forks; and the budget that is advised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest

from aa_tui.analysis.budget_advice import LEAST_ITEMS, advise
from aa_tui.analysis.lost import Lost, Text, Trace, fate, tally


@dataclass(frozen=True)
class Said:
    start: int
    end: int
    right: bool


def text(*stated: tuple[int, bool], n: int = 1_000, before: int = 0) -> Text:
    """A text of as many characters as tokens, which states at these places."""
    return Text(n, n, [Said(at - 10, at, right) for at, right in stated], before)


def test_a_fork_that_is_right_says_by_when_a_failure_had_it() -> None:
    one = fate(Trace("wrong", 3_000, forks=((512, False), (1_024, True), (2_048, False))))
    assert (one.lost, one.evidence, one.reached_tokens, one.tokens_after) == (Lost.LEFT, "forks", 1_024, 1_976)
    assert fate(Trace("truncated", 3_000, forks=((512, True),))).lost is Lost.RAN_ON


def test_the_text_says_where_exactly_and_the_first_of_both_counts() -> None:
    one = fate(Trace("wrong", 1_000, text((300, True)), forks=((512, True),)))
    assert (one.evidence, one.reached_tokens, one.start, one.end) == ("forks and text", 300, 290, 300)
    assert fate(Trace("wrong", 1_000, text((900, True)), forks=((512, True),))).reached_tokens == 512


def test_a_fork_right_behind_a_statement_that_answers_otherwise_counts_more() -> None:
    assert fate(Trace("wrong", 1_000, text((300, True)), forks=((512, False),))).lost is Lost.NEVER
    went_back = text((300, True), (400, False))
    assert fate(Trace("wrong", 1_000, went_back, forks=((512, False),))).lost is Lost.LEFT
    assert fate(Trace("wrong", 1_000, text((600, True)), forks=((512, False),))).lost is Lost.LEFT  # no fork after it


@pytest.mark.parametrize(
    ("outcome", "circles", "lost"),
    [
        ("wrong", False, Lost.NEVER),
        ("no_answer", False, Lost.NEVER),
        ("loop", False, Lost.LOOPED),
        ("truncated", True, Lost.LOOPED),
        ("truncated", False, Lost.STARVED),
        ("timeout", False, Lost.STARVED),
    ],
)
def test_without_the_answer_the_end_decides(outcome: str, circles: bool, lost: Lost) -> None:
    assert fate(Trace(outcome, 1_000, text((300, False)), in_circles=circles)).lost is lost


def test_where_nothing_tells_it_says_so_and_errors_are_in_no_class() -> None:
    assert fate(Trace("loop", 1_000)).lost is Lost.UNTOLD
    for outcome in ("error", "undecided", None):
        one = fate(Trace(outcome, 1_000, text((300, True))))
        assert (one.lost, one.is_right, one.tokens_after) == (None, False, None)


def test_a_statement_in_the_answer_counts_behind_all_of_the_thinking() -> None:
    one = fate(Trace("truncated", 1_000, text(), text((50, True), n=100, before=1_000)))
    assert (one.lost, one.in_answer, one.reached_tokens, one.tokens_after) == (Lost.RAN_ON, True, 1_050, 0)


def test_a_right_answer_stands_from_where_nothing_says_otherwise_any_more() -> None:
    thought = text((100, True), (200, False), (400, True), (700, True))
    one = fate(Trace("correct", 1_000, thought))
    assert (one.lost, one.is_right, one.reached_tokens, one.tokens_after) == (None, True, 400, 600)
    later = fate(Trace("correct", 1_000, thought, forks=((512, False), (768, True))))
    assert (later.evidence, later.reached_tokens, later.tokens_after) == ("forks", 768, 232)
    assert fate(Trace("correct", 1_000, text((800, False)))).tokens_after is None


def test_tokens_go_to_the_answer_after_it_or_are_lost() -> None:
    fates = [
        (1_000, fate(Trace("correct", 1_000, text((400, True))))),
        (500, fate(Trace("correct", 500, text()))),
        (2_000, fate(Trace("truncated", 2_000, text((300, True), n=2_000)))),
        (900, fate(Trace("wrong", 900))),
        (700, fate(Trace("error", 700))),
    ]
    one = tally("all", fates)
    assert (one.n_right, one.n_failed, one.n_told, one.n_had_it, one.n_placed) == (2, 2, 1, 1, 1)
    assert (one.useful, one.after, one.not_known, one.lost, one.lost_after) == (400, 600, 500, 2_900, 1_700)
    assert one.tax == pytest.approx(0.6)
    assert one.evidence == {"text": 1}


# -- the budget that is advised


class Sample(NamedTuple):
    id: int
    item_id: str
    outcome: str
    n_thinking: int


class Probe(NamedTuple):
    sample_id: int
    budget_tokens: int
    outcome: str


def run_of(n: int, right_from: int = 1_024) -> tuple[list[Sample], list[Probe]]:
    """So many items that all think 5,000 tokens and end right; forks are right from a budget on."""
    samples = [Sample(number, f"item-{number}", "correct", 5_000) for number in range(n)]
    forks = [
        Probe(one.id, budget, "correct" if budget >= right_from else "wrong")
        for one in samples
        for budget in (512, 1_024, 2_048)
    ]
    return samples, forks


def test_the_fewest_tokens_within_a_point_are_advised_and_tried_on_the_other_half() -> None:
    found = advise(*run_of(60))
    assert found is not None
    assert found.first is not None
    assert found.second is not None
    assert (found.first.budget_tokens, found.second.budget_tokens, found.n_items) == (1_024, 1_024, 60)
    assert (found.first.score.value, found.first.as_it_was.value, found.first.n_items) == (1.0, 1.0, 30)
    assert (found.first.mean_tokens, found.first.mean_tokens_as_it_was) == (1_024, 5_000)
    assert found.crossed is not None
    assert found.crossed.n_effective == 60


def test_what_is_chosen_by_luck_does_not_flatter_on_the_other_half() -> None:
    """Each item is right at one budget by chance: what looks best on one half is no better on the other."""
    samples = [Sample(number, f"item-{number}", "wrong", 5_000) for number in range(400)]
    forks = [
        Probe(one.id, budget, "correct" if (one.id * 7919 + place * 104_729) % 97 < 48 else "wrong")
        for one in samples
        for place, budget in enumerate((512, 1_024, 2_048, 4_096))
    ]
    found = advise(samples, forks)
    assert found is not None
    assert found.crossed is not None
    assert found.crossed.interval.contains(48 / 97)


def test_with_too_few_items_none_is_advised_and_without_forks_there_is_nothing_to_say() -> None:
    found = advise(*run_of(2 * LEAST_ITEMS - 1))
    assert found is not None
    assert found.too_few
    assert found.n_items == 2 * LEAST_ITEMS - 1
    samples, _ = run_of(60)
    assert advise(samples, []) is None


def test_only_items_that_are_known_at_every_budget_count() -> None:
    samples, forks = run_of(60)
    forks = [one for one in forks if (one.sample_id, one.budget_tokens) != (3, 512)]
    samples[7] = samples[7]._replace(outcome="undecided")
    found = advise(samples, forks)
    assert found is not None
    assert found.n_items == 58


def test_the_same_seed_makes_the_same_halves_whatever_the_order() -> None:
    samples, forks = run_of(60)
    forks = [one._replace(outcome="correct") if one.sample_id % 3 else one for one in forks]
    assert advise(samples, forks, seed=3) == advise(samples[::-1], forks[::-1], seed=3)
