"""The machine that a run is made on, and its state, as the catalog keeps them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow
from aa_tui.catalog.telemetry import MachineState

if TYPE_CHECKING:
    from aa_tui.host.energy import EnergyMeter


def observer() -> Callable[[], MachineState]:
    """Something to call now and then for the machine's state since the call before."""
    from aa_tui.host.energy import find_meter
    from aa_tui.host.telemetry import Sampler

    sampler = Sampler(find_meter())
    return lambda: MachineState._make(sampler.sample())


IDLE_S = 3.0
"""So long the machine is left alone before a run loads its file, where it tells its power."""


def idle_power_w(meter: EnergyMeter | None, should_stop: Callable[[], bool], over_s: float = IDLE_S) -> float | None:
    """The machine's mean power while this run does nothing yet; None where it tells none, or where that is given up."""
    before = meter.joules() if meter is not None else None
    if meter is None or before is None:
        return None
    began = time.monotonic()
    while (passed := time.monotonic() - began) < over_s:
        if should_stop():
            return None
        time.sleep(min(0.1, over_s - passed))
    after = meter.joules()
    passed = time.monotonic() - began
    return (after - before) / passed if after is not None and passed > 0 else None


def note_idle_power(conn: sqlite3.Connection, run: RunRow, should_stop: Callable[[], bool]) -> None:
    """Note it in the run's settings; of several starts the lowest, since other work only adds to it."""
    from aa_tui.host.energy import find_meter

    found = idle_power_w(find_meter(), should_stop)
    if found is None:
        return
    known = run.setup.idle_power_w
    lowest = found if known is None else min(known, found)
    runs.set_settings(conn, run.id, {**runs.get(conn, run.id).settings, "idle_power_w": lowest})


def note_machine(conn: sqlite3.Connection, run: RunRow) -> None:
    """Note the machine that measures, its build of llama.cpp and its devices, lent ones too.

    Where the build is run in a safer way than as it was built, why is noted as well.
    """
    from aa_tui.engine.build import describe_build
    from aa_tui.engine.offload import ask_build
    from aa_tui.host import machine
    from aa_tui.library import engine_trial

    rpc = run.setup.rpc
    if rpc:
        ask_build(rpc)  # where a server does not answer, that process is lost and not this one
    build = describe_build(rpc).to_dict()
    trial = engine_trial.known(conn)
    told = engine_trial.caution(engine_trial.as_test(trial)) if trial is not None else None
    engine = {**build, "caution": told} if told else build
    runs.set_machine(conn, run.id, asdict(machine.describe()), engine)
