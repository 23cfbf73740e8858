"""Gauges of the machine while a run works on it: the last minutes as curves, the last value beside each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.analysis import display
from aa_tui.tui.widgets.parts import styled
from aa_tui.tui.widgets.running import sparkline

if TYPE_CHECKING:
    from aa_tui.catalog.telemetry import MachineState

KEPT = 36
"""States that a curve has room for: three minutes of them."""

SPARK_CELLS = ((130, 16), (100, 12), (0, 6))
"""From which width on a curve has how many cells."""

GAP = 3
COOL_C = 20.0
"""Where the curve of heat begins: what no machine at work is below."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A reading: its name, how it is read, how it reads, and what fills its curve; None for the most that there was."""

    label: str
    read: Callable[[MachineState], float | None]
    words: Callable[[float], str]
    cells: int
    bottom: float = 0.0
    top: float | None = None


GAUGES = (
    Gauge("cpu", lambda state: state.busy_share, lambda value: f"{100 * value:.0f} %", 5, top=1.0),
    Gauge("memory", lambda state: state.rss_bytes, lambda value: display.size_bytes(int(value)), 7),
    Gauge("heat", lambda state: state.temperature_c, lambda value: f"{value:.0f} °C", 6, COOL_C, 100.0),
    Gauge("power", lambda state: state.power_w, lambda value: f"{value:.0f} W", 5),
    Gauge("gpu", lambda state: state.gpu_busy_share, lambda value: f"{100 * value:.0f} %", 5, top=1.0),
    Gauge("gpu memory", lambda state: state.gpu_memory_bytes, lambda value: display.size_bytes(int(value)), 7),
    Gauge("gpu heat", lambda state: state.gpu_temperature_c, lambda value: f"{value:.0f} °C", 6, COOL_C, 100.0),
    Gauge("gpu power", lambda state: state.gpu_power_w, lambda value: f"{value:.0f} W", 5),
)


def gauges(history: Sequence[MachineState], width: int) -> Content:
    """As many to a line as fit; those that this machine has no reading for are named at the end, and left out."""
    if not history:
        return Content("")
    cells = next(cells for least, cells in SPARK_CELLS if width >= least)
    shown = [_gauge(one, history, cells) for one in GAUGES if _has(one, history)]
    missing = [one.label for one in GAUGES[:5] if not _has(one, history)]
    if missing:
        shown.append(styled((f"no readings of {', '.join(missing)}", "faint")))
    lines = [Content("")]
    for one in shown:
        used = lines[-1].cell_length
        if used and used + GAP + one.cell_length > width:
            lines.append(one)
        else:
            lines[-1] = styled(lines[-1], " " * GAP if used else "", one)
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def _has(gauge: Gauge, history: Sequence[MachineState]) -> bool:
    return any(gauge.read(state) is not None for state in history)


def _gauge(gauge: Gauge, history: Sequence[MachineState], cells: int) -> Content:
    values = [value for state in history if (value := gauge.read(state)) is not None]
    top = gauge.top if gauge.top is not None else max(values, default=0.0)
    curve = sparkline([value - gauge.bottom for value in values], cells, top=max(top - gauge.bottom, 0.0))
    now = gauge.words(values[-1]) if values else ""
    return styled((f"{gauge.label} ", "dim"), (curve, "accent"), (f" {now:>{gauge.cells}}", ""))
