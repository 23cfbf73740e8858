"""Which file to take, by hand: each rule, ties, too few items, and nothing from what was not measured."""

from __future__ import annotations

from math import exp, sqrt

import pytest

from aa_tui.analysis.intervals import wilson
from aa_tui.analysis.ladder import (
    Answered,
    Judged,
    Known,
    Rung,
    flips,
    items_needed,
    recommend,
    token_ratio,
)
from aa_tui.analysis.paired import DiscordantTable, tango
from aa_tui.analysis.quantiles import t_value

REFERENCE = Rung("ref", 800, is_reference=True, tg_tps=10.0, spread_tps=0.1)


def measured(key: str, size: int, tg: float, table: DiscordantTable, spread: float = 0.1) -> Rung:
    """A file with a speed and the loss of these items."""
    interval = tango(table)
    return Rung(key, size, False, tg, spread, Known(table.difference, interval.low, interval.high), table)


SAME = DiscordantTable(150, 0, 0, 50)
WORSE = DiscordantTable(100, 40, 5, 55)
FEW = DiscordantTable(15, 1, 1, 3)


def test_the_fastest_file_that_loses_little_is_taken() -> None:
    rungs = [REFERENCE, measured("q5", 500, 15.0, SAME), measured("q4", 400, 18.0, SAME)]
    told = recommend(rungs, reference_score=0.75)
    assert (told.rule, told.choice, told.by, told.as_fast) == ("accuracy", "q4", "speed", ())
    assert [one.state for one in told.judged] == ["holds", "holds"]


def test_one_that_loses_too_much_is_not_however_fast() -> None:
    rungs = [REFERENCE, measured("q5", 500, 15.0, SAME), measured("q2", 200, 30.0, WORSE)]
    told = recommend(rungs, reference_score=0.7)
    assert told.choice == "q5"
    assert tango(WORSE).low > 0.05, "17.5 points are too much for certain"
    assert told.judged == (Judged("q5", "holds"), Judged("q2", "fails"))


def test_of_files_as_fast_as_each_other_the_smallest_is_taken() -> None:
    rungs = [REFERENCE, measured("q5", 500, 15.2, SAME, 0.2), measured("q4", 400, 15.0, SAME, 0.2)]
    told = recommend(rungs, reference_score=0.75)
    assert (told.choice, told.as_fast) == ("q4", ("q5",))
    apart = [REFERENCE, measured("q5", 500, 16.0, SAME, 0.2), measured("q4", 400, 15.0, SAME, 0.2)]
    assert recommend(apart, reference_score=0.75).choice == "q5", "15.4 and 15.6 do not meet"


def test_a_speed_that_is_missing_leaves_the_size_to_decide() -> None:
    interval = tango(SAME)
    unmeasured = Rung("q4", 400, loss=Known(0.0, interval.low, interval.high), table=SAME)
    told = recommend([REFERENCE, measured("q5", 500, 15.0, SAME), unmeasured], reference_score=0.75)
    assert (told.choice, told.by) == ("q4", "size")


def test_too_few_items_say_how_many_more_would_tell() -> None:
    told = recommend([REFERENCE, measured("q4", 400, 18.0, FEW)], reference_score=0.8)
    assert told.choice == "ref"
    assert told.judged[0].state == "open"
    more = told.judged[0].n_more
    assert more is not None
    needed = FEW.n + more
    flipped = round(needed / FEW.n)
    assert tango(DiscordantTable(needed - 2 * flipped, flipped, flipped, 0)).high < 0.05


def test_with_no_flip_at_all_72_items_are_too_few_and_73_enough() -> None:
    """Tango's upper limit without discordant items is z²/(n + z²): below 0.05 from n = 73 (72.99) on."""
    assert items_needed(DiscordantTable(10, 0, 0, 0)) == 73
    assert tango(DiscordantTable(72, 0, 0, 0)).high > 0.05 > tango(DiscordantTable(73, 0, 0, 0)).high


def test_items_that_lose_too_much_themselves_need_no_more() -> None:
    assert items_needed(DiscordantTable(80, 20, 0, 0)) is None


def test_without_answers_the_divergence_decides_and_says_so() -> None:
    near, far = Known(0.02, 0.018, 0.022), Known(0.049, 0.047, 0.051)
    rungs = [
        REFERENCE,
        Rung("q5", 500, tg_tps=14.0, spread_tps=0.1, kld_mean=near),
        Rung("q4", 400, tg_tps=18.0, spread_tps=0.1, kld_mean=far),
        Rung("q3", 300, tg_tps=20.0, spread_tps=0.1),
    ]
    told = recommend(rungs)
    assert (told.rule, told.choice) == ("divergence", "q5")
    assert [one.state for one in told.judged] == ["holds", "fails", "unknown"], "the upper end counts"


def test_nothing_is_recommended_from_nothing() -> None:
    told = recommend([REFERENCE, Rung("q4", 400, tg_tps=18.0)])
    assert (told.rule, told.choice) == (None, None)
    assert told.judged == (Judged("q4", "unknown"),)


def test_a_reference_that_knows_nothing_has_nothing_to_lose() -> None:
    """Of 200 items 6 right: a file with none of them right would have lost 3 points only."""
    table = DiscordantTable(0, 6, 0, 194)
    told = recommend([REFERENCE, measured("q2", 200, 30.0, table)], reference_score=0.03)
    assert (told.rule, told.choice, told.low_score) == (None, None, True)


def answered(*right: bool, tokens: int = 10) -> dict[str, Answered]:
    return {str(number): Answered(one, "A" if one else "B", tokens) for number, one in enumerate(right)}


def test_flips_are_counted_in_both_directions_and_other_answers_beside_them() -> None:
    reference = answered(True, True, False, False, True)
    other = answered(True, False, True, False, True)
    other["3"] = Answered(False, "C", 10)
    other["4"] = Answered(True, None, 10)
    found = flips(reference, other)
    assert found is not None
    assert (found.n, found.n_lost, found.n_gained, found.n_flips) == (5, 1, 1, 2)
    assert (found.n_answers, found.n_answers_changed) == (4, 3)
    interval = wilson(2, 5)
    assert found.share == Known(0.4, interval.low, interval.high)


def test_items_of_one_run_alone_are_in_no_comparison() -> None:
    assert flips(answered(True), {"x": Answered(True, None, 1)}) is None
    found = flips(answered(True, False), answered(True))
    assert found is not None
    assert found.n == 1


def test_the_ratio_of_tokens_is_that_of_the_sums() -> None:
    reference = {"a": Answered(True, None, 100), "b": Answered(True, None, 300)}
    other = {"a": Answered(True, None, 150), "b": Answered(True, None, 330), "c": Answered(True, None, 9_999)}
    found = token_ratio(reference, other)
    assert found.value == pytest.approx(480 / 400)
    # residuals 150 - 120 and 330 - 360; their squares sum to 1800, over n(n-1) = 2, over the mean of 200
    deviation = sqrt(1_800 / 2) / 200
    factor = exp(t_value(0.95, 1) * deviation / 1.2)
    assert found.low == pytest.approx(1.2 / factor)
    assert found.high == pytest.approx(1.2 * factor)


def test_the_same_tokens_have_a_ratio_of_one_without_width() -> None:
    assert token_ratio(answered(True, True), answered(True, False)) == Known(1.0, 1.0, 1.0)
    assert token_ratio(answered(True), answered(True)) == Known(1.0), "one item has no interval"
