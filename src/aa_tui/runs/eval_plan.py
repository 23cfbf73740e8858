"""From what the user typed to a queued evaluation: which file, which pack, how far."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from aa_tui.catalog import runs
from aa_tui.catalog.db import path_of
from aa_tui.runs.errors import RunError
from aa_tui.runs.eval_options import EvalOptions
from aa_tui.runs.plan import Progress, check_memory, find_file


def prepare_eval(
    conn: sqlite3.Connection,
    target: str,
    pack: str,
    *,
    model: str | None = None,
    options: EvalOptions | None = None,
    on_progress: Progress | None = None,
    planned: bool = False,
) -> int:
    """Queue an evaluation of a GGUF file, given by its path or its model's name, on a pack. Returns the run's number.

    `planned` keeps it for `aa-tui runs start` instead. Raises as `plan.prepare`, and PackError for the pack.
    """
    from aa_tui.evals.packs import load

    options = options or EvalOptions()
    _check(options)
    loaded = load(pack, path_of(conn).parent)
    file = find_file(conn, target, model=model, on_progress=on_progress)
    if not options.force:
        check_memory(file)
    limit = min(options.limit or len(loaded.items), len(loaded.items))
    name = str(Path(pack).expanduser().absolute()) if Path(pack).expanduser().is_dir() else loaded.name
    return runs.create(
        conn,
        kind="eval",
        file=file,
        settings={**options.to_settings(), "pack": name},
        conditions=options.conditions,
        pack=loaded.name,
        pack_version=loaded.version,
        n_items=limit * options.epochs,
        planned=planned,
    )


def _check(options: EvalOptions) -> None:
    if options.until_width is not None and not 0 < options.until_width < 0.5:
        raise RunError(f"An interval of ± {options.until_width:g} cannot be aimed at: take one between 0 and 0.5.")
    if options.until_above is not None and not 0 < options.until_above < 1:
        raise RunError(f"A score is never above {options.until_above:g}: take a share between 0 and 1.")
    if options.epochs > 1 and (options.until_width or options.until_above):
        raise RunError("Stopping by the score goes with one epoch: repeats of an item are no independent samples.")
    if options.temperature is not None and not 0 <= options.temperature <= 5:
        raise RunError(f"A temperature of {options.temperature:g} is no use: take one from 0 to 5.")
