"""What a source says, as values: models by the names it has for them, their figures, offers, and what is no use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from aa_tui.sources.matching import Outside


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a model. Without a name, address or date of its own it is the answer's.

    Percentages are 0 to 100, prices in USD per million tokens, times in seconds.
    """

    metric: str
    value: float
    unit: str
    source_name: str = ""
    source_url: str = ""
    as_of: str = ""
    is_of_index: bool = False
    """Whether it depends on the version of the index."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider asks, USD per million tokens. Of several of one provider the lowest `rank` counts."""

    provider: str
    price_in_usd_per_m: float
    price_out_usd_per_m: float
    context_tokens: int | None = None
    rank: tuple[int, int, str] = (0, 0, "")


@dataclass(frozen=True, slots=True)
class New:
    """What a source tells of a model that is to be added where it is not known. None is not told."""

    slug: str
    name: str
    creator: str
    release_date: str | None = None
    reasoning: bool | None = None
    open_weights: bool | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A model as a source names it. `weights` is its repository on the Hub, where that is what names it."""

    outside: Outside
    figures: tuple[Figure, ...] = ()
    offer: Offer | None = None
    new: New | None = None
    weights: str = ""
    reasoning: bool | None = None
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a source said. `as_of` is its own date in ISO 8601, empty where it has none. `skipped` counts by reason
    what was no use; `notes` are sentences."""

    name: str
    url: str
    told: tuple[Told, ...]
    as_of: str = ""
    index_version: str = ""
    skipped: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()
