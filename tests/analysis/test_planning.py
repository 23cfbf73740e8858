"""Plans from a pilot: the fit against a published example, times that can be worked out by hand, and coverage."""

import random
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.analysis.intervals import wilson
from aa_tui.analysis.planning import (
    PilotItem,
    PlanRow,
    Throughput,
    TokenFit,
    fit_tokens,
    half_width,
    n_for_half_width,
    n_within,
    plan,
)

GPQA_LIKE = fit_tokens([PilotItem(tokens) for tokens in (9_000, 15_000, 22_000, 7_000, 16_000)], limit=65_536)


def always(tokens: int) -> TokenFit:
    return fit_tokens([PilotItem(tokens)] * 5)


def seconds(fit: TokenFit, throughput: Throughput, n: int) -> float:
    return plan(fit, throughput, n, sizes=())[0].seconds


def test_the_published_example_of_the_modified_cox_method() -> None:
    # Carbon monoxide of Olsson 2005 in tenths: 12.31 to 78.72 in its own unit.
    fit = fit_tokens([PilotItem(tokens) for tokens in (125, 200, 40, 200, 250, 1_700, 150, 200, 150)])
    assert (fit.low, fit.high) == pytest.approx((123.0929, 787.2254), abs=1e-3)
    assert (fit.n, fit.n_cut, fit.is_lower_bound) == (9, 0, False)


def test_a_fit_by_hand() -> None:
    # ln 100 and ln 400 have mean ln 200 and s² = (ln 4)²/2 = 0.9609: the mean is 200·exp(0.4805).
    fit = fit_tokens([PilotItem(100), PilotItem(400)])
    assert fit.mean == pytest.approx(323.36, abs=0.01)
    # Under a limit of 300: 323.36·Φ(-0.5667) + 300·(1 - Φ(0.4136))
    limited = fit_tokens([PilotItem(100), PilotItem(400)], limit=300)
    assert limited.mean == pytest.approx(323.36 * 0.28546 + 300 * 0.33958, abs=0.05)


def test_answers_that_were_cut_count_as_at_least_so_long() -> None:
    rng = random.Random(1)
    lengths = [round(rng.lognormvariate(9, 0.8)) for _ in range(400)]
    cap = 12_000
    pilot = [PilotItem(min(length, cap), ended=length <= cap) for length in lengths]
    fit = fit_tokens(pilot)
    assert fit.n_cut == sum(length > cap for length in lengths) > 80
    assert fit.log_mean == pytest.approx(9, abs=0.1)
    assert fit.log_sd == pytest.approx(0.8, abs=0.1)
    taken_at_face_value = fit_tokens([PilotItem(item.tokens) for item in pilot])
    assert taken_at_face_value.log_mean < 8.85
    # In the run they cost their cap: the mean is that of the cut lengths.
    capped = fit_tokens(pilot, limit=cap)
    assert capped.mean == pytest.approx(sum(item.tokens for item in pilot) / 400, rel=0.03)


def test_a_pilot_in_which_nothing_ended_is_flagged_and_costs_the_limit() -> None:
    fit = fit_tokens([PilotItem(512, ended=False)] * 3, limit=512)
    assert fit.is_lower_bound
    assert (fit.mean, fit.low, fit.high) == pytest.approx((512, 512, 512))


def test_a_single_answer_that_ended_does_not_pass_for_certainty() -> None:
    fit = fit_tokens([PilotItem(9_000), PilotItem(2_000, ended=False), PilotItem(100, ended=False)])
    assert fit.high > 5 * fit.mean


def test_two_very_unlike_answers_can_still_be_planned_by() -> None:
    """The lower end of the mean is a token, not nothing: a budget is divided by it."""
    fit = fit_tokens([PilotItem(0), PilotItem(1_411, ended=False)])
    assert fit.low == 1.0
    assert n_within(3_600.0, fit, Throughput(1, 10), 60) <= 60


