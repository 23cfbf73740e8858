"""What an evaluation's right answers cost here: seconds, joules, money, and what an API asks for the same tokens."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.analysis.costs import Spent, price_usd, spent
from aa_tui.analysis.evaluation import in_turn
from aa_tui.catalog import models, offers, telemetry
from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.config.reading import load as load_settings
from aa_tui.speed.electricity import JOULES_PER_KWH, Tariff, parse_tariff
from aa_tui.speed.errors import SpeedError

HOW = (
    "by time: requests in progress at once share each moment's seconds and energy; before a request's first token it "
    "is prefill, after it decoding"
)


@dataclass(frozen=True, slots=True)
class ApiPrice:
    """What providers ask for the tokens of a run, in USD: the cheapest, whose source is named, and the median."""

    provider: str
    usd: float
    median_usd: float
    n_offers: int
    source_name: str
    source_url: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Costs:
    """All of it; what is not known is None. Tokens are the model's own. `electricity` is for the joules of `spent`."""

    spent: Spent
    n_prompt: int
    n_output: int
    tariff: Tariff | None
    api: ApiPrice | None

    @property
    def electricity(self) -> float | None:
        """What the answers' energy costs, in the tariff's currency."""
        joules = self.spent.whole.joules
        return None if joules is None or self.tariff is None else joules / JOULES_PER_KWH * self.tariff.per_kwh

    def per_right(self, money: float | None) -> float | None:
        """The same for each right answer; None without any."""
        return money / self.spent.n_right if money is not None and self.spent.n_right else None


def load(conn: sqlite3.Connection, run: RunRow, rows: Sequence[ScoredSample]) -> Costs | None:
    """The costs of a run that has ended or rests; None for one read from a log, and where nothing was clocked."""
    if run.is_live or run.origin == "log":
        return None
    kept = in_turn(rows) if run.state in ("stopped", "failed") else rows
    powers = [] if run.file.is_served else telemetry.of_run(conn, run.id)
    found = spent(kept, powers, idle_w=run.setup.idle_power_w)
    if found is None:
        return None
    n_prompt = sum(row.n_prompt for row in kept)
    n_output = sum(row.n_thinking + row.n_answer for row in kept)
    return Costs(found, n_prompt, n_output, _tariff(), _api(conn, run, n_prompt, n_output))


def _tariff() -> Tariff | None:
    """The user's own price of a kWh, None where none is set."""
    try:
        return parse_tariff(typed) if (typed := load_settings().tariff) else None
    except SpeedError:  # `aa-tui config` and `bench` say what is wrong with it
        return None


def _api(conn: sqlite3.Connection, run: RunRow, n_prompt: int, n_output: int) -> ApiPrice | None:
    model = models.by_slug(conn, run.slug) if run.slug else None
    if model is None or not n_output:
        return None
    tokens = {"prompt": n_prompt, "output": n_output}
    asked = sorted(
        (price_usd(tokens, one.price_in_usd_per_m, one.price_out_usd_per_m), one.provider, one)
        for one in offers.offers_of(conn, model.id)
        if one.price_in_usd_per_m is not None and one.price_out_usd_per_m is not None
    )
    if not asked:
        return None
    usd, provider, cheapest = asked[0]
    median = statistics.median(price for price, _, _ in asked)
    return ApiPrice(provider, usd, median, len(asked), cheapest.source_name, cheapest.source_url, cheapest.as_of)
