"""The index of the site's models: what its own search, filters and comparison read, and other programs can."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aa_tui import __version__
from aa_tui.analysis import METRICS, PRICE_CLASSES, SIZE_CLASSES, untold
from aa_tui.catalog import provenance, ranking
from aa_tui.catalog.ranking import Among
from aa_tui.catalog.rows import ModelFilter
from aa_tui.jsontext import dumps
from aa_tui.pages.bands import band_conditions
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.catalog.provenance import SourceRow
    from aa_tui.catalog.rows import ModelRow

FORMAT = 1

FIGURES = (
    *("intelligence_index", "index_output_tokens_m", "price_in_usd_per_m", "price_out_usd_per_m"),
    *("blended_price_usd_per_m", "output_tps", "ttft_s", "ttfat_s", "e2e_s", "cost_to_run_usd", "openness_index"),
)
"""The published figures, by the names that `aa-tui models --json` has for them."""

HERE = ("here_pp_tps", "here_tg_tps", "here_index")
"""What was measured by whoever made the site."""

_FACTS = (
    *("slug", "page", "name", "creator", "reasoning", "open_weights", "is_local", "classes", "release_date"),
    *("total_params_b", "active_params_b", "context_tokens", "license", "index_version", "index_is_estimate"),
)
COLUMNS = (*_FACTS, *FIGURES, *HERE, "here_unreliable", "sources")

BANDS = (*SIZE_CLASSES, *PRICE_CLASSES)
_OF_PRICES = "price_out_usd_per_m"


def index(conn: sqlite3.Connection, rows: Sequence[ModelRow], names: Mapping[str, str], made_on: str) -> dict[str, Any]:
    """The index as plain values. A model is a list of values in the order of `columns`.

    Its `sources` are numbers of places in the list of sources, one for each of `figures`, or one number where all are
    of the same; null is a figure that is not published.
    """
    known = provenance.sources(conn)
    places = {source.id: place for place, source in enumerate(known)}
    origins = provenance.of_figures(conn)
    classes = classes_of(conn)
    return {
        "format": FORMAT,
        "made_with": f"aa-tui {__version__}",
        "made_on": made_on,
        "figures": [
            {"key": name, "label": METRICS[name].label, "unit": METRICS[name].unit, "better": _better(name)}
            for name in FIGURES
        ],
        "classes": [{"key": band.key, "title": band.title} for band in BANDS],
        "sources": [
            {"name": one.name, "url": one.url, "as_of": one.as_of, "index_version": one.index_version} for one in known
        ],
        "columns": list(COLUMNS),
        "models": [
            _model(row, names[row.slug], classes.get(row.id, []), origins.get(row.id, {}), places) for row in rows
        ],
    }


def as_json(value: Mapping[str, Any]) -> str:
    """The index as a file."""
    return dumps(value) + "\n"


def as_script(value: Mapping[str, Any]) -> str:
    """The same for pages that are opened from a disk, where a browser lets no page read a file but a script."""
    return f"window.aaTuiIndex = {dumps(value)};\n"


def source_words(source: SourceRow) -> str:
    """A source as it stands beside a figure: whose, as of when, and which version of the index."""
    return ", ".join(
        filter(None, (source.name, source.as_of, source.index_version and f"index {source.index_version}"))
    )


def _better(name: str) -> str | None:
    is_higher = METRICS[name].higher_is_better
    return None if is_higher is None else "higher" if is_higher else "lower"


def classes_of(conn: sqlite3.Connection) -> dict[int, list[str]]:
    """The keys of the size and price classes that published models are in, by their ids, as the app lists them."""
    found: dict[int, list[str]] = {}
    for band in BANDS:
        where = ModelFilter(**band_conditions(band.key))  # type: ignore[arg-type]
        for one in ranking.all_ids(conn, Among(where)):
            found.setdefault(one, []).append(band.key)
    return found


def _model(
    row: ModelRow, page: str, classes: list[str], origins: Mapping[str, int], places: Mapping[int, int]
) -> list[Any]:
    facts: dict[str, Any] = {
        "page": page,
        "classes": classes,
        "reasoning": untold.reasoning(row),
        "open_weights": untold.open_weights(row),
        "is_local": int(row.is_local),
        "index_is_estimate": int(row.index_is_estimate),
        "here_unreliable": int(row.here_unreliable),
        "sources": sources_of(row, origins, places),
    }
    return [facts[name] if name in facts else _plain(getattr(row, name)) for name in COLUMNS]


def sources_of(row: ModelRow, origins: Mapping[str, int], places: Mapping[int, int]) -> list[int | None] | int | None:
    """The place of each figure's source; a blended price is of the source of the output price."""
    found = []
    for name in FIGURES:
        origin = origins.get(_OF_PRICES if name == "blended_price_usd_per_m" else name)
        has_figure = getattr(row, name) is not None
        found.append(places.get(origin) if origin is not None and has_figure else None)
    different = set(found) - {None}
    if not different:
        return None
    return different.pop() if len(different) == 1 else found


def _plain(value: Any) -> Any:
    return clean_line(value) if isinstance(value, str) else value
