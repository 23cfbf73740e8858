"""Items that were chosen, and the score on all that they give: by hand, at the edges, and how often intervals hold."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from math import exp, fsum

import pytest
from tests.analysis.test_coverage import most_misses

from aa_tui.analysis import item_response, short_pack
from aa_tui.analysis.item_response import chance
from aa_tui.analysis.short_pack import Answer, ShortScore

KINDS = ("rasch", "slopes", "guessing", "noise", "opposite", "twin")
"""How answers come about: as the model says; with slopes by item; with a quarter guessed; without any difficulty; with
a new run that finds easy what was hard; or with one that answers as a known run does but for 7 %."""


def draw(
    rng: random.Random, n_items: int, kind: str, ability: float, new: float
) -> tuple[dict[int, dict[str, bool]], dict[str, bool], dict[str, str]]:
    """Four known runs of about an ability, the answers of a new one, and the items' categories."""
    categories = {f"i{number:04}": "abcd"[number % 4] for number in range(n_items)}
    hard = {item: rng.gauss(0, 1.8) for item in categories}
    slope = {item: exp(rng.gauss(0, 0.6)) if kind == "slopes" else 1.0 for item in categories}

    def answers(of: float) -> dict[str, bool]:
        shares = {item: chance(slope[item] * (of - b), 0.0) for item, b in hard.items()}
        if kind == "noise":
            shares = dict.fromkeys(hard, chance(of, 0.0))
        elif kind == "guessing":
            shares = {item: 0.25 + 0.75 * share for item, share in shares.items()}
        return {item: rng.random() < share for item, share in shares.items()}

    known = {run: answers(ability + rng.gauss(0, 0.7)) for run in range(4)}
    if kind == "opposite":
        return known, {item: rng.random() < chance(new, -b) for item, b in hard.items()}, categories
    if kind == "twin":
        return known, {item: hit != (rng.random() < 0.07) for item, hit in known[0].items()}, categories
    return known, answers(new), categories


def estimated(
    rng: random.Random,
    known: Mapping[int, Mapping[str, bool]],
    new: Mapping[str, bool],
    categories: Mapping[str, str],
    n: int,
) -> ShortScore:
    """The new run's score from n chosen items, as the program comes to it."""
    fit = item_response.fit(known, categories)
    difficulties = {item: round(one.value, 4) for item, one in fit.difficulties.items()}
    chances = short_pack.inclusion(difficulties, n, fit.mean_ability)
    chosen = short_pack.drawn(chances, categories, rng.getrandbits(40))
    answers = [Answer(difficulties[item], chances[item], new[item]) for item in chosen]
    return short_pack.estimate(answers, n, list(Counter(difficulties.values()).items()), fit.mean_ability)


def test_chances_add_up_and_are_higher_where_an_answer_is_open() -> None:
    difficulties = {"easy": -6.0, "open": 0.0, "hard": 5.0, **{f"more{n}": float(n % 7 - 3) for n in range(40)}}
    found = short_pack.inclusion(difficulties, 20, 0.0)
    assert fsum(found.values()) == pytest.approx(20)
    assert found["open"] > found["hard"] > found["easy"]
    assert min(found.values()) >= short_pack.FLOOR * 20 / 43
    assert max(short_pack.inclusion(difficulties, 42, 0.0).values()) == 1.0
    with pytest.raises(ValueError, match="44 items cannot be chosen of 43"):
        short_pack.inclusion(difficulties, 44, 0.0)


def test_items_are_drawn_with_their_chances_as_many_as_wanted() -> None:
    difficulties = {f"i{n:02}": (n - 20) / 4 for n in range(40)}
    categories = {item: item[-1] for item in difficulties}
    chances = short_pack.inclusion(difficulties, 12, 0.0)
    counts: Counter[str] = Counter()
    for seed in range(2_000):
        chosen = short_pack.drawn(chances, categories, seed)
        assert len(set(chosen)) == len(chosen) == 12
        counts.update(chosen)
    # of a share p of 2,000 draws the standard deviation is at most 0.0112; of 40 none is five of these away
    assert max(abs(counts[item] / 2_000 - share) for item, share in chances.items()) < 0.056


def test_alike_items_and_nothing_known_give_the_plain_mean() -> None:
    answers = [Answer(0.0, 0.25, number % 3 == 0) for number in range(30)]
    found = short_pack.estimate(answers, 30, [(0.0, 120)], -0.7)
    assert found.value == pytest.approx(found.plain, abs=0.01)
    assert found.n_worth == pytest.approx(30, rel=0.1)


def test_with_all_items_asked_nothing_is_left_to_estimate() -> None:
    answers = [Answer(number / 10 - 2, 1.0, number % 2 == 0) for number in range(40)]
    found = short_pack.estimate(answers, 40, [(one.difficulty, 1) for one in answers], 0.0)
    assert (found.interval.low, found.value, found.interval.high) == pytest.approx((0.5, 0.5, 0.5))


def test_answers_all_alike_are_not_certain() -> None:
    answers = [Answer(-1.0, 0.2, right=True)] * 20
    found = short_pack.estimate(answers, 20, [(-1.0, 100)], 2.0)
    assert found.interval.low < 0.9
    assert found.value <= found.interval.high <= 1.0
    assert found.n_worth <= short_pack.MOST_SAVED * 20 + 1


def test_easy_items_that_all_had_right_do_not_raise_the_score() -> None:
    """Ten easy items were chosen often and had right; the hard ones, chosen rarely, count for as many as there are."""
    easy, hard = [Answer(-2.0, 0.8, right=True)] * 16, [Answer(2.0, 0.2, right=False)] * 16
    found = short_pack.estimate(easy + hard, 32, [(-2.0, 20), (2.0, 80)], 0.0)
    assert found.plain == 0.5
    assert found.value == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "ability", "new"),
    [
        ("rasch", 0.5, 0.5),
        ("noise", 3.0, 3.0),
        pytest.param("opposite", 0.5, 0.5, marks=pytest.mark.repeats),
        pytest.param("twin", 1.5, 1.0, marks=pytest.mark.repeats),
    ],
)
@pytest.mark.long
def test_intervals_hold_where_the_model_is_right_and_where_it_is_wrong(kind: str, ability: float, new: float) -> None:
    """Approximate ones: at most 6 % may miss."""
    rng, times = random.Random(f"{kind} {ability}"), 150
    missed, bias = 0, 0.0
    for _ in range(times):
        known, answers, categories = draw(rng, 160, kind, ability, new)
        truth = sum(answers.values()) / len(answers)
        found = estimated(rng, known, answers, categories, 40)
        missed += not found.interval.contains(truth)
        bias += (found.value - truth) / times
    assert missed <= most_misses(times, 0.06)
    assert abs(bias) < 0.03
