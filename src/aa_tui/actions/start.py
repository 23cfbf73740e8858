"""Start what measures: speed, an evaluation, and on which conditions either may work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog.db import path_of
from aa_tui.config.reading import load

if TYPE_CHECKING:
    from aa_tui.runs.evaluation.options import EvalOptions
    from aa_tui.runs.speed.options import SpeedOptions

PILOT_ITEMS = 5

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all while a file is read."""


def bench(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: SpeedOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Measure a file's speed, given by its path or its model's name. Returns the run's number once its worker starts.

    Raises as `runs.speed.plan.prepare`.
    """
    from aa_tui.runs import SpeedOptions, launch, prepare

    options = options or SpeedOptions()
    options = replace(options, tariff=options.tariff or load().tariff or None)
    run_id = prepare(conn, target, model=model, options=options, on_progress=on_progress)
    launch.start(path_of(conn), conn, run_id)
    return run_id


def evaluate(
    conn: sqlite3.Connection,
    targets: Sequence[str],
    pack: str,
    *,
    model: str | None = None,
    options: EvalOptions | None = None,
    pilot: bool = False,
    later: bool = False,
    on_progress: Progress | None = None,
) -> list[int]:
    """Evaluate files on a pack, one after the other. Returns the runs' numbers once their workers start.

    A `pilot` does a few items, then waits to be looked at. One for `later` is only planned. Where one of the files
    cannot be run, none is. Raises as `prepare_evals`.
    """
    from aa_tui.runs import launch
    from aa_tui.runs.evaluation.options import EvalOptions
    from aa_tui.runs.evaluation.plan import prepare_evals

    options = replace(options or EvalOptions(), pilot=PILOT_ITEMS if pilot else None)
    queued = prepare_evals(conn, targets, pack, model=model, options=options, on_progress=on_progress, planned=later)
    for run_id in queued if not later else ():
        launch.start(path_of(conn), conn, run_id)
    return queued


def night_conditions(
    *,
    start_at: str = "",
    stop_by: str = "",
    mains_only: bool = False,
    max_temperature_c: float | None = None,
    min_battery_percent: float | None = None,
    nice: int | None = None,
) -> dict[str, Any]:
    """When a run may work, as its row keeps it. Hours as typed: a time to stop by is the next one after the start.

    What is not asked for is left out. Raises `RunError` for what is no time.
    """
    from aa_tui.runs.conditions import moment_of, now

    begin = moment_of(start_at, now()) if start_at else None
    found: dict[str, Any] = {
        "not_before": begin,
        "not_after": moment_of(stop_by, datetime.fromisoformat(begin) if begin else now()) if stop_by else None,
        "mains_only": mains_only or None,
        "temperature_at_most_c": max_temperature_c,
        "battery_at_least_percent": min_battery_percent,
        "nice": nice,
    }
    return {name: value for name, value in found.items() if value is not None}


def cautions(catalog_path: Path | None = None, *, rpc: Sequence[str] = ()) -> list[str]:
    """What one should know who starts a run in this catalog, with these machines' devices; a sentence each."""
    found = []
    if rpc:
        from aa_tui.engine.offload import RPC_WARNING

        found.append(RPC_WARNING)
    if catalog_path is None:
        return found
    from aa_tui.host.disk import network_file_system

    if (kind := network_file_system(catalog_path.parent)) is not None:
        found.append(
            f"The catalog is on a network drive ({kind}), where its locks may not hold: set AA_TUI_HOME to a local "
            "folder for runs."
        )
    return found
