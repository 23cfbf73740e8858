"""Make `catalog/published_offers.csv`: what API providers ask for the models of the shipped catalog.

    python -m aa_tui.sources.make_offers api.json --as-of 2026-07

`api.json` is what models.dev serves at <https://models.dev/api.json> (MIT licence). A name that is not certainly one of
the catalog's is left out. An offer that names no mode is of all modes of the same weights.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from aa_tui.catalog import facts
from aa_tui.sources.matching import Known, Matcher, Outside, offered
from aa_tui.textsafe import clean_line

SOURCE_NAME, SOURCE_URL = "models.dev", "https://models.dev/"
_FIGURES = ("price_in_usd_per_m", "price_out_usd_per_m", "context_tokens")
COLUMNS = ("slug", "provider", *_FIGURES, "source_name", "source_url", "as_of")

_SPECIAL = re.compile(r":(free|thinking|nitro|floor|exacto|extended|online|batch|flex)$|-(fast|turbo|free|batch|flex)$")
"""Ids of offers on other terms than the usual ones."""

_PACKED = re.compile(r"fp8|fp4|int[48]|awq|gptq|[48]bit", re.IGNORECASE)
_MOST_USD = 10_000.0


class Offer(NamedTuple):
    """What one provider asks for one variant, USD per million tokens, and the id under which it does."""

    slug: str
    provider: str
    price_in_usd_per_m: float
    price_out_usd_per_m: float
    context_tokens: int | None
    outside: str


def known() -> Iterator[Known]:
    """The variants of the shipped catalog."""
    with facts.FACTS_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            is_reasoning = row["reasoning"] == "yes"
            yield Known(
                row["slug"], row["name"], row["creator"], is_reasoning, row["release_date"] or None, row["weights_url"]
            )


def offers(api: dict[str, Any]) -> list[Offer]:
    """The offers that are certainly of a known variant: of each provider the usual one, by slug and provider."""
    matcher = Matcher(known())
    found: dict[tuple[str, str], tuple[tuple[bool, bool, int, str], Offer]] = {}
    for key, provider in api.items():
        name = clean_line(str(provider.get("name") or key))
        for id_, model in provider.get("models", {}).items():
            prices = _prices(model.get("cost") or {})
            if prices is None:
                continue
            outside = Outside(id_, str(model.get("name") or ""), provider=key, is_served=True)
            tokens = (model.get("limit") or {}).get("context")
            for slug in offered(matcher.match(outside)):
                one = Offer(slug, name, *prices, tokens if isinstance(tokens, int) and tokens > 0 else None, id_)
                rank = (bool(_SPECIAL.search(id_)), bool(_PACKED.search(id_)), len(id_), id_)
                before = found.get((slug, name))
                if before is None or rank < before[0]:
                    found[slug, name] = rank, one
    return [one for _, one in sorted(found.values(), key=lambda pair: (pair[1].slug, pair[1].provider.casefold()))]


def _prices(cost: dict[str, Any]) -> tuple[float, float] | None:
    """What input and output cost; None where that is not told, or nothing: plans and trials have no price of tokens."""
    values = [cost.get(key) for key in ("input", "output")]
    prices = [float(one) for one in values if isinstance(one, int | float) and isfinite(one) and 0 <= one <= _MOST_USD]
    return (prices[0], prices[1]) if len(prices) == len(values) and any(prices) else None


def main() -> None:
    """Read the answer, write the table."""
    parser = argparse.ArgumentParser(description="Make the table of providers' offers from models.dev's api.json.")
    parser.add_argument("api", type=Path)
    parser.add_argument("--as-of", required=True, metavar="DATE", help="when it was fetched, as YYYY-MM-DD or YYYY-MM")
    options = parser.parse_args()
    found = offers(json.loads(options.api.read_text(encoding="utf-8")))
    with facts.OFFERS_FILE.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(COLUMNS)
        for one in found:
            figures = (f"{one.price_in_usd_per_m:g}", f"{one.price_out_usd_per_m:g}", one.context_tokens or "")
            lines.writerow((one.slug, one.provider, *figures, SOURCE_NAME, SOURCE_URL, options.as_of))


if __name__ == "__main__":
    main()