@given(
    st.lists(st.builds(PilotItem, st.integers(0, 200_000), st.booleans()), min_size=2, max_size=12),
    st.sampled_from([None, 1_000, 200_000]),
)
def test_any_pilot_has_a_mean_inside_its_interval_and_under_the_limit(
    pilot: list[PilotItem], limit: int | None
) -> None:
    fit = fit_tokens(pilot, limit=limit)
    assert 0 < fit.low <= fit.mean * (1 + 1e-9)
    assert fit.mean <= fit.high * (1 + 1e-9)
    if limit is not None:
        assert fit.high <= limit


def test_cox_intervals_of_small_pilots_cover_the_mean() -> None:
    rng = random.Random(2)
    covered = 0
    for _ in range(300):
        fit = fit_tokens([PilotItem(round(rng.lognormvariate(9, 0.7))) for _ in range(6)])
        covered += fit.low <= 2.718281828 ** (9 + 0.245) <= fit.high
    assert covered / 300 >= 0.93


def test_times_of_answers_of_equal_length_by_hand() -> None:
    # 20 answers of 100 tokens, one after another at 10 tokens/s.
    assert seconds(always(100), Throughput(1, 10), 20) == pytest.approx(200)
    # Eight over four slots at 40 tokens/s together: two waves of 10 s.
    four = Throughput(4, 40)
    assert seconds(always(100), four, 8) == pytest.approx(20)
    # The ninth runs alone, at one slot's 10 tokens/s, or at the 20 that it reaches alone.
    assert seconds(always(100), four, 9) == pytest.approx(30)
    assert seconds(always(100), Throughput(4, 40, alone_tokens_per_s=20), 9) == pytest.approx(25)
    # Two of four slots: 20 + 20/3 tokens/s together.
    assert seconds(always(100), Throughput(4, 40, alone_tokens_per_s=20), 2) == pytest.approx(200 / (20 + 20 / 3))


def test_a_plan_has_rows_for_20_60_100_and_all() -> None:
    rows = plan(always(100), Throughput(1, 10), 198, watts=30, share=0.85, population=198)
    assert [row.n for row in rows] == [20, 60, 100, 198]
    assert [row.seconds for row in rows] == pytest.approx([200, 600, 1_000, 1_980])
    assert [row.energy_j for row in rows] == pytest.approx([6_000, 18_000, 30_000, 59_400])
    assert rows[2].half_width == pytest.approx(0.049, abs=5e-4)
    assert rows[3].half_width == 0
    such = plan(always(100), Throughput(1, 10), 198, share=0.85)
    assert such[3].half_width == pytest.approx(0.0497, abs=5e-5)
    assert such[3].energy_j is None
    assert [row.n for row in plan(always(100), Throughput(1, 10), 60)] == [20, 60]
    assert [row.n for row in plan(always(100), Throughput(1, 10), 7)] == [7]


def test_items_done_cost_no_more_time_but_count_for_the_width() -> None:
    rows = plan(always(100), Throughput(1, 10), 100, n_done=25)
    assert [(row.n, round(row.seconds)) for row in rows] == [(60, 350), (100, 750)]
    assert rows[0].half_width == half_width(60)
    finished = plan(always(100), Throughput(1, 10), 100, n_done=100)
    assert finished == (PlanRow(100, 0, 0, 0, None, half_width(100)),)


def test_a_night_of_gpqa_on_a_laptop() -> None:
    # 13.8k tokens an item at 20 tokens/s are some 11.5 minutes: about 40 items in eight hours.
    assert 33 <= n_within(8 * 3600, GPQA_LIKE, Throughput(1, 20), 198) <= 46
    # Four slots at 2.5 times the speed: 93 less the end with idle slots.
    assert 80 <= n_within(8 * 3600, GPQA_LIKE, Throughput(4, 50, 20), 198) <= 110


def test_the_last_answers_are_in_the_plan() -> None:
    spread, alone = GPQA_LIKE, Throughput(1, 48)
    batch, batch_fast_alone = Throughput(16, 48), Throughput(16, 48, alone_tokens_per_s=18.4)
    # 20 items hardly fill 16 slots, so they take far longer than 20 means at 48 tokens/s; over 500 the end is small.
    assert seconds(spread, batch, 20) > 1.6 * seconds(spread, alone, 20)
    assert seconds(spread, alone, 20) < seconds(spread, batch_fast_alone, 20) < seconds(spread, batch, 20)
    assert seconds(spread, batch, 500) == pytest.approx(seconds(spread, alone, 500), rel=0.2)


