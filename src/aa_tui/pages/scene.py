"""Read from the catalog what the charts of a page draw, for a choice of models."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.catalog import models, offers, runs
from aa_tui.catalog.offers import EVALUATION_PREFIX, OPENNESS_PARTS, FigureRow
from aa_tui.catalog.rows import LocalResult, ModelFilter, ModelRow
from aa_tui.charts.scene import ALL, CLASS, Scene, Selection
from aa_tui.pages.bands import band_conditions
from aa_tui.pages.page import class_of

DEFAULT = Selection()
"""The comparison class of the page's model; every model where there is none."""

NEWEST_RUNS = 200
"""So many runs are looked at for what was measured of all models."""

_BAND_TITLES = {band.key: band.title for band in (*SIZE_CLASSES, *PRICE_CLASSES)}


def load_scene(conn: sqlite3.Connection, slug_or_name: str | None, selection: Selection = DEFAULT) -> Scene:
    """What the charts draw.

    Args:
        conn: the catalog.
        slug_or_name: the page's model, or None for charts without one.
        selection: which models are drawn beside it.

    Raises:
        UnknownModelError: nothing is called so.
        UnknownClassError: the selection names a class that there is not.
    """
    model = models.resolve(conn, slug_or_name) if slug_or_name is not None else None
    found, among = _band(conn, model, selection)
    always = [model] if model is not None else []
    # A remembered choice can name what another catalog had.
    always += [row for slug in sorted(selection.pinned) if (row := models.by_slug(conn, slug)) is not None]
    drawn = _with(always, (row for row in found if _wanted(row, selection)))
    ids = [row.id for row in drawn]
    slugs = {row.id: row.slug for row in drawn}
    return Scene(
        model=model,
        models=drawn,
        among=_title(among, selection),
        offers=tuple(offers.offers_of(conn, model.id)) if model is not None else (),
        evaluations=_evaluations(offers.evaluations(conn, ids), slugs),
        openness_parts=_openness(offers.openness_parts(conn, ids), slugs),
        local=tuple(_local(conn, model)),
    )


def _band(conn: sqlite3.Connection, model: ModelRow | None, selection: Selection) -> tuple[Iterable[ModelRow], str]:
    """The models of the band and what they have in common; only the band's rows are read."""
    band = selection.band or CLASS
    if band == CLASS and model is not None:
        cls = class_of(conn, model)
        if cls is not None:
            title = cls.title if model.reasoning else f"{cls.title}, non-reasoning"
            members = [row for row in cls.members if isinstance(row, ModelRow)]
            return members, title
    conditions = {} if band in (CLASS, ALL) else band_conditions(band)
    # The band's own conditions win: they are what makes it this band.
    conditions = {
        "open_weights": selection.open_weights,
        "reasoning": selection.reasoning,
        "creator": selection.creator,
        **conditions,
    }
    where = ModelFilter(**conditions)  # type: ignore[arg-type]
    return models.list_models(conn, where), _BAND_TITLES.get(band, "All models")


def _wanted(row: ModelRow, selection: Selection) -> bool:
    """Whether a model meets the conditions. What only a file tells of has no published figure to draw."""
    return (
        not row.is_local
        and selection.open_weights in (None, row.open_weights)
        and selection.reasoning in (None, row.reasoning)
        and selection.creator in (None, row.creator)
    )


def _with(always: Iterable[ModelRow], found: Iterable[ModelRow]) -> tuple[ModelRow, ...]:
    rows = {row.slug: row for row in found}
    for row in always:
        rows.setdefault(row.slug, row)
    return tuple(rows.values())


def _title(among: str, selection: Selection) -> str:
    words = [among]
    if selection.open_weights is not None:
        words.append("open weights" if selection.open_weights else "proprietary")
    if selection.reasoning is not None:
        words.append("reasoning" if selection.reasoning else "non-reasoning")
    if selection.creator is not None:
        words.append(f"of {selection.creator}")
    if selection.pinned:
        words.append(f"and {len(selection.pinned)} pinned")
    return ", ".join(dict.fromkeys(words))


def _evaluations(rows: Iterable[FigureRow], slugs: dict[int, str]) -> dict[str, dict[str, FigureRow]]:
    found: dict[str, dict[str, FigureRow]] = {}
    for row in rows:
        found.setdefault(row.metric.removeprefix(EVALUATION_PREFIX), {})[slugs[row.variant_id]] = row
    return found


def _openness(rows: Iterable[FigureRow], slugs: dict[int, str]) -> dict[str, tuple[float, float]]:
    """Both parts of each model that has both."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(slugs[row.variant_id], {})[row.metric] = row.value
    first, second = OPENNESS_PARTS
    return {slug: (parts[first], parts[second]) for slug, parts in found.items() if len(parts) == len(OPENNESS_PARTS)}


def _local(conn: sqlite3.Connection, model: ModelRow | None) -> list[LocalResult]:
    if model is not None:
        return runs.results_of_model(conn, model.model_id)
    results = (runs.result_of(conn, run) for run in runs.list_runs(conn, NEWEST_RUNS))
    return [result for result in results if result.measurements]
