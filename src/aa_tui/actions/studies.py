"""Start what studies one thing about a file: each returns the run's number once its worker starts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aa_tui.catalog.db import path_of

if TYPE_CHECKING:
    from aa_tui.runs.studies.cache_plan import CacheOptions
    from aa_tui.runs.studies.drafting import SpeculationOptions
    from aa_tui.runs.studies.probe_plan import WatchOptions

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all while a file is read."""


def speculate(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: SpeculationOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Study whether speculation helps a file here. Returns the run's number once its worker starts.

    Raises as `runs.studies.drafting.prepare`.
    """
    from aa_tui.runs import launch
    from aa_tui.runs.studies.drafting import prepare

    run_id = prepare(conn, target, model=model, options=options, on_progress=on_progress)
    launch.start(path_of(conn), conn, run_id)
    return run_id


def watch(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: WatchOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Probe a file, to be compared with its baseline. Returns the run's number once its worker starts.

    Raises as `runs.studies.probe_plan.prepare_watch`.
    """
    from aa_tui.runs import launch
    from aa_tui.runs.studies.probe_plan import prepare_watch

    run_id = prepare_watch(conn, target, model=model, options=options, on_progress=on_progress)
    launch.start(path_of(conn), conn, run_id)
    return run_id


def cache(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: CacheOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Study which types of KV cache are safe and fast for a file. Returns the run's number once its worker starts.

    Raises as `runs.studies.cache_plan.prepare_cache`.
    """
    from aa_tui.runs import launch
    from aa_tui.runs.studies.cache_plan import prepare_cache

    run_id = prepare_cache(conn, target, model=model, options=options, on_progress=on_progress)
    launch.start(path_of(conn), conn, run_id)
    return run_id


def divergence(
    conn: sqlite3.Connection,
    target: str,
    reference: str,
    *,
    on_progress: Progress | None = None,
    tell: Callable[[str], object] | None = None,
    **options: Any,
) -> int:
    """Measure how far a file is from its reference, each given by its path or its model's name. Returns the run's
    number once its worker starts.

    `options` are those of `DivergenceOptions`; `tell` is told before it starts what room on the disk it takes, where
    that is much. Raises as `prepare_divergence`.
    """
    from aa_tui.catalog import runs
    from aa_tui.runs import launch
    from aa_tui.runs.studies.divergence_plan import DivergenceOptions, prepare_divergence
    from aa_tui.runs.studies.divergence_room import room_words

    wanted = DivergenceOptions(**options)
    run_id = prepare_divergence(conn, target, reference, options=wanted, on_progress=on_progress)
    if wanted.exact and tell is not None:
        tell(room_words(path_of(conn), runs.get(conn, run_id).settings.get("exact_bytes")))
    launch.start(path_of(conn), conn, run_id)
    return run_id
