"""How figures read, as published."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.analysis import METRICS, MISSING, display


@pytest.mark.parametrize(
    ("value_m", "text", "exact"),
    [
        (146.246, "150M", "146.2M"),
        (7.02, "7.0M", "7.0M"),
        (12.5, "13M", "12.5M"),  # a half goes up, also before an even digit
        (9.96, "10M", "10.0M"),
        (99.6, "100M", "99.6M"),
        (999.9, "1.0B", "999.9M"),
        (1234.5, "1.2B", "1,234.5M"),
        (0.42, "420k", "0.4M"),
        (0.0042, "4.2k", "4,200"),
        (0.000042, "42", "42"),
        (0, "0", "0.0M"),
    ],
)
def test_token_counts_have_two_significant_digits(value_m: float, text: str, exact: str) -> None:
    assert display.tokens_m(value_m) == text
    assert display.tokens_m_exact(value_m) == exact


@given(st.floats(min_value=1e-5, max_value=1e5))
def test_a_token_count_is_within_its_rounding(value_m: float) -> None:
    text = display.tokens_m(value_m)
    scale = {"k": 1e-3, "M": 1.0, "B": 1e3}.get(text[-1], 1e-6)
    assert float(text.rstrip("kMB")) * scale == pytest.approx(value_m, rel=0.0500001)


@pytest.mark.parametrize(("value", "text"), [(16.08, "16"), (8.39, "8"), (12.5, "13"), (0.0, "0"), (100, "100")])
def test_an_index_is_a_whole_number(value: float, text: str) -> None:
    assert display.index(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "$0.00"),
        (0.02, "$0.02"),
        (0.042, "$0.042"),
        (0.1, "$0.10"),
        (0.0999, "$0.10"),
        (0.096, "$0.096"),
        (0.0004, "<$0.001"),
        (0.0005, "$0.001"),
        (0.145, "$0.15"),  # the float itself lies below the half
        (0.248, "$0.25"),
        (1.005, "$1.01"),
        (4653.4, "$4,653.40"),
    ],
)
def test_prices_have_two_decimals_or_three_when_small(value: float, text: str) -> None:
    assert display.usd(value) == text


@pytest.mark.parametrize(("value", "text"), [(57.5, "58"), (126.49, "126"), (0.44, "0.4"), (0, "0"), (2345, "2,345")])
def test_speed_is_whole_but_never_stopped(value: float, text: str) -> None:
    assert display.speed(value) == text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (4_096, "4k"),
        (8_192, "8k"),
        (32_000, "32k"),
        (32_768, "33k"),
        (64_000, "64k"),
        (65_536, "66k"),
        (128_000, "128k"),
        (130_000, "130k"),
        (131_072, "131k"),
        (204_800, "205k"),
        (256_000, "256k"),
        (262_000, "262k"),
        (262_144, "262k"),
        (922_000, "922k"),
        (1_000_000, "1M"),
        (1_048_576, "1M"),
        (1_500_000, "1.5M"),
        (2_097_152, "2.1M"),
        (10_000_000, "10M"),
        (999_999, "1M"),
        (512, "512"),
    ],
)
def test_contexts_read_in_thousands_or_millions(tokens: int, text: str) -> None:
    assert display.context(tokens) == text


def test_contexts_in_order_read_in_order() -> None:
    sizes = sorted({*range(1, 5_000_000, 997), *(2**power for power in range(8, 23)), 262_000, 262_144, 999_499})

    def read(text: str) -> float:
        return float(text.rstrip("kM")) * {"k": 1_000, "M": 1_000_000}.get(text[-1], 1)

    values = [read(display.context(size)) for size in sizes]
    assert values == sorted(values)


def test_dates_and_parameters_in_sentences() -> None:
    assert display.long_date("2026-02-11") == "February 11, 2026"
    assert display.long_date("2025-12-01") == "December 1, 2025"
    assert (display.long_date("2026-02"), display.long_date(None)) == ("2026-02", "–")
    words = {3.93: "3.93 billion", 4.0: "4 billion", 0.268: "268 million", 1600.0: "1.6 trillion", 0.999: "999 million"}
    assert {value: display.params_words(value) for value in words} == words


def test_pages() -> None:
    assert display.pages(256_000) == "~384 A4 pages"
    assert display.pages(1_000_000) == "~1,500 A4 pages"
    assert display.pages(512) == "~1 A4 page"


@pytest.mark.parametrize(
    ("billions", "text"),
    [
        (3.93, "3.9B"),
        (4.02, "4.0B"),
        (0.268, "270M"),
        (0.752, "750M"),
        (0.999, "1.0B"),
        (120.6, "120.6B"),
        (999.96, "1.0T"),
        (1600, "1.6T"),
        (0.0042, "4M"),
    ],
)
def test_parameters(billions: float, text: str) -> None:
    assert display.params_b(billions) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_600, "1.0 MB"),
        (8_412_345, "8.4 MB"),
        (812_000_000, "812 MB"),
        (2_440_000_000, "2.4 GB"),
        (3_200_000_000_000, "3.2 TB"),
        (5_000_000_000_000_000, "5000 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert display.size_bytes(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.87, "0.87 s"), (9.999, "10.0 s"), (45.61, "45.6 s"), (99.96, "100 s"), (1234.5, "1,235 s")],
)
def test_seconds(value: float, text: str) -> None:
    assert display.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(146.246, "146.246"), (0.15000000000000002, "0.15"), (1234.5, "1,234.5"), (400, "400"), (0, "0")],
)
def test_exact_values_are_free_of_float_noise(value: float, text: str) -> None:
    assert display.exact(value) == text


def test_every_metric_has_its_rule() -> None:
    shown = {name: display.metric(name, 7.02) for name in METRICS}
    assert shown == {
        "intelligence_index": "7",
        "index_output_tokens_m": "7.0M",
        "price_in_usd_per_m": "$7.02",
        "price_out_usd_per_m": "$7.02",
        "blended_price_usd_per_m": "$7.02",
        "output_tps": "7",
        "ttft_s": "7.02 s",
        "ttfat_s": "7.02 s",
        "e2e_s": "7.02 s",
        "cost_to_run_usd": "$7.02",
        "openness_index": "7",
    }
    assert {display.metric(name, None) for name in METRICS} == {MISSING}


@pytest.mark.parametrize(
    "rule",
    [
        display.tokens_m,
        display.tokens_m_exact,
        display.context,
        display.pages,
        display.params_b,
        display.size_bytes,
        display.date,
        display.exact,
    ],
)
def test_what_is_not_published_is_a_dash(rule: Callable[[None], str]) -> None:
    assert rule(None) == "–"


def test_dates_stay_iso() -> None:
    assert display.date("2026-02-11") == "2026-02-11"