@pytest.mark.parametrize("throughput", [Throughput(1, 20), Throughput(4, 40, 18), Throughput(16, 50)])
def test_rows_grow_and_their_ranges_hold_their_medians(throughput: Throughput) -> None:
    rows = plan(GPQA_LIKE, throughput, 198)
    for row in rows:
        assert 0 < row.seconds_low < row.seconds < row.seconds_high
    for small, large in pairwise(rows):
        assert small.seconds < large.seconds
        assert small.seconds_high < large.seconds_high
        assert small.half_width > large.half_width
    assert plan(GPQA_LIKE, throughput, 198) == rows


def test_the_range_of_a_plan_from_five_items_covers_what_the_run_takes() -> None:
    rng = random.Random(3)
    covered = 0
    for _ in range(80):
        fit = fit_tokens([PilotItem(round(rng.lognormvariate(7, 0.7))) for _ in range(5)], limit=16_000)
        (row,) = plan(fit, Throughput(1, 10), 30, sizes=())
        took_s = sum(min(rng.lognormvariate(7, 0.7), 16_000) for _ in range(30)) / 10
        covered += row.seconds_low <= took_s <= row.seconds_high
    assert covered / 80 >= 0.9


def test_a_budget_buys_what_fits_into_it() -> None:
    assert n_within(200.1, always(100), Throughput(1, 10), 198) == 20
    assert n_within(199, always(100), Throughput(1, 10), 198) == 19
    assert n_within(9, always(100), Throughput(1, 10), 198) == 0
    assert n_within(9, always(100), Throughput(1, 10), 198, n_done=5) == 5
    assert n_within(100.1, always(100), Throughput(1, 10), 198, n_done=5) == 15
    assert n_within(1e9, always(100), Throughput(1, 10), 198) == 198
    assert n_within(1e9, always(100), Throughput(1, 10), 198, n_done=198) == 198
    large = n_within(100_000, always(100), Throughput(1, 10), 14_000)
    assert 9_900 <= large <= 10_000


def test_the_items_for_a_width_are_the_fewest_that_reach_it() -> None:
    n = n_for_half_width(0.05, 1_000, share=0.85)
    assert n is not None
    assert half_width(n, share=0.85) <= 0.05 < half_width(n - 1, share=0.85)
    assert n == pytest.approx(196, abs=3)
    # Of these 198 items alone, about half suffice.
    these = n_for_half_width(0.05, 198, share=0.85, population=198)
    assert these == pytest.approx(98, abs=2)
    assert n_for_half_width(0.05, 100, share=0.85) is None
    assert n_for_half_width(0, 100, population=100) == 100
    assert half_width(20, share=0.4) == pytest.approx(wilson(8, 20).half_width)


def test_stopping_at_a_width_keeps_the_interval_honest() -> None:
    rng = random.Random(4)
    interval = cache(wilson)
    covered = 0
    for share in (0.5, 0.7, 0.85, 0.95):
        for _ in range(150):
            n = 20
            right = sum(rng.random() < share for _ in range(n))
            while interval(right, n).half_width > 0.1:
                n += 1
                right += rng.random() < share
            covered += interval(right, n).contains(share)
    assert covered / 600 >= 0.93


@pytest.mark.parametrize("pilot", [[], [PilotItem(100)]])
def test_a_pilot_of_fewer_than_two_is_refused(pilot: list[PilotItem]) -> None:
    with pytest.raises(ValueError, match="at least two items"):
        fit_tokens(pilot)


def test_impossible_speeds_and_widths_are_refused() -> None:
    for slots, speed in [(0, 10.0), (1, 0.0)]:
        with pytest.raises(ValueError, match="positive speed"):
            Throughput(slots, speed)
    with pytest.raises(ValueError, match="at least one item"):
        half_width(0)
    with pytest.raises(ValueError, match="cannot come"):
        half_width(20, population=10)
