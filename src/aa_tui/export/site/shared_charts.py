"""Charts of published figures that the pages of a class share: each page points at its own model in them.

A class has hundreds of models and each has a dozen charts: drawn anew for every page they would be nine tenths of the
site. A long bar chart is cut into stretches, each of them below the best of its class, as on the page of a model.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aa_tui.analysis import band_of
from aa_tui.catalog.rows import ModelFilter
from aa_tui.charts.draw.svg import shared
from aa_tui.charts.draw.svg.chart import words
from aa_tui.charts.reading import Alone, Evaluated, Plotted, Ranked
from aa_tui.charts.spec import BarChart, PanelChart, ScatterChart
from aa_tui.export.page import GROUPS, source_of
from aa_tui.pages.classes import members_filter
from aa_tui.pages.scene import class_title, published_scene
from aa_tui.pages.wider import compares

if TYPE_CHECKING:
    from aa_tui.catalog.rows import ModelRow
    from aa_tui.charts.book.kind import Kind
    from aa_tui.charts.scene import Scene

BEST, STRETCH, AROUND = 4, 14, 1
"""Bars of a picture: the best of all, those whose pages show it, and their neighbours on either side."""

ONE_PICTURE = BEST + STRETCH + 2 * AROUND
"""So many bars are not cut into stretches."""

_CARD, _LARGE, _PHONE = 400.0, 780.0, 380.0
_PLANE, _PLANE_PHONE = 440.0, 340.0

Write = Callable[[str, str], None]
"""Puts a text into a file, by its path in the site."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """A chart on a page: the picture's path in the site with the model in it, in another size for phones if need be."""

    title: str
    told: str
    source: str
    alternative: str
    path: str
    phone_path: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The charts under one heading, and the titles of those that nothing is published for."""

    title: str
    charts: tuple[Pointed, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Among:
    """Models that are drawn together, by a key that names their folder."""

    key: str
    where: ModelFilter
    title: str


_ALL = _Among("all", ModelFilter(), "All models")


class SharedCharts:
    """Draws each picture once, when the first page asks for it."""

    def __init__(self, conn: sqlite3.Connection, slugs: Sequence[str], write: Write) -> None:
        """`slugs` are of all models that may be in a chart; `write` takes the pictures."""
        self._conn, self._write = conn, write
        self._ids = {slug: f"m{number}" for number, slug in enumerate(slugs, 1)}
        self._scenes: dict[str, Scene] = {}
        self._charts: dict[tuple[str, str, str], tuple[BarChart | ScatterChart, dict[str, int]]] = {}
        self._written: set[str] = set()
        self._versions: dict[str, str] = {}

    @property
    def n_pictures(self) -> int:
        """How many were drawn."""
        return len(self._written)

    def of(self, model: ModelRow) -> list[Group]:
        """The charts of a model's page, those of its class if they compare it with anything, else those of all."""
        from aa_tui.charts import book

        groups = []
        for title, sections in GROUPS:
            kinds = [kind for kind in book.ALL if kind.section in sections and _is_shared(kind)]
            found = [(kind, self._pointed(model, kind)) for kind in kinds]
            missing = [kind.title for kind, chart in found if chart is None]
            groups.append(Group(title, tuple(chart for _, chart in found if chart is not None), tuple(missing)))
        return groups

    def _pointed(self, model: ModelRow, kind: Kind) -> Pointed | None:
        for among in (*_class_of(model), _ALL):
            version = (model.index_version or "") if _is_versioned(kind) else ""
            chart, places = self._chart(among, kind, version)
            if model.slug in places and compares(chart, model.slug):
                return self._told(among, kind, version, chart, places, model)
        return None

    def _chart(self, among: _Among, kind: Kind, version: str) -> tuple[BarChart | ScatterChart, dict[str, int]]:
        """The chart of all those models, and the place of each in it; of one version of the index, where it counts."""
        key = (among.key, kind.name, version)
        if key not in self._charts:
            scene = self._scene(among)
            if _is_versioned(kind):
                scene = replace(
                    scene, models=tuple(one for one in scene.models if (one.index_version or "") == version)
                )
            chart = kind.build(scene)
            if isinstance(chart, PanelChart):
                raise TypeError(f"{kind.name} is no single chart")
            keys = [one.key for one in (chart.dots if isinstance(chart, ScatterChart) else chart.bars)]
            self._charts[key] = chart, {slug: place for place, slug in enumerate(keys)}
        return self._charts[key]

    def _scene(self, among: _Among) -> Scene:
        if among.key not in self._scenes:
            self._scenes[among.key] = published_scene(self._conn, among.where, among.title)
        return self._scenes[among.key]

    def _told(  # noqa: PLR0917
        self,
        among: _Among,
        kind: Kind,
        version: str,
        chart: BarChart | ScatterChart,
        places: Mapping[str, int],
        model: ModelRow,
    ) -> Pointed:
        place = places[model.slug]
        folder = self._folder(among, version)
        name = f"#{self._ids[model.slug]}"
        source = " · ".join(filter(None, (*chart.note.split(", "), source_of(kind, self._scene(among)))))
        if isinstance(chart, ScatterChart):
            stem = f"charts/{folder}/{kind.name}"
            self._draw(f"{stem}.svg", chart, _LARGE, _PLANE)
            self._draw(f"{stem}-phone.svg", chart, _PHONE, _PLANE_PHONE)
            dot = chart.dots[place]
            alternative = f"{chart.x.label} {dot.x_text}, {chart.y.label} {dot.y_text}."
            return Pointed(
                *(chart.title, " · ".join(words(chart)), source, alternative),
                path=f"{stem}.svg{name}",
                phone_path=f"{stem}-phone.svg{name}",
            )
        part, number = stretch(chart, place)
        path = f"charts/{folder}/{kind.name}-{number}.svg"
        self._draw(path, part, _CARD, 0.0)
        alternative = f"{chart.bars[place].text}, number {place + 1} of {len(chart.bars)}."
        return Pointed(chart.title, " · ".join(words(part, most=len(part.bars))), source, alternative, f"{path}{name}")

    def _folder(self, among: _Among, version: str) -> str:
        """A class, and the version of the index where its charts are of one: numbered, since it can be any text."""
        if not version:
            return among.key
        number = self._versions.setdefault(version, f"index-{len(self._versions) + 1}")
        return f"{among.key}/{number}"

    def _draw(self, path: str, chart: BarChart | ScatterChart, width: float, height: float) -> None:
        if path not in self._written:
            self._written.add(path)
            self._write(path, shared.picture(chart, width, height, self._ids.__getitem__))


def stretch(chart: BarChart, place: int) -> tuple[BarChart, int]:
    """The part of a bar chart that shows the bar at a place, with its number: the best and the place's neighbours."""
    if len(chart.bars) <= ONE_PICTURE:
        return chart, 1
    number = max(0, place - BEST) // STRETCH
    start = BEST + number * STRETCH
    shown: Sequence[int] = sorted(
        {*range(BEST), *range(max(0, start - AROUND), min(len(chart.bars), start + STRETCH + AROUND))}
    )
    return replace(chart, bars=tuple(chart.bars[index] for index in shown)), number + 1


def _class_of(model: ModelRow) -> list[_Among]:
    """The model's class, where it is in one."""
    band, where, title = band_of(model), members_filter(model), class_title(model)
    if band is None or where is None or title is None:
        return []
    return [_Among(band.key if model.reasoning else f"{band.key}-non-reasoning", where, title)]


def _is_versioned(kind: Kind) -> bool:
    return isinstance(kind.reads, Ranked | Plotted) and kind.reads.per_index


def _is_shared(kind: Kind) -> bool:
    """Whether it is one chart of many models: providers' prices and single evaluations are tables of each page."""
    return not isinstance(kind.needs, Alone | Evaluated)
