"""The points of a load sweep's curves."""

from __future__ import annotations

import re
from collections.abc import Callable

from aa_tui.catalog.rows import LocalResult

MISSING = "No load was measured here yet: `aa-tui bench FILE --sweep load` does it."

_LEVEL = re.compile(r"load-sweep@([0-9]+)(/request\.[a-z0-9_]+)?")


def load_points(result: LocalResult, clock: str) -> list[tuple[float, float]]:
    """Requests at once and the figure there, by its name after the level: "" is the total rate."""
    found = []
    for metric, figure in result.measurements.items():
        match = _LEVEL.fullmatch(metric)
        if match and (match[2] or "") == clock:
            found.append((float(match[1]), figure.value))
    return sorted(found)


def texts_of(unit: str) -> Callable[[float, float], tuple[str, str]]:
    """How a point reads: "8" and "25.0 tokens/s"."""
    digits = 2 if unit == "s" else 1
    return lambda x, y: (f"{x:.0f}", f"{y:,.{digits}f} {unit}")
