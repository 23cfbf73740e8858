"""What a chart of models reads of them, so that of tens of thousands only those are read that a screen can show."""

from __future__ import annotations

from dataclasses import dataclass

from aa_tui.charts.spec import Better


@dataclass(frozen=True, slots=True)
class Ranked:
    """One bar a model, in the order of one figure.

    `figure` is a column of the leaderboard. `per_index` figures are drawn of one version of the index only; `sold`
    leaves out the models whose price is 0, `open_only` those without open weights.
    """

    figure: str
    better: Better | None
    per_index: bool = False
    sold: bool = False
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class Plotted:
    """A dot for each model that has both figures, which are columns of the leaderboard; on a `log_x` axis above 0."""

    x: str
    y: str
    log_x: bool = False
    per_index: bool = False


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The models that have a score in any single evaluation."""


@dataclass(frozen=True, slots=True)
class Alone:
    """The page's model and none beside it."""


Reads = Ranked | Plotted | Evaluated | Alone
