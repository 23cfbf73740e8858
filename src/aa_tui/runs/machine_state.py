"""The machine that a run is made on, and its state, as the catalog keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow
from aa_tui.catalog.telemetry import MachineState


def observer() -> Callable[[], MachineState]:
    """Something to call now and then for the machine's state since the call before."""
    from aa_tui.host.energy import find_meter
    from aa_tui.host.telemetry import Sampler

    sampler = Sampler(find_meter())
    return lambda: MachineState._make(sampler.sample())


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
