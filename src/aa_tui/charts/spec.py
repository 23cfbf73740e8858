"""What a chart shows, apart from how it is drawn: plain values that compare, hash and test easily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `value` is in the chart's unit and `text` is how it reads at the bar's end.

    `reasoning` is None where the mark would mean nothing; `estimate` marks a value that was not measured.
    """

    key: str
    label: str
    value: float
    text: str
    highlighted: bool = False
    reasoning: bool | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars in the order in which they are drawn. `total` counts the models the bars were chosen from."""

    name: str
    title: str
    unit: str
    better: Better | None
    bars: tuple[Bar, ...]
    total: int
    noun: str = "models"
    note: str = ""

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
        near = sorted(range(len(self.bars)), key=lambda index: (_distance(index, marked), index))
        free = rows - len(chosen)
        for order, share in ((range(len(self.bars)), free - free // 2 if marked else free), (near, free)):
            goal = min(rows, len(chosen) + share)
            for index in order:
                if len(chosen) >= goal:
                    break
                chosen.add(index)
        return tuple(self.bars[index] for index in sorted(chosen))


def _distance(index: int, marked: list[int]) -> int:
    return min((abs(index - other) for other in marked), default=index)
