"""Agreement of graders and people, against figures worked out by hand."""

from __future__ import annotations

import pytest

from aa_tui.analysis.agreement import Label, agreement, kind_of


@pytest.mark.parametrize(
    ("outcome", "label", "kind"),
    [
        ("correct", "right", "agree"),
        ("correct", "wrong", "wrong_accept"),
        ("wrong", "right", "wrong_reject"),
        ("no_answer", "right", "wrong_reject"),
        ("no_single_answer", "right", "wrong_reject"),
        ("no_single_answer", "wrong", "agree"),
        ("no_answer", "wrong", "agree"),
        ("undecided", "right", "undecided"),
        ("undecided", "wrong", "undecided"),
        ("undecided", "unclear", "unclear"),
        ("correct", "unclear", "unclear"),
        ("truncated", "wrong", "not_compared"),
        ("error", "right", "not_compared"),
        (None, "wrong", "not_compared"),
    ],
)
def test_each_way_to_agree_or_not(outcome: str | None, label: Label, kind: str) -> None:
    assert kind_of(outcome, label) == kind


def test_48_of_50_with_wilsons_interval() -> None:
    told: list[tuple[str, str | None, Label]] = [(f"i{n}", "correct", "right") for n in range(30)]
    told += [(f"w{n}", "wrong", "wrong") for n in range(18)]
    told += [
        ("a", "correct", "wrong"),
        ("r", "no_answer", "right"),
        ("u", "undecided", "right"),
        ("?", "wrong", "unclear"),
    ]
    told += [("t", "truncated", "wrong")]
    found = agreement(told)
    assert (found.n, found.n_compared, found.agree) == (53, 50, 48)
    assert (found.wrong_accepts, found.wrong_rejects) == (1, 1)
    assert (found.undecided, found.unclear, found.not_compared) == (1, 1, 1)
    assert found.score is not None
    # (0.96 + z²/100 ± z·sqrt(0.96·0.04/50 + (z/100)²)) / (1 + z²/50) with z = 1.959964
    assert found.score.value == pytest.approx(0.96)
    assert found.score.interval.low == pytest.approx(0.86540, abs=1e-5)
    assert found.score.interval.high == pytest.approx(0.98896, abs=1e-5)
    assert found.score.interval.method == "Wilson"


def test_attempts_at_one_item_are_no_independent_judgements() -> None:
    once = agreement([(f"i{n}", "correct", "right" if n else "wrong") for n in range(8)]).score
    four_times = agreement([(f"i{n}", "correct", "right" if n else "wrong") for n in range(8) for _ in range(4)]).score
    assert once is not None
    assert four_times is not None
    assert four_times.value == once.value == 7 / 8
    assert four_times.interval.half_width > 0.7 * once.interval.half_width, "not those of 32 answers"


def test_nothing_that_can_be_compared_has_no_share() -> None:
    assert agreement([]).score is None
    assert agreement([("i", "undecided", "right"), ("j", "wrong", "unclear")]).score is None
