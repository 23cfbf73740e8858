"""A chart as text, SVG and JSON."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aa_tui.charts.draw.drawing import Drawing
    from aa_tui.charts.spec import Chart as Spec


class Chart:
    """A chart that can be drawn.

    >>> catalog.chart("latency")
    Chart('latency')
    """

    def __init__(self, spec: Spec, asked: Spec | None = None) -> None:
        self._spec, self._asked = spec, asked or spec

    def __repr__(self) -> str:
        return f"Chart({self.name!r})"

    @property
    def name(self) -> str:
        """Its name in the shell.

        >>> catalog.chart("size").name
        'size'
        """
        return self._spec.name

    @property
    def title(self) -> str:
        """Its title, with what the models have in common.

        >>> catalog.chart("size").title
        'Model size · All models'
        """
        return self._spec.title

    def text(self, width: int = 100, height: int | None = None, *, ascii_only: bool = False) -> str:
        """The chart as text of so many columns, and rows; None draws all of it.

        >>> catalog.chart("size").text(width=60, height=8, ascii_only=True).isascii()
        True
        """
        return self._drawing(width, height, ascii_only).plain()

    def svg(self, width: int = 100, height: int | None = None) -> str:
        """The chart as an SVG file's text; sizes are in characters, of 8 units each. None draws all of it.

        >>> catalog.chart("size").svg()[:4]
        '<svg'
        """
        from aa_tui.charts.draw.svg.chart import CELL, standalone

        return standalone(self._spec, width=width * CELL, rows=height)

    def data(self) -> dict[str, Any]:
        """The chart as `aa-tui chart --json` prints it: of the models asked for, even where nothing is compared.

        >>> catalog.chart("size").data()["form"]
        'bars'
        """
        from aa_tui.charts.book import as_json

        return as_json.chart(self._asked)

    def _drawing(self, width: int, height: int | None, ascii_only: bool) -> Drawing:
        from aa_tui.charts.draw.render import draw, natural_height

        rows = natural_height(self._spec, width) if height is None else height
        return draw(self._spec, width, rows, ascii=ascii_only)


def chart_of(conn: sqlite3.Connection, name: str, target: str | None, among: str | None) -> Chart:
    """The chart that `Catalog.chart` describes."""
    from aa_tui.charts import book
    from aa_tui.charts.scene import ALL, CLASS, Selection
    from aa_tui.pages import wider
    from aa_tui.pages.scene import run_of, scene_of

    kind = book.kind(name)
    band = among or (CLASS if target is not None else ALL)
    selection = Selection(band=band)
    scene = scene_of(conn, target, selection, texts=kind.texts)
    asked = kind.build(scene)
    return Chart(asked if run_of(target) is not None else wider.chart_of(conn, scene, selection, kind)[1], asked)


def names() -> list[str]:
    """All charts' names, in the order of a page."""
    from aa_tui.charts import book

    return [one.name for one in book.ALL]
