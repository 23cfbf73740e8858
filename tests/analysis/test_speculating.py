"""The arithmetic of speculation, by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from math import exp, log

import pytest

from aa_tui.analysis.speculated import Pair, best_by_drafter, best_by_kind, is_tie, overall, rows
from aa_tui.analysis.speculating import (
    Costs,
    Ngrams,
    Round,
    Setting,
    best,
    plain_seconds,
    promising,
    replay_hits,
    replay_ngrams,
    replay_runs,
    seconds_of,
    settings,
    speed_up,
    within,
)

COSTS = Costs({1: 10.0, 2: 11.0, 5: 14.0}, {1: 1.0, 4: 4.0})


def test_hits_become_rounds() -> None:
    hits = [True, True, False, True, True, True, False, True]
    # 2 right + 1 of the model's own, 2 + 1 of 3 in a row since only 2 are drafted, ...
    assert replay_hits(hits, 2, 8) == [Round(2, 2), Round(2, 2), Round(1, 0), Round(0, 0)]
    assert replay_hits(hits, 4, 8) == [Round(4, 2), Round(4, 3), Round(0, 0)]


def test_a_draft_is_never_longer_than_what_may_be_written() -> None:
    assert replay_hits([True] * 5, 16, 5) == [Round(4, 4)]
    assert replay_hits([True] * 5, 16, 100) == [Round(16, 5)], "it may draft on behind an end that it does not see"


def test_rounds_account_for_every_token() -> None:
    source = random.Random(1)
    for _ in range(200):
        hits = [source.random() < 0.7 for _ in range(source.randrange(1, 60))]
        found = replay_hits(hits, source.choice((1, 2, 3, 8)), len(hits))
        assert sum(one.n_accepted + 1 for one in found) == len(hits)


def test_an_ngram_is_looked_up_where_it_came_last() -> None:
    ngrams = Ngrams(2)
    assert ngrams.draft([1, 2, 3, 1, 2, 4, 1, 2], 3) == [4, 1, 2]
    assert ngrams.draft([1, 2, 3, 1, 2, 4, 1, 2, 9], 3) == []
    assert Ngrams(2).draft([7], 3) == []


def test_a_draft_that_reaches_the_end_goes_on_with_itself() -> None:
    assert Ngrams(2).draft([5, 1, 2, 1, 2], 5) == [1, 2, 1, 2, 1]
    assert Ngrams(3).draft([4] * 4, 4) == [4] * 4


def test_repetition_is_drafted_and_new_text_is_not() -> None:
    again = replay_ngrams([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], 2, 4, 6)
    assert again == [Round(0, 0), Round(0, 0), Round(3, 3)]
    new = replay_ngrams([1, 2, 3], [10, 11, 12, 13], 2, 4, 4)
    assert new == [Round(0, 0)] * 4


def test_runs_of_right_tokens_become_rounds() -> None:
    assert replay_runs([2, 0, 0, 3, 0, 0], 2, 6) == [Round(2, 2), Round(2, 2)]
    assert replay_runs([0, 3, 2, 1, 0, 0], 4, 6) == [Round(4, 0), Round(4, 3), Round(0, 0)]


def test_several_layers_limit_how_much_is_drafted() -> None:
    assert within((1, 2, 4, 8), None) == (1, 2, 4, 8)
    assert within((1, 2, 4, 8), 3) == (1, 2)
    assert within((4, 8), 3) == (3,)


def test_the_time_of_rounds_is_added_up() -> None:
    rounds = [Round(4, 4), Round(1, 0), Round(0, 0)]
    assert seconds_of(Setting(4), rounds, COSTS) == 14 + 4 + 11 + 1 + 10
    assert seconds_of(Setting(4, ngram=2), rounds, COSTS) == 14 + 11 + 10, "a lookup takes no time to speak of"
    assert plain_seconds(7, COSTS) == 70.0
    other = replace(COSTS, mtp_s={1: 2.0, 4: 8.0}, plain_s=9.0)
    assert seconds_of(Setting(4, mtp=True), rounds, other) == 14 + 8 + 11 + 2 + 10
    assert plain_seconds(7, other) == 63.0, "of a context of its own"


def test_costs_between_and_beyond_what_was_measured_lie_on_a_line() -> None:
    assert [COSTS.of_batch(size) for size in (1, 2, 3, 4, 5, 6, 8)] == [10, 11, 12, 13, 14, 15, 17]
    assert [COSTS.of_draft(size) for size in (0, 1, 2, 4, 6)] == [0, 1, 2, 4, 6]
    assert Costs({1: 10.0}, {}).of_batch(9) == 10.0


def test_settings_are_those_of_what_can_draft() -> None:
    assert settings(draft=True, ngram=False, n_draft=(1, 4)) == (Setting(1), Setting(4))
    assert settings(draft=False, ngram=False, n_mtp=(1, 2)) == (Setting(1, mtp=True), Setting(2, mtp=True))
    assert len(settings(draft=True, ngram=True)) == 32
    assert [one.name for one in settings(draft=True, ngram=True, n_draft=(4,))] == [
        *("draft-4", "ngram2-4", "ngram3-4", "ngram4-4"),
    ]


def test_the_best_are_the_fastest_and_of_equals_the_shorter_drafts() -> None:
    assert best({Setting(8): 1.2, Setting(2): 1.2, Setting(4): 1.5, Setting(1): 0.9}, 3) == [
        *(Setting(4), Setting(2), Setting(8)),
    ]


def test_an_interval_by_hand() -> None:
    found = speed_up({"one": (exp(0.1), exp(0.3)), "two": (exp(0.5), exp(0.7))})
    assert found is not None
    # means 0.2 and 0.6; within texts the variance is 0.02 each; t(95 %, 2) = 4.303; error = sqrt(0.02 * 1) / 2
    assert log(found.value) == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    assert log(found.high) - 0.4 == pytest.approx(4.3027 * 0.02**0.5 / 2, rel=1e-4)
    assert 0.4 - log(found.low) == pytest.approx(4.3027 * 0.02**0.5 / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((1.5, 1.51), "faster"), ((0.5, 0.51), "slower"), ((0.8, 1.3), "same"), ((1.5,), "unclear")],
)
def test_verdicts(ratios: tuple[float, ...], verdict: str) -> None:
    found = speed_up({"text": ratios})
    assert found is not None
    assert found.verdict == verdict


def test_intervals_cover_what_they_should() -> None:
    source, covered = random.Random(7), 0
    for _ in range(400):
        ratios = {name: [exp(source.gauss(0.2, 0.1)) for _ in range(3)] for name in "abcd"}
        found = speed_up(ratios)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= exp(0.2) <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def pair(setting: Setting, text: str, kind: str, seconds: float) -> Pair:
    return Pair(setting, text, kind, 2.0, seconds, 20, 20, 40, 10, 10)


def test_settings_compete_on_the_same_texts_only() -> None:
    pairs = [
        pair(Setting(2), "a", "code", 1.0),
        pair(Setting(2), "b", "prose", 2.0),
        pair(Setting(8), "a", "code", 0.5),
    ]
    whole = overall(pairs)
    assert [row.setting for row in whole] == [Setting(2)], "the other one never met the hard text"
    assert whole[0].speed_up.value == pytest.approx(2**0.5)
    assert (whole[0].acceptance, whole[0].per_round) == (0.25, 2.0)
    assert whole[0].tokens_per_s == pytest.approx(40 / 3)
    kinds = best_by_kind(rows(pairs))
    assert {kind: row.setting for kind, row in kinds.items()} == {"code": Setting(8), "prose": Setting(2)}
    assert kinds["code"].joules_per_token is None


def test_each_drafter_is_known_by_its_best_setting() -> None:
    seconds = {Setting(2, mtp=True): 1.5, Setting(4, mtp=True): 1.0, Setting(4, 3): 2.5}
    found = best_by_drafter(overall([pair(one, "a", "code", value) for one, value in seconds.items()]))
    assert {kind: row.setting for kind, row in found.items()} == {"mtp": Setting(4, mtp=True), "ngram": Setting(4, 3)}


@pytest.mark.parametrize(
    ("gap", "shift", "noise", "tie"),
    [(0.02, 0.0, 0.01, True), (0.021, 0.0, 0.01, False), (0.021, 0.02, 0.01, True), (0.01, 0.0, None, False)],
)
def test_a_tie_is_no_wider_than_the_noise_of_both_logits(
    gap: float, shift: float, noise: float | None, tie: bool
) -> None:
    parted = replace(pair(Setting(2), "a", "code", 1.0), diverges_at=3, gap=gap, shift=shift)
    assert is_tie(parted, noise) == tie


def test_the_best_of_each_way_to_draft_is_measured() -> None:
    predicted = {Setting(2): 1.10, Setting(4): 1.05, Setting(2, 2): 0.96, Setting(2, 3): 0.99, Setting(4, 3): 0.97}
    assert promising(predicted, 2) == [Setting(2), Setting(4), Setting(2, 3)]
    heads = {Setting(1, mtp=True): 0.9, Setting(2, mtp=True): 0.8}
    assert promising(predicted | heads, 2) == [Setting(2), Setting(4), Setting(1, mtp=True), Setting(2, 3)]
    assert promising({Setting(2, 2): 1.2, Setting(2, 3): 1.1, Setting(4, 3): 1.0}, 2) == [Setting(2, 2), Setting(2, 3)]
