"""Difficulties and abilities: what they are by hand, and that they are found again."""

from __future__ import annotations

import random
from math import log

import pytest

from aa_tui.analysis.item_response import ability_of, chance, fit


def test_a_chance_is_the_logistic_function_of_the_distance() -> None:
    assert chance(1.0, 1.0) == 0.5
    assert chance(log(3), 0.0) == pytest.approx(0.75)
    assert chance(0.0, log(3)) == pytest.approx(0.25)
    assert (chance(900.0, 0.0), chance(0.0, 900.0)) == (1.0, 0.0)


def test_only_how_many_had_an_item_right_counts() -> None:
    right = {1: {"a": True, "b": False, "c": False}, 2: {"a": False, "b": True, "c": False}}
    found = fit(right, "abcd")
    assert found.difficulties["a"] == found.difficulties["b"]
    assert found.difficulties["c"].value > found.difficulties["a"].value
    assert found.difficulties["d"].value == pytest.approx(0.0, abs=1e-6)  # nobody was asked: nothing but the prior
    assert found.difficulties["d"].error == pytest.approx(found.spread, rel=1e-3)
    assert found.abilities[1].value == pytest.approx(found.abilities[2].value)


def test_the_fit_is_where_no_step_makes_it_likelier() -> None:
    rng = random.Random(4)
    right = {run: {f"i{n}": rng.random() < 0.3 + 0.1 * run for n in range(40)} for run in range(4)}
    found = fit(right, right[0])
    for run, answers in right.items():
        ability = found.abilities[run].value
        expected = sum(chance(ability, found.difficulties[item].value) for item in answers)
        assert sum(answers.values()) - expected == pytest.approx(ability / 9, abs=1e-3)
    for item, one in found.difficulties.items():
        expected = sum(chance(found.abilities[run].value, one.value) for run in right)
        assert expected - sum(right[run][item] for run in right) == pytest.approx(one.value / found.spread**2, abs=1e-3)


def test_abilities_and_difficulties_are_found_again() -> None:
    rng = random.Random(1)
    hard = {f"i{n}": rng.gauss(0, 1.5) for n in range(300)}
    abilities = {run: -1.5 + 0.3 * run for run in range(11)}
    right = {run: {item: rng.random() < chance(a, b) for item, b in hard.items()} for run, a in abilities.items()}
    found = fit(right, hard)
    away = [found.abilities[run].value - a for run, a in abilities.items()]
    assert max(abs(one) for one in away) < 0.5
    mean, mean_found = sum(hard.values()) / 300, sum(one.value for one in found.difficulties.values()) / 300
    together = sum((b - mean) * (found.difficulties[item].value - mean_found) for item, b in hard.items())
    spreads = [
        sum((b - mean) ** 2 for b in hard.values()),
        sum((one.value - mean_found) ** 2 for one in found.difficulties.values()),
    ]
    assert together / (spreads[0] * spreads[1]) ** 0.5 > 0.8


def test_an_ability_alone_follows_the_answers_and_is_held_by_its_prior() -> None:
    half = [(0.0, number % 2 == 0, 1.0) for number in range(40)]
    assert ability_of(half, spread=100.0) == pytest.approx(0.0, abs=1e-6)
    assert ability_of([(1.0, hit, w) for _, hit, w in half], spread=100.0) == pytest.approx(1.0, abs=0.01)
    assert ability_of([], expected=0.7) == pytest.approx(0.7)
    assert 0.7 < ability_of([(0.0, True, 1.0)] * 5, expected=0.7) < 5


def test_without_runs_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="difficulties need runs"):
        fit({}, ["a"])
