"""What each API provider asks for the page's model."""

from __future__ import annotations

from aa_tui.analysis import blended_price_usd_per_m, display
from aa_tui.catalog.offers import OfferRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import short_name
from aa_tui.charts.reading import Alone
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart


def _build(scene: Scene) -> BarChart:
    bars = [bar for offer in scene.offers if (bar := _bar(offer)) is not None]
    bars.sort(key=lambda bar: (bar.value, bar.label.casefold()))
    if scene.model is None:
        subject, missing = "no model", f"This chart is of one model: `aa-tui chart {CHART.name} MODEL`."
    else:
        subject = short_name(scene.model)
        missing = f"This catalog has no prices of single API providers of {subject}."
    return BarChart(
        name=CHART.name,
        title=f"{CHART.title} · {subject}",
        unit="USD per 1M tokens",
        better="lower",
        bars=tuple(bars),
        total=len(scene.offers),
        noun="providers",
        note=max((offer.as_of for offer in scene.offers), default=""),
        parts=("input", "output"),
        stacked=False,
        missing=missing,
    )


def _bar(offer: OfferRow) -> Bar | None:
    price_in, price_out = offer.price_in_usd_per_m, offer.price_out_usd_per_m
    if price_in is None or price_out is None:
        return None
    blended = blended_price_usd_per_m(price_in, price_out)
    return Bar(
        key=offer.provider,
        label=offer.provider,
        value=blended,
        text=display.usd(blended),
        parts=(price_in, price_out),
        part_texts=(display.usd(price_in), display.usd(price_out)),
    )


CHART = Kind("providers", "Pricing by provider", "Price", "what each API provider asks for the model", _build, Alone())
