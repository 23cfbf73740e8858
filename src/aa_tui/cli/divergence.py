"""`aa-tui divergence`: how far a file is from another of the same model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from aa_tui.actions import studies
from aa_tui.catalog import db, runs
from aa_tui.cli import bench, output, study
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.runs.quants import reference_sha256


def divergence(options: argparse.Namespace) -> int:
    """Measure a file against its reference and print what came of it."""
    path = catalog_path(options)
    with db.writing(path) as conn:
        bench.warn(path)
        with output.hashing() as on_progress:
            run_id = studies.divergence(
                conn,
                options.target,
                options.reference,
                **_wanted(options),
                on_progress=on_progress,
                tell=output.say,
            )
        bench.tell_of_parts([options.target, options.reference])
        run = runs.get(conn, run_id)
        if reference_sha256(run) == run.file.sha256:
            output.say("Both are the same file, so that no difference is to be found: name another --reference.")
        return study.follow(conn, run_id, detach=options.detach, as_json_wanted=options.json)


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "n_ctx": options.ctx,
        "text": Path(options.text).expanduser() if options.text else None,
        "max_blocks": options.blocks,
        "until_width": options.until_width,
        "type_k": options.kv_k,
        "type_v": options.kv_v,
        "n_threads": options.threads,
        "n_gpu_layers": options.gpu_layers,
        "force": options.force,
        "with_thinking": options.with_thinking,
        "exact": options.exact,
    }
