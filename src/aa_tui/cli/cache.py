"""`aa-tui cache`: which types of KV cache are safe and fast for a file."""

from __future__ import annotations

import argparse

from aa_tui.actions import studies
from aa_tui.catalog import db
from aa_tui.cli import output, study
from aa_tui.cli.bench import tell_of_parts, warn
from aa_tui.cli.catalog_option import catalog_path


def run(options: argparse.Namespace) -> int:
    """Study a file's cache types, and print what was found."""
    from aa_tui.runs.studies.cache_plan import CacheOptions

    path = catalog_path(options)
    wanted = CacheOptions(
        types=options.types,
        depths=options.depths,
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        force=options.force,
    )
    with db.writing(path) as conn:
        warn(path)
        with output.hashing() as on_progress:
            run_id = studies.cache(conn, options.target, model=options.model, options=wanted, on_progress=on_progress)
        tell_of_parts([options.target])
        return study.follow(conn, run_id, detach=options.detach, as_json_wanted=options.json)
