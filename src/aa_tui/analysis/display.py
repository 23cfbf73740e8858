"""How figures read on a page, as artificialanalysis.ai rounds them; halves round up, as readers expect.

Every function takes None for "not published" and returns MISSING for it.
"""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from aa_tui.analysis.derived import context_pages

MISSING: Final = "–"


def tokens_m(value_m: float | None) -> str:
    """A count given in millions of tokens, with two significant digits: 146.2 reads "150M", 7.02 "7.0M"."""
    if value_m is None:
        return MISSING
    tokens = _two_significant(_decimal(value_m) * 1_000_000)
    for unit, size in (("B", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)):
        if tokens >= size:
            scaled = tokens / size
            return f"{_round(scaled, 1 if scaled < 10 else 0):f}{unit}"
    return f"{_round(tokens, 0):f}"


def tokens_m_exact(value_m: float | None) -> str:
    """The same count to a tenth of a million: "146.2M"; below 0.1M the exact number of tokens."""
    if value_m is None:
        return MISSING
    if 0 < value_m < 0.1:
        return f"{_round(_decimal(value_m) * 1_000_000, 0):,f}"
    return f"{_round(_decimal(value_m), 1):,f}M"


def index(value: float | None) -> str:
    """A score of 0 to 100 as a whole number."""
    return MISSING if value is None else f"{_round(_decimal(value), 0):f}"


def usd(value: float | None) -> str:
    """A price with two decimals, with three below $0.10 where the third is not 0: "$0.42", "$0.042"."""
    if value is None:
        return MISSING
    amount = _decimal(value)
    if 0 < amount < Decimal("0.0005"):
        return "<$0.001"  # "$0.00" would say that it is free
    thousandths = _round(amount, 3)
    if thousandths < Decimal("0.1") and thousandths != _round(thousandths, 2):
        return f"${thousandths:f}"
    return f"${_round(amount, 2):,f}"


def speed(tokens_per_s: float | None) -> str:
    """Tokens per second as a whole number; one decimal below 1, so that slow does not read as stopped."""
    if tokens_per_s is None:
        return MISSING
    return f"{_round(_decimal(tokens_per_s), 1 if 0 < tokens_per_s < 1 else 0):,f}"


def context(tokens: int | None) -> str:
    """A context window in thousands or millions: 256,000 reads "256k", 262,144 "262k", 1,048,576 "1M".

    One rule for all, so that lists in the order of the figures read in order.
    """
    if tokens is None:
        return MISSING
    if tokens < 1_000:
        return str(tokens)
    thousands = _round(Decimal(tokens) / 1_000, 0)
    if thousands < 1_000:
        return f"{thousands:f}k"
    millions = _round(Decimal(tokens) / 1_000_000, 1)
    return f"{millions:f}".removesuffix(".0") + "M"


def pages(context_tokens: int | None) -> str:
    """The A4 pages that fill a context window: "~384 A4 pages"."""
    if context_tokens is None:
        return MISSING
    count = context_pages(context_tokens)
    return f"~{count:,} A4 page{'' if count == 1 else 's'}"


def params_b(billions: float | None) -> str:
    """Parameters with one decimal, "3.9B" or "1.6T"; below 1B as names have them, "270M"."""
    if billions is None:
        return MISSING
    count = _decimal(billions)
    millions = _two_significant(count * 1_000)
    if millions < 1_000:
        return f"{_round(millions, 0):f}M"
    tenths = _round(count, 1)
    return f"{tenths:f}B" if tenths < 1_000 else f"{_round(count / 1_000, 1):f}T"


def params_words(billions: float | None) -> str:
    """The same in a sentence, to a hundredth: "3.93 billion", "268 million", "1.6 trillion"."""
    if billions is None:
        return MISSING
    for word, one in (("trillion", 1_000.0), ("billion", 1.0)):
        if billions >= one:
            return f"{exact(round(billions / one, 2))} {word}"
    return f"{exact(round(billions * 1_000, 2))} million"


def size_bytes(count: int | None) -> str:
    """A file's size in decimal units, as the Hugging Face Hub counts them: "2.4 GB"."""
    if count is None:
        return MISSING
    if count < 1_000:
        return f"{count} B"
    size = Decimal(count)
    unit = "B"
    for unit in ("kB", "MB", "GB", "TB"):  # noqa: B007 (used after the loop)
        size /= 1_000
        if _round(size, 0) < 1_000:
            break
    return f"{_round(size, 1 if size < 100 else 0):f} {unit}"


def seconds(value_s: float | None) -> str:
    """A time to three digits or so: "0.87 s", "45.6 s", "154 s"."""
    if value_s is None:
        return MISSING
    for decimals, limit in ((2, 10), (1, 100)):
        rounded = _round(_decimal(value_s), decimals)
        if rounded < limit:
            return f"{rounded:f} s"
    return f"{_round(_decimal(value_s), 0):,f} s"


def date(iso: str | None) -> str:
    """An ISO date as it is."""
    return iso or MISSING


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DATE = re.compile("([0-9]{4})-(0[1-9]|1[0-2])-([0-9]{2})")


def long_date(iso: str | None) -> str:
    """An ISO date in a sentence: "February 11, 2026"; what is no whole date stays as it is."""
    match = _DATE.fullmatch(iso or "")
    return f"{_MONTHS[int(match[2]) - 1]} {int(match[3])}, {match[1]}" if match else date(iso)


def score(value: float, low: float | None = None, high: float | None = None) -> str:
    """A share of 0 to 1 as percent, with its interval where it has one: "71.0 % (50.1–86.2)"."""
    interval = "" if low is None or high is None else f" ({100 * low:.1f}–{100 * high:.1f})"
    return f"{100 * value:.1f} %{interval}"


def points(value: float, low: float | None = None, high: float | None = None) -> str:
    """An index from 0 to 100, with its interval where it has one: "34.2 (29.8–38.6)"."""
    return f"{value:.1f}" + ("" if low is None or high is None else f" ({low:.1f}–{high:.1f})")


def exact(value: float | None) -> str:
    """The value as published, without the noise of floats: "146.246", "1,234.5"."""
    if value is None:
        return MISSING
    text = f"{_round(_decimal(value), 6):,f}"
    return text.rstrip("0").rstrip(".")


_BY_METRIC: Final[Mapping[str, Callable[[float | None], str]]] = MappingProxyType(
    {
        "intelligence_index": index,
        "index_output_tokens_m": tokens_m,
        "price_in_usd_per_m": usd,
        "price_out_usd_per_m": usd,
        "blended_price_usd_per_m": usd,
        "output_tps": speed,
        "ttft_s": seconds,
        "ttfat_s": seconds,
        "e2e_s": seconds,
        "cost_to_run_usd": usd,
        "openness_index": index,
    }
)


def metric(name: str, value: float | None) -> str:
    """The value by the rule of its metric (a name of METRICS); raises KeyError for an unknown one."""
    return _BY_METRIC[name](value)


def _decimal(value: float) -> Decimal:
    # By way of the shortest text that names the float: 0.145 is meant, not 0.14499999999999999.
    return Decimal(str(value))


def _round(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _two_significant(value: Decimal) -> Decimal:
    return _round(value, 1 - value.adjusted())


def threads_words(n: int | str | None) -> str:
    """A number of threads: "1 thread", "4 threads"."""
    return f"{n} thread" if str(n) == "1" else f"{n} threads"
