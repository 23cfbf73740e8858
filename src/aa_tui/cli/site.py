"""`aa-tui site`: the whole catalog as a folder of plain files for any browser."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.cli.output import ProgressLine
from aa_tui.gguf.places import typed_path

if TYPE_CHECKING:
    from aa_tui.export.site.writing import Written


def run(options: argparse.Namespace) -> int:
    """Write the site and say where it is."""
    from aa_tui.export.site.writing import TITLE, Wanted, write_site

    wanted = Wanted(
        title=options.title or TITLE,
        restricted=options.with_restricted,
        machine_names=options.with_machine_names,
        answers=options.answers,
    )
    bar = ProgressLine()
    with db.reading(catalog_path(options)) as conn:
        try:
            done = write_site(
                conn,
                typed_path(options.out),
                wanted,
                on_progress=lambda number, total, what: bar.show(number / max(total, 1), what),
            )
        finally:
            bar.clear()
    if options.json:
        output.print_json(_as_json(done))
        return 0
    output.write_lines(_lines(done))
    return 0


def _as_json(done: Written) -> dict[str, object]:
    return {
        "path": str(done.path),
        "n_models": done.n_models,
        "n_runs": done.n_runs,
        "n_files": done.n_files,
        "size_bytes": done.n_bytes,
        "sources_left_out": list(done.withheld.sources),
        "n_figures_left_out": done.withheld.n_figures,
    }


def _lines(done: Written) -> list[str]:
    runs = f" and {done.n_runs:,} run{'' if done.n_runs == 1 else 's'}" if done.n_runs else ""
    lines = [
        f"{done.path}: {done.n_models:,} models{runs} in {done.n_files:,} files, {display.size_bytes(done.n_bytes)}.",
        f"Open {done.path / 'index.html'} in a browser, or put the folder on any web server.",
    ]
    if done.withheld.sources:
        named = ", ".join(done.withheld.sources)
        lines.append(
            f"{done.withheld.n_figures:,} figures are left out, since their sources do not let everybody publish them: "
            f"{named}."
        )
    return lines
