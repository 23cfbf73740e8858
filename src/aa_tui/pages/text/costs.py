"""What an evaluation's right answers cost, in words."""

from __future__ import annotations

from collections.abc import Sequence

from aa_tui.analysis.costs import Rate
from aa_tui.pages.costs import Costs
from aa_tui.textsafe import clean_line

LEAST_MONEY = 0.001
"""Of a currency; what is less is told for more right answers."""

NO_POWER = "energy not measured: the machine told no power; `aa-tui doctor` says why"


def lines(costs: Costs | None) -> list[str]:
    """Below a run's scores: seconds and joules a right answer, their parts, and money; nothing where none is known."""
    if costs is None:
        return []
    found = costs.spent
    if not found.n_right:
        return [f"  right answer none, in {found.whole.seconds:,.1f} s"]
    out = [f"  right answer {rate_words(found.seconds_per_right, 's')}; {_parts_s(costs)}"]
    if found.joules_per_right is None:
        out += [] if costs.spent.mean_w is not None else [f"               {NO_POWER}"]
    else:
        out.append(f"               {rate_words(found.joules_per_right, 'J')}; {_parts_j(costs)}")
        out.append(f"               {idle_words(costs)}")
    return [*out, *(f"               {words}" for words in money_words(costs))]


def rate_words(rate: Rate | None, unit: str) -> str:
    """So much a right answer with its interval, or why it has none: "12.1 s each (10.0–15.2)"."""
    if rate is None:
        return "–"
    if rate.interval is None:
        return f"{_figure(rate.value)} {unit} each, too few of them for an interval"
    return f"{_figure(rate.value)} {unit} each ({_figure(rate.interval.low)}–{_figure(rate.interval.high)})"


def _parts_s(costs: Costs) -> str:
    whole = costs.spent.whole
    share = 100 * whole.prefill_s / whole.seconds if whole.seconds else 0.0
    return f"of the time {share:.0f} % prefill, {100 - share:.0f} % decoding"


def _parts_j(costs: Costs) -> str:
    whole = costs.spent.whole
    return f"of all {_figure(whole.joules or 0.0)} J prefill {_figure(whole.prefill_j or 0.0)}, decoding " + _figure(
        whole.decode_j or 0.0
    )


def idle_words(costs: Costs) -> str:
    """What was taken off the power, and when it was measured."""
    found = costs.spent
    mean = f"at {found.mean_w:,.1f} W" if found.mean_w is not None else ""
    if found.idle_w is None:
        return f"{mean}; idle power is not known, so nothing is taken off"
    return f"{mean}, of which {found.idle_w:,.1f} W idle, measured when the run started, are taken off"


def money_words(costs: Costs) -> list[str]:
    """Electricity by the user's tariff, and an API's price for the same tokens, each with where it comes from."""
    out = []
    tariff, api, own = costs.tariff, costs.api, costs.per_right(costs.electricity)
    others = [] if api is None else [costs.per_right(api.usd), costs.per_right(api.median_usd)]
    n, each = _scale([one for one in (own, *others) if one])
    if own is not None and tariff is not None:
        rate = costs.spent.joules_per_right
        ends = ""
        if rate is not None and rate.interval is not None and rate.value:
            low, high = (n * own * end / rate.value for end in (rate.interval.low, rate.interval.high))
            ends = f" ({low:.3g}–{high:.3g})"
        out.append(
            f"electricity {n * own:.3g} {tariff.currency} {each}{ends}, at {tariff.per_kwh:g} {tariff.currency}/kWh"
        )
    elif costs.spent.joules_per_right is not None:
        out.append('electricity: `aa-tui config set tariff "0.30 EUR"` gives the price of a kWh')
    if api is not None:
        price, median = n * (costs.per_right(api.usd) or 0.0), n * (costs.per_right(api.median_usd) or 0.0)
        offers = f"median of {api.n_offers} offers {median:.3g}" if api.n_offers > 1 else "the only offer"
        out.append(
            f"an API asks for as many tokens {price:.3g} USD {each} ({clean_line(api.provider)}; {offers}), "
            f"by {clean_line(api.source_name)}, {clean_line(api.as_of)}"
        )
    return out


def _scale(amounts: Sequence[float]) -> tuple[int, str]:
    """For how many right answers all amounts are told, so that the least of them reads well; 2e-06 says little."""
    least = min(amounts, default=1.0)
    for n, words in ((1, "each"), (1_000, "for 1,000 of them")):
        if least * n >= LEAST_MONEY:
            return n, words
    return 1_000_000, "for a million of them"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
