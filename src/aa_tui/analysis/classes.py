"""Comparison classes: which models a model is fairly compared with.

Open-weights models are compared by size, proprietary ones by price, and a non-reasoning model with
non-reasoning ones only (artificialanalysis.ai/methodology). Averages, ranks and phrases are inside one class.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Literal, Protocol

from aa_tui.analysis import display, untold
from aa_tui.analysis.model import METRICS, Model, counted_value, metric_value

ReasoningScope = Literal["reasoning and non-reasoning", "non-reasoning only"]


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Open-weights models with above < total parameters <= at_most, in billions."""

    key: str
    name: str
    title: str
    tab: str
    above: float
    at_most: float

    def contains(self, model: Model) -> bool:
        """Whether the model has open weights of this size."""
        params_b = model.total_params_b
        return model.open_weights and params_b is not None and self.above < params_b <= self.at_most


@dataclass(frozen=True, slots=True)
class PriceClass:
    """Models, open and proprietary, with above < blended price <= at_most, in USD per 1M tokens."""

    key: str
    name: str
    title: str
    tab: str
    above: float
    at_most: float

    def contains(self, model: Model) -> bool:
        """Whether the model is sold at such a price; a price of 0 means that nobody sells it."""
        price = metric_value(model, "blended_price_usd_per_m")
        return price is not None and self.above < price <= self.at_most


# The published tables round to whole billions at the 4B edge: 4.44B is Tiny, 4.51B is Small.
_TINY_EDGE_B: Final = 4.5

SIZE_CLASSES: Final = (
    SizeClass("tiny", "Tiny open weights", "Tiny (≤4B) open-weights models", "Tiny ≤4B", 0.0, _TINY_EDGE_B),
    SizeClass("small", "Small open weights", "Small (4–40B) open-weights models", "Small", _TINY_EDGE_B, 40.0),
    SizeClass("medium", "Medium open weights", "Medium (40–150B) open-weights models", "Medium", 40.0, 150.0),
    SizeClass("large", "Large open weights", "Large (>150B) open-weights models", "Large", 150.0, inf),
)

# $0.15 and $1 themselves belong to the middle band. A blended price carries the error of its floats
# ((3 × 0.10 + 0.30) / 4 is 0.15000000000000002), so the edges lie a hair outside the band.
_LOW_EDGE_USD: Final = 0.15 - 1e-6
_HIGH_EDGE_USD: Final = 1.0 + 1e-6

PRICE_CLASSES: Final = (
    PriceClass("price_low", "Under $0.15", "Models under $0.15 per 1M tokens", "<$0.15", 0.0, _LOW_EDGE_USD),
    PriceClass(
        "price_mid",
        "$0.15 to $1",
        "Models at $0.15–1 per 1M tokens",
        "$0.15–1",
        _LOW_EDGE_USD,
        _HIGH_EDGE_USD,
    ),
    PriceClass("price_high", "Above $1", "Models above $1 per 1M tokens", ">$1", _HIGH_EDGE_USD, inf),
)


class ClassFigures(Protocol):
    """The figures of a class' members, however many they are and wherever they are kept."""

    @property
    def count(self) -> int:
        """How many members there are."""

    def ascending(self, metric: str, index_version: str | None) -> Sequence[float]:
        """The values of a metric that count in comparisons, as `counted_value` gives them, the lowest first.

        Of the members of that index version only, where the metric depends on it.
        """


@dataclass(frozen=True, slots=True)
class OfModels:
    """The figures of models that are at hand: what every other keeper of figures has to agree with."""

    members: tuple[Model, ...]

    @property
    def count(self) -> int:
        """How many members there are."""
        return len(self.members)

    def ascending(self, metric: str, index_version: str | None) -> Sequence[float]:
        """As `ClassFigures` has it."""
        version_matters = METRICS[metric].per_index_version
        return sorted(
            value
            for member in self.members
            if not version_matters or member.index_version == index_version
            if (value := counted_value(member, metric)) is not None
        )


@dataclass(frozen=True, slots=True)
class ComparisonClass:
    """What one model is compared with: the class it is in, itself included."""

    key: str
    name: str
    title: str
    reasoning_scope: ReasoningScope
    figures: ClassFigures
    explanation: str

    @property
    def count(self) -> int:
        """How many members there are."""
        return self.figures.count


def band_of(model: Model) -> SizeClass | PriceClass | None:
    """The size class of an open model, the price class of a proprietary one; None where that is unknown."""
    bands: tuple[SizeClass, ...] | tuple[PriceClass, ...] = SIZE_CLASSES if model.open_weights else PRICE_CLASSES
    return next((band for band in bands if band.contains(model)), None)


def members_of(model: Model, models: Iterable[Model]) -> tuple[Model, ...]:
    """The members of `model`'s class among `models`, in their order; itself last if it is none of them.

    Models are told apart by slug. Empty where the model cannot be placed.
    """
    band = band_of(model)
    if band is None:
        return ()
    members: list[Model] = []
    found = False
    for other in models:
        if other.slug == model.slug:
            if not found:
                members.append(model)
            found = True
        elif (model.reasoning or not other.reasoning) and band.contains(other):
            members.append(other)
    return tuple(members) if found else (*members, model)


def comparison_class(model: Model, models: Iterable[Model]) -> ComparisonClass | None:
    """The class of `model` among `models`; the model need not be one of them.

    None when it cannot be placed: open weights without a parameter count, or proprietary without a price.
    """
    return class_with(model, OfModels(members_of(model, models)))


def class_with(model: Model, figures: ClassFigures) -> ComparisonClass | None:
    """The class of `model`, whose members' figures were read already; None when it cannot be placed."""
    band = band_of(model)
    if band is None:
        return None
    return ComparisonClass(
        key=band.key,
        name=band.name if model.reasoning else f"{band.name}, non-reasoning",
        title=band.title,
        reasoning_scope="reasoning and non-reasoning" if model.reasoning else "non-reasoning only",
        figures=figures,
        explanation=_explanation(model, band, figures.count),
    )


def newest_version(versions: Iterable[str | None]) -> str | None:
    """The newest of some versions of the index: v4.10 is newer than v4.9. None where there is none."""
    return max((version for version in versions if version), default=None, key=_version_key)


def _version_key(version: str) -> tuple[tuple[int, ...], str]:
    numbers = "".join(character if character.isdecimal() else " " for character in version)
    return tuple(int(number) for number in numbers.split()), version


def _explanation(model: Model, band: SizeClass | PriceClass, count: int) -> str:
    if isinstance(band, SizeClass):
        reason = f"has open weights with {display.params_b(model.total_params_b)} parameters in total"
        title = band.title
    else:
        blended = display.usd(metric_value(model, "blended_price_usd_per_m"))
        what = "is proprietary" if untold.is_told(model, "open_weights") else "is sold"
        reason = f"{what} at a blended price of {blended} per 1M tokens"
        title = band.title[0].lower() + band.title[1:] + ", open and proprietary"
    scope = "both reasoning and non-reasoning" if model.reasoning else "non-reasoning ones only"
    if count == 1:
        return f"{model.name} {reason}; this catalog has no other among {title}, {scope}."
    return f"{model.name} {reason}, so it is compared within this catalog's {count} {title}, {scope}."
