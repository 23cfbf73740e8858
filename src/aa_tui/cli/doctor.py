"""`aa-tui doctor`: what this machine and installation can do, and what to fix."""

from __future__ import annotations

import argparse

from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE


def run(options: argparse.Namespace) -> int:
    """Look at everything; exit code 1 when something needs fixing."""
    from aa_tui.pages import doctor
    from aa_tui.pages.text import doctor as text

    report = doctor.examine(catalog_path(options))
    if options.json:
        output.print_json(report)
    else:
        output.write_lines(text.lines(report))
    return FAILURE if report["problems"] else 0
