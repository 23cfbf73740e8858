"""`aa-tui compare`: models and runs side by side."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.main import catalog_path


def run(options: argparse.Namespace) -> int:
    """Print a comparison as text, Markdown or JSON."""
    from aa_tui.pages import compare, compare_text

    with closing(db.open_best(catalog_path(options))) as conn:
        comparison = compare.load(conn, options.targets)
    if options.json:
        output.print_json(compare_text.as_json(comparison))
    elif options.markdown:
        sys.stdout.write(compare_text.markdown(comparison, differences=options.differences))
    else:
        output.write_lines(compare_text.lines(comparison, output.width(), differences=options.differences))
    return 0
