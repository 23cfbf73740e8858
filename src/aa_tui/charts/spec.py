"""What a chart shows, apart from how it is drawn: plain values that compare, hash and test easily.

Three forms cover every chart: lying bars (single, stacked or side by side), dots on two axes, and a panel of small
bar charts. A `value` is in the chart's unit; the `text` beside it is how it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower"]
Origin = Literal["published", "claimed", "here"]
Corner = Literal["upper-left", "upper-right"]

UNTOLD = "weights not told"
"""The group of models of which no source says it: the third, in charts that have such models."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `value` is in the chart's unit and `text` is how it reads at the bar's end.

    `reasoning` is None where the mark would mean nothing; `estimate` marks a value that was not measured. `parts`
    are the values of the chart's `parts`, in their order: empty in a chart without parts and where only the whole
    is known. `group` is one of the chart's `groups`, or "".
    """

    key: str
    label: str
    value: float
    text: str
    highlighted: bool = False
    reasoning: bool | None = None
    estimate: bool = False
    parts: tuple[float, ...] = ()
    group: str = ""
    part_texts: tuple[str, ...] = ()
    """How the parts read, in their order; empty for one that is not told apart from the part before it."""
    origin: Origin | None = None
    """Where the value comes from, in charts in which that differs from bar to bar."""
    interval: tuple[float, float] | None = None
    """Around the value, in the chart's unit: the 95 % interval, or the spread that the unit names."""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars in the order in which they are drawn. `total` counts the models the bars were chosen from.

    `parts` names what the bars consist of: stacked upon each other where `stacked`, so that they add up to the
    value, else as thinner bars below each other. `groups` names the kinds of bar that get a look of their own.
    """

    name: str
    title: str
    unit: str
    better: Better | None
    bars: tuple[Bar, ...]
    total: int
    noun: str = "models"
    note: str = ""
    parts: tuple[str, ...] = ()
    stacked: bool = True
    groups: tuple[str, ...] = ()
    missing: str = ""
    """Said instead of bars where there are none."""
    full: float = 0.0
    """The axis goes so far at least, as to 100 of a percentage: a low bar alone must not fill its row."""

    @property
    def rows_per_bar(self) -> int:
        """Rows that one bar takes: side by side, each part has its own."""
        return max(1, len(self.parts)) if not self.stacked else 1

    @property
    def count(self) -> str:
        """How many are drawn of how many there are: "41 of 43 models"."""
        return f"{len(self.bars)} of {self.total} {self.noun}"

    def fitted(self, rows: int) -> tuple[Bar, ...]:
        """At most `rows` of the bars: all highlighted ones, the first ones, then the highlighted ones' neighbours.

        Order is kept. Half of the free rows go to the first bars and half to the neighbourhood, so that a model
        far down is seen among its peers and against the best.
        """
        if len(self.bars) <= rows:
            return self.bars
        marked = [index for index, bar in enumerate(self.bars) if bar.highlighted]
        chosen = set(marked[:rows])
        # Farther from a marked bar than all rows there are, none can be chosen as its neighbour.
        around = {index for mark in marked for index in range(mark - rows, mark + rows + 1)}
        within = around.intersection(range(len(self.bars)))
        near = sorted(within, key=lambda index: (min(abs(index - mark) for mark in marked), index))
        free = rows - len(chosen)
        for order, share in ((range(len(self.bars)), free - free // 2 if marked else free), (near, free)):
            goal = min(rows, len(chosen) + share)
            for index in order:
                if len(chosen) >= goal:
                    break
                chosen.add(index)
        return tuple(self.bars[index] for index in sorted(chosen))


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a scatter chart: what it shows, in which unit, and which way is better.

    On a `log` axis values of 0 and below cannot be drawn; the chart says how many that leaves out.
    """

    label: str
    unit: str
    better: Better | None
    log: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """One model on a scatter chart. The texts are how the two values read; `interval` is that of y."""

    key: str
    label: str
    x: float
    y: float
    x_text: str
    y_text: str
    highlighted: bool = False
    reasoning: bool | None = None
    estimate: bool = False
    group: str = ""
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """Dots on two axes. `attractive` is the corner that is shaded as the most attractive quadrant.

    The quadrant is bounded by the medians of both axes: `middle`, or those of the dots. Where models lie upon each
    other in their thousands, fewer dots stand for `drawn` of them.
    """

    name: str
    title: str
    x: Axis
    y: Axis
    dots: tuple[Dot, ...]
    total: int
    attractive: Corner | None = "upper-left"
    noun: str = "models"
    note: str = ""
    groups: tuple[str, ...] = ()
    missing: str = ""
    drawn: int | None = None
    middle: tuple[float, float] | None = None

    @property
    def count(self) -> str:
        """How many are drawn of how many there are: "41 of 43 models"."""
        return f"{len(self.dots) if self.drawn is None else self.drawn} of {self.total} {self.noun}"


@dataclass(frozen=True, slots=True)
class PanelChart:
    """Small bar charts of one kind under a common title, such as one for each evaluation."""

    name: str
    title: str
    charts: tuple[BarChart, ...]
    note: str = ""
    missing: str = ""


Chart = BarChart | ScatterChart | PanelChart
