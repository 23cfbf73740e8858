"""What charts are drawn from: the page's model, the models around it, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.catalog.offers import FigureRow, OfferRow
from aa_tui.catalog.rows import LocalResult, ModelRow
from aa_tui.charts.evaluated import Evaluated

CLASS, ALL = "class", "all"
"""Selections of models that are no band: the comparison class of the page's model, and every model."""

_BANDS = frozenset({CLASS, ALL, *(band.key for band in (*SIZE_CLASSES, *PRICE_CLASSES))})


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of what a chart is of, where only the models were read that a screen can show.

    Of `total` models `left_out` have the chart's figures of another version of the index, `unsold` a price of 0 and
    `without_place` no place on a log axis. `drawn` are those that dots stand for. `as_of` is the newest date of those
    drawn. `middle` are the medians of both axes.
    """

    total: int
    drawn: int = 0
    left_out: int = 0
    unsold: int = 0
    without_place: int = 0
    as_of: str = ""
    middle: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that any chart may draw.

    `model` is the page's, highlighted in each chart, and always one of `models`. `among` says as a title what the
    models have in common. `offers` are of the page's model. `evaluations` holds published scores by the evaluation's
    name and the model's slug, `claimed` those that the model's own lab claims; `openness_parts` availability and
    transparency by slug, on the index's scale of 0 to 100.
    `local` is what was measured here, newest first: of the page's model, or of all models where there is none.
    `evaluated` are the evaluations among them, with their samples, where the chart that is read for may draw them;
    `pack` is the one that is wanted, "" for that of the newest run. `run_id` is set where one run alone is drawn.
    `tally` is None where `models` are all that there are: then everything can be counted.
    """

    model: ModelRow | None
    models: tuple[ModelRow, ...]
    among: str
    offers: tuple[OfferRow, ...] = ()
    evaluations: Mapping[str, Mapping[str, FigureRow]] = field(default_factory=dict)
    claimed: Mapping[str, Mapping[str, FigureRow]] = field(default_factory=dict)
    openness_parts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    local: tuple[LocalResult, ...] = ()
    tally: Tally | None = None
    evaluated: tuple[Evaluated, ...] = ()
    pack: str = ""
    run_id: int | None = None
    probes: tuple[LocalResult, ...] = ()
    """Of watched files, the finished ones, oldest first, where the chart that is read for may draw them."""
    divergences: tuple[LocalResult, ...] = ()
    """The same of files that were compared with a reference."""
    caches: tuple[LocalResult, ...] = ()
    """The same of files whose types of KV cache were compared."""
    speculations: tuple[LocalResult, ...] = ()
    """The same of files on which speculation was tried."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which models are drawn. None leaves a condition out.

    `band` is "class" for the comparison class of the page's model, "all", or the key of a size or price class. The
    page's model and the pinned slugs are drawn whatever the conditions say. `pack` is the one whose evaluations are
    drawn where charts are of those made here, "" for that of the newest one.
    """

    band: str | None = CLASS
    open_weights: bool | None = None
    reasoning: bool | None = None
    creator: str | None = None
    pinned: frozenset[str] = frozenset()
    pack: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "band": self.band,
            "open_weights": self.open_weights,
            "reasoning": self.reasoning,
            "creator": self.creator,
            "pinned": sorted(self.pinned),
            "pack": self.pack,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Selection:
        """From plain values; what is missing or of a wrong type is the default, since a file can hold anything."""
        pinned, band = values.get("pinned"), _text(values.get("band"))
        return cls(
            band=band if band in _BANDS else CLASS,
            open_weights=_choice(values.get("open_weights")),
            reasoning=_choice(values.get("reasoning")),
            creator=_text(values.get("creator")),
            pinned=frozenset(one for one in pinned if isinstance(one, str))
            if isinstance(pinned, list)
            else frozenset(),
            pack=_text(values.get("pack")) or "",
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _choice(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
