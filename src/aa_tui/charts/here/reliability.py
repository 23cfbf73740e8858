"""Which speeds say more about the machine's other work than about the file; `catalog.reliability` has it in SQL."""

from __future__ import annotations

from aa_tui.catalog.reliability import BUSY_SHARE, UNSTEADY_SHARE
from aa_tui.catalog.rows import LocalResult, MeasurementRow

FLAG = "!"
NOTE = "! unreliable: measure again when idle"


def reasons(result: LocalResult) -> list[str]:
    """Why all figures of a run are unreliable, each as part of a sentence; empty where nothing speaks against them."""
    setup = result.run.setup
    load, threads = setup.load_1m_before, setup.n_threads
    if setup.cautions:
        return [*setup.cautions]
    if load is not None and threads is not None and load > BUSY_SHARE * threads:
        return [f"other programs were busy when it began (load {load:.1f})"]
    return []


def is_unsteady(figure: MeasurementRow) -> bool:
    """Whether the repetitions of one figure differ too much."""
    return figure.stdev is not None and figure.stdev > UNSTEADY_SHARE * figure.value


def flag(result: LocalResult, metric: str) -> str:
    """What stands behind a figure that is unreliable; empty for one that is not, or that there is not."""
    figure = result.measurements.get(metric)
    return FLAG if figure is not None and (is_unsteady(figure) or reasons(result)) else ""
