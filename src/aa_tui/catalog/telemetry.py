"""The machine's state while a run goes on."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class MachineState(NamedTuple):
    """What the machine said at a moment (UTC, ISO 8601); None is what it does not say.

    Shares (0 to 1) are of the time since the state before: `busy_share` of the processor is what all processes used,
    `own_cpu_share` the run's part of that, `gpu_busy_share` the busiest GPU's. `throttled` says whether the machine was
    slowed since then. Temperatures are in degrees Celsius, power in watts.
    """

    at: str
    load_1m: float | None
    own_cpu_share: float | None
    frequency_mhz: float | None
    temperature_c: float | None
    power_w: float | None
    gpu_temperature_c: float | None
    gpu_power_w: float | None
    on_mains: bool | None
    battery_percent: float | None
    throttled: bool | None
    rss_bytes: int | None
    busy_share: float | None = None
    gpu_busy_share: float | None = None
    gpu_memory_bytes: int | None = None


_FIELDS = MachineState._fields


def add(conn: sqlite3.Connection, run_id: int, state: MachineState) -> None:
    """Note a state."""
    marks = ", ".join("?" * (len(_FIELDS) + 1))
    conn.execute(f"INSERT INTO machine_samples (run_id, {', '.join(_FIELDS)}) VALUES ({marks})", (run_id, *state))


def of_run(conn: sqlite3.Connection, run_id: int) -> list[MachineState]:
    """The states during a run, oldest first."""
    query = f"SELECT {', '.join(_FIELDS)} FROM machine_samples WHERE run_id = ? ORDER BY id"
    return [_state(row) for row in conn.execute(query, (run_id,))]


def recent(conn: sqlite3.Connection, run_id: int, count: int) -> list[MachineState]:
    """The last so many states that were noted during a run, oldest first."""
    query = f"SELECT {', '.join(_FIELDS)} FROM machine_samples WHERE run_id = ? ORDER BY id DESC LIMIT ?"
    return [_state(row) for row in conn.execute(query, (run_id, count))][::-1]


def _state(row: sqlite3.Row) -> MachineState:
    values = dict(row)
    for name in ("on_mains", "throttled"):
        values[name] = None if values[name] is None else bool(values[name])
    return MachineState(**values)
