"""Medians, ranks, meters and phrases."""

import csv
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.analysis import (
    METRICS,
    ComparisonClass,
    Model,
    Quartiles,
    Standing,
    class_values,
    comparison_class,
    meter_glyphs,
    quartiles,
    standing,
)

Make = Callable[..., Model]
CLASS_MEDIANS = Path(__file__).parents[3] / "shared" / "catalog" / "class_medians.csv"

finite = st.floats(min_value=0, max_value=1e6)


def in_class(model: Model, *others: Model) -> ComparisonClass:
    cls = comparison_class(model, [model, *others])
    assert cls is not None
    return cls


def scored(make_model: Make, *scores: float | None) -> list[Model]:
    return [make_model(slug=f"m{i}", intelligence_index=score) for i, score in enumerate(scores)]


def test_quartiles_interpolate_linearly() -> None:
    assert quartiles([4, 1, 3, 2]) == Quartiles(1.75, 2.5, 3.25)
    assert quartiles([10, 20, 40]) == Quartiles(15, 20, 30)
    assert quartiles([7]) == Quartiles(7, 7, 7)


def test_quartiles_of_nothing_are_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        quartiles([])


@given(st.lists(finite, min_size=1, max_size=50))
def test_quartiles_are_ordered_and_inside_the_values(values: list[float]) -> None:
    result = quartiles(values)
    edges = [min(values), result.q1, result.median, result.q3, max(values)]
    for lower, upper in pairwise(edges):
        assert lower <= upper or lower == pytest.approx(upper)  # interpolation has the error of its floats
    # No more than half of the values lie on either side of a median.
    assert sum(value < result.median for value in values) <= len(values) / 2
    assert sum(value > result.median for value in values) <= len(values) / 2


def test_a_quarter_includes_its_upper_edge(make_model: Make) -> None:
    # The quartiles are 20, 30 and 40.
    models = scored(make_model, 10, 20, 30, 40, 50)
    cls = in_class(*models)
    assert [standing(model, "intelligence_index", cls).meter for model in models] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("metric", "phrases"),
    [
        (
            "intelligence_index",
            ("at the lower end", "below average", "above average", "well above average"),
        ),
        ("index_output_tokens_m", ("very concise", "fairly concise", "somewhat verbose", "very verbose")),
        ("output_tps", ("notably slow", "slower than average", "faster than average", "notably fast")),
        (
            "price_in_usd_per_m",
            ("competitively priced", "moderately priced", "somewhat expensive", "expensive"),
        ),
        ("ttft_s", (None, None, None, None)),
        ("openness_index", (None, None, None, None)),
    ],
)
def test_each_quarter_has_its_phrase(make_model: Make, metric: str, phrases: tuple[str | None, ...]) -> None:
    models = [make_model(slug=f"m{i}", **{metric: float(i)}) for i in range(1, 9)]
    places = [standing(model, metric, in_class(model, *models)) for model in models]
    assert [place.meter for place in places] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [place.phrase for place in places] == [phrase for phrase in phrases for _ in range(2)]


@pytest.mark.parametrize("name", METRICS)
def test_rank_1_is_best_or_most_verbose(make_model: Make, name: str) -> None:
    if name == "blended_price_usd_per_m":
        fields: tuple[str, ...] = ("price_in_usd_per_m", "price_out_usd_per_m")
    else:
        fields = (name,)
    low, high = (make_model(slug=f"m{v}", **dict.fromkeys(fields, v)) for v in (1.0, 2.0))
    first = low if any(word in name for word in ("price", "ttf", "e2e", "cost")) else high
    assert standing(first, name, in_class(low, high)).rank == 1
    second = high if first is low else low
    assert standing(second, name, in_class(low, high)).rank == 2


def test_ties_share_the_better_rank(make_model: Make) -> None:
    models = scored(make_model, 9, 7, 7, 5)
    cls = in_class(*models)
    assert [standing(model, "intelligence_index", cls).rank for model in models] == [1, 2, 2, 4]


def test_a_missing_value_has_no_rank_and_is_left_out(make_model: Make) -> None:
    silent, *others = scored(make_model, None, 10, 20)
    cls = in_class(silent, *others)
    assert standing(silent, "intelligence_index", cls) == Standing(None, 15, None, 2, None, None)
    assert standing(others[0], "intelligence_index", cls).of == 2
    assert standing(silent, "ttft_s", cls) == Standing(None, None, None, 0, None, None)


def test_a_missing_price_of_an_open_model_counts_as_0_in_averages_and_ranks_alone(make_model: Make) -> None:
    unsold = make_model(slug="unsold")
    sold = make_model(slug="sold", price_in_usd_per_m=0.2, price_out_usd_per_m=0.6)
    cls = in_class(unsold, sold)
    assert standing(unsold, "price_in_usd_per_m", cls) == Standing(None, 0.1, None, 2, None, None)
    assert standing(sold, "price_out_usd_per_m", cls) == Standing(0.6, 0.3, 2, 2, 4, "expensive")
    assert standing(sold, "blended_price_usd_per_m", cls).value == pytest.approx(0.3)


