"""`aa-tui speculate`: whether speculative decoding makes a file faster here."""

from __future__ import annotations

import argparse
import sqlite3

from aa_tui.actions import studies
from aa_tui.catalog import db
from aa_tui.cli import output, study
from aa_tui.cli.bench import tell_of_parts, warn
from aa_tui.cli.catalog_option import catalog_path


def run(options: argparse.Namespace) -> int:
    """Study a file and print what came of it."""
    path = catalog_path(options)
    with db.writing(path) as conn:
        warn(path)
        run_id = _start(conn, options)
        return study.follow(conn, run_id, detach=options.detach, as_json_wanted=options.json)


def _start(conn: sqlite3.Connection, options: argparse.Namespace) -> int:
    from aa_tui.analysis.speculating import N_DRAFT
    from aa_tui.runs.studies.drafting import SpeculationOptions

    wanted = SpeculationOptions(
        draft=options.draft,
        ngram=not options.no_ngram,
        mtp=not options.no_mtp,
        kinds=options.kinds,
        n_draft=options.n_draft or N_DRAFT,
        exhaustive=options.exhaustive,
        repetitions=options.repetitions,
        max_output=options.max_output,
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        slots=options.slots,
        force=options.force,
    )
    with output.hashing() as on_progress:
        run_id = studies.speculate(conn, options.target, model=options.model, options=wanted, on_progress=on_progress)
    tell_of_parts([options.target, *([options.draft] if options.draft else [])])
    return run_id
