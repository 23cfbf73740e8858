"""What is measured by what was asked for, and what cannot be."""

from __future__ import annotations

import pytest

from aa_tui.speed.errors import SpeedError
from aa_tui.speed.load.plan import Limit, Stage, parsed_slo, stage_of, stages_for, usual_levels
from aa_tui.speed.load.prompts import Prompts


def names(**asked: object) -> list[str]:
    wanted = {"depths": None, "levels": None, "rates": None, "context_tokens": None, "n_slots": 4} | asked
    return [stage.name for stage in stages_for(**wanted)]  # type: ignore[arg-type]


def test_without_anything_one_request_and_the_usual_levels() -> None:
    assert names() == ["d0", "c1", "c2", "c4", "c8"]


def test_depths_go_as_far_as_the_context() -> None:
    assert names(depths=(), context_tokens=32_768) == ["d0", "d4096", "d16384"]
    assert names(depths=(), context_tokens=8_192) == ["d0", "d4096"]
    assert names(depths=()) == ["d0", "d4096", "d16384"]


def test_what_does_not_fit_is_refused_with_its_length() -> None:
    with pytest.raises(SpeedError, match=r"takes a prompt of 8,704 tokens .* gives a request 8,192"):
        names(depths=(8_192,), context_tokens=8_192)
    with pytest.raises(SpeedError, match="choose less"):
        names(levels=(2,), context_tokens=256)


def test_levels_and_rates_in_order_each_once() -> None:
    assert names(levels=(8, 1, 8), rates=(2.5, 0.5)) == ["c1", "c8", "r0.5", "r2.5"]
    with pytest.raises(SpeedError, match="1 to 1,024"):
        names(levels=(5_000,))
    with pytest.raises(SpeedError, match="cannot be sent"):
        names(rates=(float("nan"),))


def test_the_usual_levels_end_at_twice_the_slots() -> None:
    assert usual_levels(1) == (1, 2)
    assert usual_levels(6) == (1, 2, 4, 8, 12)
    assert usual_levels(None)[-1] == 16


def test_a_stage_is_known_by_its_name() -> None:
    for stage in (Stage("depth", 16_384), Stage("level", 8), Stage("rate", 0.25), Stage("rate", 12)):
        assert stage_of(stage.name) == stage
    assert stage_of("x8") is None
    assert stage_of("") is None


def test_limits_as_typed() -> None:
    assert parsed_slo("ttft<1s,itl<50ms") == (Limit("ttft", 1.0), Limit("itl", 0.05))
    assert [one.words for one in parsed_slo(" TTFT<=1.5s , e2e < 900ms ")] == ["ttft<1.5s", "e2e<900ms"]
    assert parsed_slo("") == ()


@pytest.mark.parametrize("text", ["ttft", "ttft<1", "speed<1s", "ttft<1s,ttft<2s", "itl<0ms", "ttft>1s"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(SpeedError, match="is no limit for requests"):
        parsed_slo(text)


def test_prompts_come_out_as_long_as_wished_once_counted() -> None:
    prompts = Prompts(1)
    prompts.learn_both((30, 30 * 2 + 25), (330, 330 * 2 + 25))
    question = prompts.question(1_025, 1)
    assert question.n_words == 500
    prompts.learn(question, 1_275)  # 2.5 tokens a word at that length
    assert prompts.question(1_025, 1).n_words == 400


def test_prompts_are_the_same_for_a_seed_and_each_another() -> None:
    one, other = Prompts(7), Prompts(7)
    first = one.question(200, 8)
    assert first == other.question(200, 8)
    assert first != one.question(200, 8)
