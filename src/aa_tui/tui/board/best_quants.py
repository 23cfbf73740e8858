"""The best quantization that fits, of each model that is on screen: worked out once somebody wants to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.tui.board.model_columns import MISSING, best_quant_cell

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.library.best import BestOfEach
    from aa_tui.tui.widgets.columns import Part

LOOKING: tuple[Part, ...] = (("…", "faint"),)


class BestQuants:
    """Cells of the column. `wanted` is called once, by the first cell that is drawn: `read` is to be called in a thread
    then, and `show` with what it gives."""

    def __init__(self, wanted: Callable[[], object]) -> None:
        self._wanted = wanted
        self._asked = False
        self._best: BestOfEach | None = None

    def cell(self, row: ModelRow) -> Sequence[Part]:
        """What the column says of a model."""
        if not (row.open_weights or row.is_local):
            return MISSING
        if self._best is not None:
            return best_quant_cell(self._best.of(row))
        if not self._asked:
            self._asked = True
            self._wanted()
        return LOOKING

    def show(self, best: BestOfEach) -> None:
        """This is what fits."""
        self._best = best

    def forget(self) -> None:
        """A file may be here or gone: look again when the next cell is drawn."""
        self._asked = False


def read(conn: sqlite3.Connection) -> BestOfEach:
    """Look at the machine and its folders."""
    from aa_tui.library.best import BestOfEach
    from aa_tui.runs.evaluation.needs import usual_needs

    return BestOfEach(conn, usual_needs(conn).plan)
