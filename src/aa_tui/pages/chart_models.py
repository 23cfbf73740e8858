"""Which models a chart reads where a class has tens of thousands: those a screen can show, and counts of the rest.

What is drawn of bars is the same as if all had been read; of dots that lie upon each other, one is.
"""

from __future__ import annotations

import sqlite3
from statistics import median
from typing import TYPE_CHECKING

from aa_tui.analysis import newest_version
from aa_tui.catalog import models, ranking
from aa_tui.charts.reading import Evaluated, Plotted, Ranked, Reads
from aa_tui.charts.scene import Tally
from aa_tui.charts.thinning import thin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.catalog.ranking import Among, Counts
    from aa_tui.catalog.rows import ModelRow

WHOLE = 1_000
"""Up to so many models every chart reads all of them, once for all charts of a page."""

MOST_BARS = 200
"""No screen has more rows: so many of the best are read, and as many on either side of the page's model."""

MOST_DOTS = 1_500


def read(
    conn: sqlite3.Connection, among: Among, model: ModelRow | None, reads: Reads | None
) -> tuple[list[ModelRow], Tally | None]:
    """The models that a chart draws from, and the counts where these are not all.

    `among.also` holds the page's model and the pinned ones, which are read whatever the chart is of.
    """
    if not isinstance(reads, Ranked | Plotted | Evaluated) or not ranking.has_more_than(conn, among, WHOLE):
        return _rows(conn, ranking.all_ids(conn, among), among), None
    if isinstance(reads, Ranked):
        return _ranked(conn, among._replace(open_only=reads.open_only), model, reads)
    if isinstance(reads, Plotted):
        return _plotted(conn, among, model, reads)
    ids = ranking.evaluated_ids(conn, among)
    return _rows(conn, ids, among), Tally(total=ranking.count(conn, among))


def _ranked(
    conn: sqlite3.Connection, among: Among, model: ModelRow | None, reads: Ranked
) -> tuple[list[ModelRow], Tally]:
    found = ranking.counts(conn, among, (reads.figure,), by_version=reads.per_index)
    figure = getattr(model, reads.figure, None)
    version = _version(found, model, has_figure=figure is not None)
    page = model.id if model is not None else -1
    ids = ranking.ids_by(
        conn,
        among,
        reads.figure,
        descending=reads.better != "lower",
        version=(version,) if reads.per_index else None,
        above_zero_or=page if reads.sold else None,
    )
    at = ids.index(page) if page in ids else 0
    shown = dict.fromkeys((*ids[:MOST_BARS], *ids[max(0, at - MOST_BARS) : at + MOST_BARS + 1]))
    others = [one for one in found if reads.per_index and one.index_version != version]
    own = [one for one in found if one not in others]
    is_free = figure is not None and figure <= 0
    tally = Tally(
        total=sum(one.total for one in found),
        left_out=sum(one.known - one.at_zero * reads.sold for one in others)
        + (
            reads.sold
            and is_free
            and model is not None
            and model.index_version in {one.index_version for one in others}
        ),
        unsold=sum(one.at_zero for one in found) - is_free if reads.sold else 0,
        as_of=max((one.as_of_above_zero if reads.sold else one.as_of for one in own), default=""),
    )
    return _rows(conn, list(shown), among), tally


def _plotted(
    conn: sqlite3.Connection, among: Among, model: ModelRow | None, reads: Plotted
) -> tuple[list[ModelRow], Tally]:
    found = ranking.counts(conn, among, (reads.x, reads.y), by_version=reads.per_index)
    has_both = model is not None and None not in (getattr(model, reads.x), getattr(model, reads.y))
    version = _version(found, model, has_figure=has_both)
    points = ranking.points(conn, among, reads.x, reads.y, (version,) if reads.per_index else None)
    shown = [point for point in points if point[1] > 0] if reads.log_x else points
    own = [one for one in found if not reads.per_index or one.index_version == version]
    tally = Tally(
        total=sum(one.total for one in found),
        drawn=len(shown),
        left_out=sum(one.known for one in found) - len(points),
        unsold=sum(point[1] == 0 for point in shown),
        without_place=len(points) - len(shown),
        as_of=max((one.as_of_above_zero if reads.log_x else one.as_of for one in own), default=""),
        middle=(median(x for _, x, _ in shown), median(y for _, _, y in shown)) if shown else None,
    )
    return _rows(conn, thin(shown, MOST_DOTS, among.also, log_x=reads.log_x), among), tally


def _version(found: Sequence[Counts], model: ModelRow | None, *, has_figure: bool) -> str | None:
    """The version of the index that is drawn: that of the page's model, else the newest that has figures."""
    if model is not None and has_figure and model.index_version:
        return model.index_version
    return newest_version(one.index_version for one in found if one.known)


def _rows(conn: sqlite3.Connection, ids: Sequence[int], among: Among) -> list[ModelRow]:
    """The rows, and those of the models that are drawn whatever is chosen."""
    return models.rows_by_id(conn, list(dict.fromkeys((*ids, *among.also))))
