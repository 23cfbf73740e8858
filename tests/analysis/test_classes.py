"""Who is compared with whom."""

from collections.abc import Callable
from itertools import pairwise
from math import inf

import pytest

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES, Model, band_of, comparison_class, members_of

Make = Callable[..., Model]


@pytest.mark.parametrize(
    ("params_b", "key"),
    [
        (0.27, "tiny"),
        (4.0, "tiny"),
        (4.44, "tiny"),
        (4.51, "small"),
        (40, "small"),
        (40.1, "medium"),
        (150, "medium"),
        (150.1, "large"),
        (1600, "large"),
    ],
)
def test_open_models_are_placed_by_total_parameters(make_model: Make, params_b: float, key: str) -> None:
    # Neither the price nor the active parameters matter.
    model = make_model(total_params_b=params_b, active_params_b=0.1, price_in_usd_per_m=9.0, price_out_usd_per_m=9.0)
    band = band_of(model)
    assert band is not None
    assert band.key == key


@pytest.mark.parametrize(
    ("price_in", "price_out", "key"),
    [
        (0.10, 0.20, "price_low"),
        (0.10, 0.2999, "price_low"),
        (0.10, 0.30, "price_mid"),  # blended exactly 0.15
        (0.15, 0.15, "price_mid"),
        (0.50, 2.50, "price_mid"),  # blended exactly 1
        (0.50, 2.51, "price_high"),
        (15, 75, "price_high"),
    ],
)
def test_proprietary_models_are_placed_by_blended_price(
    make_model: Make, price_in: float, price_out: float, key: str
) -> None:
    model = make_model(
        open_weights=False, total_params_b=None, price_in_usd_per_m=price_in, price_out_usd_per_m=price_out
    )
    band = band_of(model)
    assert band is not None
    assert band.key == key


def test_a_model_without_the_deciding_fact_has_no_class(make_model: Make) -> None:
    assert comparison_class(make_model(total_params_b=None), []) is None
    assert comparison_class(make_model(open_weights=False), []) is None
    assert comparison_class(make_model(open_weights=False, price_in_usd_per_m=1.0), []) is None


def test_size_classes_hold_open_models_only(make_model: Make) -> None:
    model = make_model()
    peer = make_model(slug="peer", total_params_b=3.9)
    bigger = make_model(slug="bigger", total_params_b=8.0)
    closed = make_model(slug="closed", open_weights=False)
    unknown = make_model(slug="unknown", total_params_b=None)
    models = [peer, model, bigger, closed, unknown]
    assert members_of(model, models) == (peer, model)
    cls = comparison_class(model, models)
    assert cls is not None
    assert cls.count == 2


def test_price_classes_hold_open_models_that_are_sold(make_model: Make) -> None:
    model = make_model(open_weights=False, price_in_usd_per_m=0.05, price_out_usd_per_m=0.10)
    sold = make_model(slug="sold", price_in_usd_per_m=0.01, price_out_usd_per_m=0.01)
    unsold = make_model(slug="unsold", price_in_usd_per_m=0.0, price_out_usd_per_m=0.0)
    unpriced = make_model(slug="unpriced")
    dear = make_model(slug="dear", price_in_usd_per_m=5.0, price_out_usd_per_m=5.0)
    assert members_of(model, [model, sold, unsold, unpriced, dear]) == (model, sold)


def test_non_reasoning_models_are_compared_among_themselves(make_model: Make) -> None:
    thinker = make_model(slug="thinker")
    plain = make_model(slug="plain", reasoning=False)
    of_plain = comparison_class(plain, [thinker, plain])
    of_thinker = comparison_class(thinker, [thinker, plain])
    assert of_plain is not None
    assert members_of(plain, [thinker, plain]) == (plain,)
    assert of_plain.reasoning_scope == "non-reasoning only"
    assert of_plain.name == "Tiny open weights, non-reasoning"
    assert of_thinker is not None
    assert members_of(thinker, [thinker, plain]) == (thinker, plain)
    assert of_thinker.reasoning_scope == "reasoning and non-reasoning"


def test_the_model_is_always_a_member_and_only_once(make_model: Make) -> None:
    model = make_model()
    older_row = make_model(intelligence_index=1.0)
    peer = make_model(slug="peer")
    for models in ([peer], [peer, model], [peer, older_row, model]):
        assert members_of(model, models) == (peer, model)


def test_the_explanation_says_what_the_class_is_and_why(make_model: Make) -> None:
    model = make_model(name="Solo", total_params_b=3.93)
    cls = comparison_class(model, [model, make_model(slug="peer")])
    assert cls is not None
    assert cls.explanation == (
        "Solo has open weights with 3.9B parameters in total, so it is compared within this catalog's 2"
        " Tiny (≤4B) open-weights models, both reasoning and non-reasoning."
    )
    alone = comparison_class(make_model(name="Shut", open_weights=False, reasoning=False, **_price(2, 10)), [])
    assert alone is not None
    assert alone.explanation == (
        "Shut is proprietary at a blended price of $4.00 per 1M tokens; this catalog has no other among"
        " models above $1 per 1M tokens, open and proprietary, non-reasoning ones only."
    )


def test_bands_leave_no_gap() -> None:
    for edges in (
        [(b.above, b.at_most) for b in SIZE_CLASSES],
        [(b.above, b.at_most) for b in PRICE_CLASSES],
    ):
        assert edges[0][0] == 0
        assert edges[-1][1] == inf
        assert all(lower[1] == upper[0] for lower, upper in pairwise(edges))
    assert [band.tab for band in SIZE_CLASSES] == ["Tiny ≤4B", "Small", "Medium", "Large"]
    assert [band.tab for band in PRICE_CLASSES] == ["<$0.15", "$0.15–1", ">$1"]


def test_every_published_model_has_a_class(published: list[Model]) -> None:
    for model in published:
        cls = comparison_class(model, published)
        assert cls is not None, model.slug
        assert model in members_of(model, published)


def test_nanbeige_is_among_43_tiny_models(published: list[Model], nanbeige: Model) -> None:
    cls = comparison_class(nanbeige, published)
    assert cls is not None
    assert (cls.key, cls.name, cls.count) == ("tiny", "Tiny open weights", 43)
    assert sum(not member.reasoning for member in members_of(nanbeige, published)) == 29


def _price(price_in: float, price_out: float) -> dict[str, float]:
    return {"price_in_usd_per_m": price_in, "price_out_usd_per_m": price_out}