def test_a_missing_price_of_a_proprietary_model_is_missing(make_model: Make) -> None:
    model = make_model(open_weights=False)
    assert standing(model, "price_in_usd_per_m", in_class(make_model(slug="other"))).value is None
    assert standing(model, "blended_price_usd_per_m", in_class(make_model(slug="other"))).value is None


def test_where_all_cost_nothing_each_is_competitively_priced(make_model: Make) -> None:
    _, *others = scored(make_model, 1, 2, 3)
    model = make_model(slug="free", price_in_usd_per_m=0.0, price_out_usd_per_m=0.0)
    place = standing(model, "price_in_usd_per_m", in_class(model, *others))
    assert (place.rank, place.meter, place.phrase) == (1, 1, "competitively priced")


@pytest.mark.parametrize("count", [1, 5])
def test_equal_values_are_neither_high_nor_low(make_model: Make, count: int) -> None:
    model, *others = scored(make_model, *[12.0] * count)
    place = standing(model, "intelligence_index", in_class(model, *others))
    assert place == Standing(12, 12, 1, count, None, None)


def test_one_better_than_many_equals_is_still_well_above(make_model: Make) -> None:
    best, *others = scored(make_model, 20, 8, 8, 8, 8, 8)
    cls = in_class(best, *others)
    assert standing(best, "intelligence_index", cls).phrase == "well above average"
    assert standing(others[0], "intelligence_index", cls).phrase is None


def test_index_versions_are_never_mixed(make_model: Make) -> None:
    model = make_model(intelligence_index=10.0, index_output_tokens_m=5.0, cost_to_run_usd=1.0, ttft_s=1.0)
    other = make_model(
        slug="newer",
        index_version="v4.1",
        intelligence_index=50.0,
        index_output_tokens_m=99.0,
        cost_to_run_usd=9.0,
        ttft_s=3.0,
    )
    cls = in_class(model, other)
    assert class_values(model, "intelligence_index", cls) == (10,)
    assert class_values(model, "index_output_tokens_m", cls) == (5,)
    assert class_values(model, "cost_to_run_usd", cls) == (1,)
    assert class_values(model, "ttft_s", cls) == (1, 3)  # a latency is the same whatever the index


def test_a_value_that_is_no_number_counts_as_missing(make_model: Make) -> None:
    broken, *others = scored(make_model, float("nan"), 10, 20)
    cls = in_class(broken, *others)
    assert standing(broken, "intelligence_index", cls).value is None
    assert standing(others[1], "intelligence_index", cls).class_median == 15


def test_an_unknown_metric_is_an_error(make_model: Make) -> None:
    model = make_model()
    with pytest.raises(KeyError, match="charm"):
        standing(model, "charm", in_class(model))


def test_meter_glyphs() -> None:
    assert [meter_glyphs(meter) for meter in (None, 1, 2, 3, 4)] == ["▱▱▱▱", "▰▱▱▱", "▰▰▱▱", "▰▰▰▱", "▰▰▰▰"]
    assert meter_glyphs(3, ascii=True) == "###-"
    assert meter_glyphs(None, ascii=True) == "----"


def test_nanbeige_stands_where_its_page_says(published: list[Model], nanbeige: Model) -> None:
    cls = comparison_class(nanbeige, published)
    assert cls is not None

    intelligence = standing(nanbeige, "intelligence_index", cls)
    assert (intelligence.rank, intelligence.of, intelligence.meter) == (5, 43, 4)
    assert intelligence.class_median == pytest.approx(8.39)
    assert intelligence.phrase == "well above average"

    tokens = standing(nanbeige, "index_output_tokens_m", cls)
    assert (tokens.rank, tokens.of, tokens.meter, tokens.phrase) == (3, 38, 4, "very verbose")

    for price in ("price_in_usd_per_m", "price_out_usd_per_m", "blended_price_usd_per_m"):
        assert standing(nanbeige, price, cls) == Standing(0, 0, 1, 43, 1, "competitively priced")
    assert quartiles(class_values(nanbeige, "price_in_usd_per_m", cls)) == Quartiles(0, 0, 0.02)


def test_quartiles_of_the_tiny_classes_are_the_published_ones(published: list[Model]) -> None:
    if not CLASS_MEDIANS.exists():
        pytest.skip("the table of published class medians is not beside this repository")
    with CLASS_MEDIANS.open(encoding="utf-8", newline="") as file:
        rows = {(row["snapshot"], row["page_class"]): row for row in csv.DictReader(file)}
    for reasoning, page_class in (
        (True, "open_weights/tiny/reasoning"),
        (False, "open_weights/tiny/non_reasoning"),
    ):
        row = rows["2026-06-15", page_class]
        model = next(m for m in published if m.reasoning is reasoning and (m.total_params_b or 99) < 4)
        cls = comparison_class(model, published)
        assert cls is not None
        assert cls.count == int(row["members"])
        spread = quartiles(class_values(model, "intelligence_index", cls))
        assert spread.q1 == pytest.approx(float(row["aa_index_p25"]), abs=0.01)
        assert spread.median == pytest.approx(float(row["aa_index_median"]), abs=0.01)
        assert spread.q3 == pytest.approx(float(row["aa_index_p75"]), abs=0.01)
