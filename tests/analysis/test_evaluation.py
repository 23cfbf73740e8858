"""What samples add up to, of such items and of just these."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from aa_tui.analysis.evaluation import summarise
from aa_tui.analysis.intervals import hypergeometric, wilson


class One(NamedTuple):
    """A graded sample."""

    item_id: str
    category: str
    outcome: str
    position: int
    epoch: int = 1
    level: int | None = None
    n_thinking: int = 0
    n_answer: int = 10


def samples(*outcomes: str, category: str = "first", start: int = 0) -> list[One]:
    return [One(f"{category}-{n}", category, outcome, start + n) for n, outcome in enumerate(outcomes)]


HALF = [*samples("correct", "correct", "wrong"), *samples("correct", "truncated", category="second", start=3)]


def test_of_such_items_the_packs_size_does_not_matter() -> None:
    part = summarise(HALF).all
    assert part.strict is not None
    assert part.strict.interval == wilson(3, 5)
    assert part.strict.interval.estimand == "such items"


def test_of_just_these_items_what_is_done_is_certain() -> None:
    summary = summarise(HALF, categories=("first", "second"), population={"first": 6, "second": 4})
    assert summary.all.strict is not None
    assert summary.all.strict.interval == hypergeometric(3, 5, 10)
    assert summary.all.truncation is not None
    assert summary.all.truncation.interval == hypergeometric(1, 5, 10)
    first = summary.by_category["first"].strict
    assert first is not None
    assert first.interval == hypergeometric(2, 3, 6)
    assert summary.index is not None
    assert summary.index.interval.estimand == "these items"
    assert summary.all.completed is not None
    assert summary.all.completed.interval.estimand == "such items", "how many of the others will end is not known"


def test_all_items_done_leave_no_doubt_about_these() -> None:
    summary = summarise(HALF, population={"first": 3, "second": 2})
    assert summary.all.strict is not None
    assert (summary.all.strict.interval.low, summary.all.strict.interval.high) == (0.6, 0.6)
    assert summary.index is not None
    assert summary.index.interval.low == pytest.approx(summary.index.value)


@pytest.mark.parametrize("population", [{}, {"first": 6}, {"first": 2, "second": 9}, {"third": 100}])
def test_a_population_that_cannot_be_is_not_used(population: dict[str, int]) -> None:
    summary = summarise(HALF, population=population)
    assert summary.all.strict is not None
    assert summary.all.strict.interval == wilson(3, 5)
    assert summary.index is not None
    assert summary.index.interval.estimand == "such items"


def test_repeats_are_no_further_items() -> None:
    again = [one._replace(epoch=2, position=one.position + 5) for one in HALF]
    summary = summarise([*HALF, *again], population={"first": 3, "second": 2})
    assert summary.all.strict is not None
    assert summary.all.strict.interval.estimand == "these items"
