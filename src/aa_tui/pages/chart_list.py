"""The charts that there are, and for how many models each has figures: those with the page's model first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.charts import book
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.scene import Scene, Selection
from aa_tui.charts.spec import BarChart, Chart, PanelChart
from aa_tui.pages.scene import MEASURED, scene_of, serves


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """A chart: how many figures it has, of what, and whether the page's model has one."""

    name: str
    title: str
    section: str
    count: int
    total: int
    noun: str
    has_model: bool

    @property
    def words(self) -> str:
        """How much there is: "43 of 43 models", "nothing yet"."""
        return f"{self.count} of {self.total} {self.noun}" if self.count else "no figures"


def entries(
    conn: sqlite3.Connection, target: str | None, selection: Selection, names: Sequence[str]
) -> list[ChartEntry]:
    """These charts for a model, a run or neither: with a figure of it first, then with any, in the book's order."""
    found: list[ChartEntry] = []
    scene: Scene | None = None
    read_for: Kind | None = None
    for name in names:
        kind = book.kind(name)
        if scene is None or read_for is None or not serves(scene, read_for, kind):
            scene, read_for = scene_of(conn, target, selection, kind), kind
        found.append(_entry(kind, kind.build(scene), scene))
    return sorted(found, key=lambda one: (not one.has_model, not one.count))


def _entry(kind: Kind, chart: Chart, scene: Scene) -> ChartEntry:
    slug = scene.model.slug if scene.model is not None else ""
    if isinstance(chart, PanelChart):
        keys = {bar.key.partition(":")[0] for one in chart.charts for bar in one.bars}
        count, total, noun = len(chart.charts), len(chart.charts), "small charts"
    else:
        keys = {bar.key for bar in chart.bars} if isinstance(chart, BarChart) else {dot.key for dot in chart.dots}
        drawn = chart.drawn if not isinstance(chart, BarChart) else None
        count, total, noun = len(keys) if drawn is None else drawn, chart.total, chart.noun
    is_of_it_alone = kind.section == MEASURED or kind.name == "providers"
    return ChartEntry(
        name=kind.name,
        title=kind.title,
        section=kind.section,
        count=count,
        total=total,
        noun=noun,
        has_model=bool(count) if is_of_it_alone or not slug else slug in keys,
    )
