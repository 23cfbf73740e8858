"""What a person types: one grammar, whichever face reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aa_tui.actions import typed


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (typed.duration, "90s", 90),
        (typed.duration, "30m", 1_800),
        (typed.duration, "30 min", 1_800),
        (typed.duration, " 8H ", 28_800),
        (typed.duration, "1h 30m", 5_400),
        (typed.duration, "1.5h", 5_400),
        (typed.duration, "20", 1_200),
        (typed.share, "0.05", 0.05),
        (typed.share, "5 %", 0.05),
        (typed.share, "5%", 0.05),
        (typed.share, "± 5 %", 0.05),
        (typed.share, "±0.05", 0.05),
        (typed.share, "5", 5.0),
        (typed.count, "7", 7),
        (typed.count, "1,000", 1_000),
        (typed.number, "85", 85),
        (typed.number, "85 °C", 85),
        (typed.number, "85c", 85),
        (typed.number, "20 %", 20),
        (typed.number, "$0.30", 0.3),
        (typed.number, "0", 0),
        (typed.tokens, "4096", 4_096),
        (typed.tokens, "128k", 128_000),
        (typed.tokens, "1.5M", 1_500_000),
    ],
)
def test_what_is_read(read: Callable[[str], float], text: str, value: float) -> None:
    assert read(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *((typed.duration, text) for text in ("soon", "", "0", "0s", "-5m", "m", "1d", "9" * 12 + "h", "5 %")),
        *((typed.share, text) for text in ("half", "", "%", "-0.1", "nan", "inf", "5 % %", "0,05")),
        *((typed.count, text) for text in ("0", "-1", "1.5", "", "seven", "٣", "9" * 20)),
        *((typed.number, text) for text in ("hot", "", "-1", "nan", "inf", "1e13")),
        *((typed.tokens, text) for text in ("many", "", "k", "-1k")),
    ],
)
def test_what_is_refused_is_named(read: Callable[[str], float], text: str) -> None:
    with pytest.raises(typed.TypedError, match=r"^“.*” is no .*[^.]$"):
        read(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (typed.threads, "9999"),
        (typed.cache_types, ","),
        (typed.depths, "9999999999"),
        (typed.depths, "9" * 5_000),
        (typed.counts, " , "),
    ],
)
def test_lists_and_limits(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(typed.TypedError, match=r"^“.*” is no (list|depth|number of threads).*[^.]$"):
        read(text)


def test_what_is_refused_is_shown_without_control_codes() -> None:
    with pytest.raises(typed.TypedError) as caught:
        typed.count("\x1b[31m7\u202e")
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
