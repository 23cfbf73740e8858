"""Scores that were estimated with a control: what they are by hand, what they come down to, and how often they hold."""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import exp

import pytest
from tests.analysis.test_coverage import most_misses

from aa_tui.analysis.control_variate import Cell, cells_of, controlled, worth_of
from aa_tui.analysis.intervals import Tally, of_population, wilson

Hits = Mapping[str, bool]
Names = Mapping[str, str]


def test_the_estimate_is_the_shares_of_the_cells_counted_by_their_items() -> None:
    # The control had 60 of 100 items right. Of 30 answered it had 10 right, of which 9 are; of the other 20 five are.
    found = controlled([Cell(Tally(9, 10), 60), Cell(Tally(5, 20), 40)])
    assert found.value == pytest.approx(0.6 * 0.9 + 0.4 * 0.25)
    assert (found.n, found.population) == (30, 100)


@pytest.mark.parametrize(("right", "n", "population"), [(0, 20, 50), (7, 20, 50), (20, 20, 50), (33, 60, 1_000)])
def test_a_control_that_says_nothing_gives_the_plain_interval(right: int, n: int, population: int) -> None:
    such = controlled([Cell(Tally(right, n), population)])
    plain = wilson(right, n)
    assert (such.interval.low, such.interval.high) == pytest.approx((plain.low, plain.high), abs=1e-9)
    these = controlled([Cell(Tally(right, n), population)], estimand="these items")
    known = of_population(right, n, population)
    if 2 * n < population:
        assert (these.interval.low, these.interval.high) == pytest.approx((known.low, known.high), abs=1e-9)


def test_with_all_items_answered_nothing_is_left_to_estimate() -> None:
    cells = [Cell(Tally(40, 60), 60), Cell(Tally(5, 40), 40)]
    these = controlled(cells, estimand="these items")
    assert (these.interval.low, these.value, these.interval.high) == (0.45, 0.45, 0.45)
    such, plain = controlled(cells), wilson(45, 100)  # Student's t of 98 in place of the normal distribution
    assert such.interval.half_width == pytest.approx(plain.half_width, rel=0.06)


def test_a_control_that_agrees_makes_the_interval_narrower_and_says_by_how_much() -> None:
    agreeing = controlled([Cell(Tally(29, 30), 140), Cell(Tally(1, 30), 140)])
    plain = wilson(30, 60)
    assert agreeing.interval.half_width < 0.8 * plain.half_width
    worth = wilson(round(agreeing.n_worth / 2), round(agreeing.n_worth))
    assert worth.half_width == pytest.approx(agreeing.interval.half_width, rel=0.02)
    assert agreeing.unexplained < 0.3


def test_a_small_sample_never_counts_as_certain() -> None:
    """The two runs agree on all of 40 items; that they would on all 400 nobody knows."""
    found = controlled([Cell(Tally(20, 20), 200), Cell(Tally(0, 20), 200)], estimand="these items")
    assert found.interval.low < 0.44
    assert found.interval.high > 0.56


def test_items_are_told_apart_by_category_where_enough_were_answered() -> None:
    items = {f"{category}{n}": category for category in "ab" for n in range(50)}
    control = {item: int(item[1:]) % 2 == 0 for item in items}
    right = {item: control[item] for item in items if int(item[1:]) < 20}
    assert len(cells_of(right, control, items)) == 4
    few = {item: control[item] for item in items if int(item[1:]) < 10}  # five of each cell of four
    assert sorted((cell.drawn.n, cell.population) for cell in cells_of(few, control, items)) == [(10, 50), (10, 50)]
    fewest = {item: control[item] for item in items if int(item[1:]) < 5}
    assert [(cell.drawn.n, cell.population) for cell in cells_of(fewest, control, items)] == [(10, 100)]


def test_what_a_control_made_of_too_few_items_is_no_cell() -> None:
    control = {f"i{n}": "unknown" if n < 3 else "right" if n < 60 else "wrong" for n in range(100)}
    right = {f"i{n}": True for n in range(0, 100, 2)}
    cells = cells_of(right, control, {})
    assert sum(cell.population for cell in cells) == 100
    assert all(cell.drawn.n >= 8 for cell in cells)


def test_items_that_the_control_lacks_are_refused() -> None:
    with pytest.raises(KeyError):
        cells_of({"other": True}, {"one": True}, {})
    with pytest.raises(ValueError, match="cannot come from"):
        Cell(Tally(1, 3), 2)
    with pytest.raises(ValueError, match="answered item"):
        controlled([Cell(Tally(0, 0), 10)])


@pytest.mark.parametrize("estimand", ["such items", "these items"])
def test_the_worth_of_a_plan_grows_with_what_the_control_explains(estimand: str) -> None:
    worth = [worth_of(60, unexplained, 300, estimand=estimand) for unexplained in (1.0, 0.5, 0.25, 0.1)]  # type: ignore[arg-type]
    assert worth[0] == pytest.approx(60)
    assert worth == sorted(worth)
    assert worth[-1] < 300


def draw(rng: random.Random, n: int, population: int, agree: float, ease: float) -> tuple[float, Hits, Hits, Names]:
    """Items of four categories; a control, and a run that answers as it does with the chance `agree`."""
    categories = {f"i{place}": str(place % 4) for place in range(population)}
    lift = {category: rng.gauss(ease, 0.7) for category in "0123"}
    control, run = {}, {}
    for item, category in categories.items():
        chance = 1 / (1 + exp(-rng.gauss(lift[category], 1.0)))
        control[item] = rng.random() < chance
        run[item] = control[item] if rng.random() < agree else rng.random() < chance
    chosen = []
    for category in "0123":
        members = [item for item, one in categories.items() if one == category]
        chosen += rng.sample(members, n // 4)
    truth = sum(run.values()) / population
    return truth, {item: run[item] for item in chosen}, control, categories


CASES = [
    (20, 100, 0.9, 0.0),
    (60, 280, 0.95, 0.0),
    pytest.param(60, 280, 0.97, 1.5, marks=pytest.mark.repeats),
    pytest.param(40, 200, 0.9, -2.5, marks=pytest.mark.repeats),
    pytest.param(40, 1_000, 0.0, 0.0, marks=pytest.mark.repeats),
]


@pytest.mark.long
@pytest.mark.parametrize(("n", "population", "agree", "ease"), CASES)
def test_the_interval_holds_the_score_on_all_items(n: int, population: int, agree: float, ease: float) -> None:
    rng = random.Random(f"{n} {population} {agree} {ease}")
    missed, repetitions = 0, 300
    for _ in range(repetitions):
        truth, right, control, categories = draw(rng, n, population, agree, ease)
        found = controlled(cells_of(right, control, categories), estimand="these items")
        missed += not found.interval.contains(truth)
    assert missed <= most_misses(repetitions)


@pytest.mark.long
def test_the_interval_holds_the_score_on_such_items() -> None:
    """Shares of 0.3 and 0.9 in cells that are drawn as well: one score, and another control, each time."""
    rng = random.Random(7)
    missed, repetitions, saved = 0, 400, 0.0
    for _ in range(repetitions):
        control = {f"i{place}": rng.random() < 0.5 for place in range(200)}
        right = {item: rng.random() < (0.95 if control[item] else 0.15) for item in list(control)[:50]}
        found = controlled(cells_of(right, control, {}))
        missed += not found.interval.contains(0.55)
        saved += found.n_worth / repetitions
    assert missed <= most_misses(repetitions)
    assert saved > 62  # of 50 items
    assert missed > repetitions / 50  # it is not so wide that it hardly ever misses
