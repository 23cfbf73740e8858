"""`aa-tui compare`: models and runs side by side."""

from __future__ import annotations

import argparse

from aa_tui.cli import index_version, output


def run(options: argparse.Namespace) -> int:
    """Print a comparison as text, Markdown or JSON."""
    from aa_tui.pages import compare
    from aa_tui.pages.json import compare as compare_json
    from aa_tui.pages.json import paired as paired_json
    from aa_tui.pages.text import compare as compare_text
    from aa_tui.pages.text import control as control_text
    from aa_tui.pages.text import paired as paired_text

    with index_version.reading(options) as conn:
        comparison = compare.load(conn, options.targets)
    pair = comparison.two_runs
    if options.json:
        found = compare_json.as_json(comparison)
        output.print_json({**found, "paired": paired_json.as_json(pair) if pair else None})
    elif options.markdown:
        output.print_document(compare_text.markdown(comparison, differences=options.differences))
    else:
        output.write_lines(compare_text.lines(comparison, output.width(), differences=options.differences))
        for one in comparison.pairs:
            output.write_lines(["", *paired_text.lines(one)])
        for estimated in comparison.controls:
            output.write_lines(["", f"{control_text.verdict(estimated)}."])
    return 0
