"""`aa-tui catalog`: how large the catalog is, and making it smaller."""

from __future__ import annotations

import argparse
from contextlib import closing

from aa_tui.analysis import display
from aa_tui.catalog import db, upkeep
from aa_tui.cli import output
from aa_tui.cli.main import catalog_path


def run(options: argparse.Namespace) -> int:
    """Tell the size, or vacuum first."""
    path = catalog_path(options)
    with closing(db.open_catalog(path)) as conn:
        before = upkeep.size(conn)
        dropped = 0
        if options.action == "vacuum":
            if options.keep_thinking is not None:
                upkeep.set_retention(conn, options.keep_thinking)
            dropped = upkeep.vacuum(conn)
        size = upkeep.size(conn)
        if options.json:
            output.print_json({"path": str(path), **size._asdict(), "thinking_texts_dropped": dropped})
            return 0
        lines = [
            f"{path}: {display.size_bytes(size.file_bytes)}, {display.size_bytes(size.free_bytes)} of it free",
            f"  {size.n_models:,} models, {size.n_runs:,} runs, {size.n_samples:,} samples",
            f"  texts, compressed: thinking {display.size_bytes(size.thinking_bytes)}, answers "
            f"{display.size_bytes(size.answers_bytes)}, prompts {display.size_bytes(size.prompts_bytes)}",
        ]
        if size.keep_thinking_days is not None:
            lines.append(f"  thinking texts are kept for {size.keep_thinking_days} days after their run")
        if options.action == "vacuum":
            saved = display.size_bytes(max(0, before.file_bytes - size.file_bytes))
            lines.append(f"  {dropped:,} thinking texts dropped, {saved} given back")
        output.write_lines(lines)
        return 0
