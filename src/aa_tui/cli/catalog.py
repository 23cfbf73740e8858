"""`aa-tui catalog`: how large the catalog is, making it smaller, saving what a damaged one holds, merging others."""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path

from aa_tui.analysis import display
from aa_tui.catalog import db, local_pages, upkeep
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.gguf.places import typed_path
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line


def run(options: argparse.Namespace) -> int:
    """Tell the size; vacuum first, or take away pages of nothing; or rescue."""
    path = catalog_path(options)
    if options.action in _OF_ANOTHER_FILE:
        return _OF_ANOTHER_FILE[options.action](path, options)
    if options.action == "index-version":
        from aa_tui.cli import index_version

        return index_version.run(options)
    if options.action in ("merge", "export", "import", "sync"):
        from aa_tui.cli import merging

        return merging.ACTIONS[options.action](options)
    opened = db.reading if options.action == "size" else db.writing
    with opened(path) as conn:
        before = upkeep.size(conn)
        dropped = 0
        if options.action == "vacuum":
            if options.keep_thinking is not None:
                if not _may_drop(conn, options):
                    output.write_lines(["Nothing was dropped."])
                    return 0
                upkeep.set_retention(conn, options.keep_thinking)
            dropped = upkeep.vacuum(conn)
        tidied = local_pages.remove_all_empty(conn) if options.action == "tidy" else []
        size = upkeep.size(conn)
        if options.json:
            output.print_json(
                {
                    "path": str(path),
                    **size._asdict(),
                    "thinking_texts_dropped": dropped,
                    "pages_removed": tidied,
                }
            )
            return 0
        lines = [
            f"{clean_line(str(path))}: {display.size_bytes(size.file_bytes)}, "
            f"{display.size_bytes(size.free_bytes)} of it free",
            f"  {size.n_models:,} models, {size.n_runs:,} runs, {size.n_samples:,} samples",
            f"  texts, compressed: thinking {display.size_bytes(size.thinking_bytes)}, answers "
            f"{display.size_bytes(size.answers_bytes)}, prompts {display.size_bytes(size.prompts_bytes)}",
        ]
        if size.keep_thinking_days is not None:
            lines.append(f"  thinking texts are kept for {size.keep_thinking_days} days after their run")
        if options.action == "vacuum":
            saved = display.size_bytes(max(0, before.file_bytes - size.file_bytes))
            lines.append(f"  {dropped:,} thinking texts dropped, {saved} given back")
        if options.action == "tidy":
            named = f" removed: {', '.join(tidied)}" if tidied else ""
            lines.append(f"  {len(tidied):,} {'page' if len(tidied) == 1 else 'pages'} without a figure{named}")
        output.write_lines(lines)
        return 0


def _may_drop(conn: sqlite3.Connection, options: argparse.Namespace) -> bool:
    n_old = upkeep.n_too_old(conn, options.keep_thinking)
    what = "1 thinking text" if n_old == 1 else f"{n_old:,} thinking texts"
    return not n_old or output.may_lose(f"Drop {what} for good?", yes=options.yes)


def _datasette(path: Path, options: argparse.Namespace) -> int:
    from aa_tui.catalog import datasette
    from aa_tui.cli.saving import save
    from aa_tui.jsontext import dumps

    with db.reading(path) as conn:
        told = dumps(datasette.metadata(conn, path.stem), indent=2) + "\n"
    if options.out == "-":
        output.print_document(told)
        return 0
    out = typed_path(options.out)
    if not save(out, told.encode(), force=options.force):
        return 0
    if options.json:
        output.print_json({"path": str(path), "metadata": str(out)})
        return 0
    output.write_lines([f"Written: {out}", f"datasette {quoted(str(path))} --metadata {quoted(str(out))}"])
    return 0


def _rescue(path: Path, options: argparse.Namespace) -> int:
    from aa_tui.catalog import rescue

    new = typed_path(options.new)
    found = rescue.rescue(path, new)
    if options.json:
        output.print_json({"path": str(path), "rescued": str(new), "rows": found.rows, "lost": found.n_lost})
        return 0
    kept = {name: found.rows.get(name, 0) for name in ("runs", "eval_samples", "speed_samples")}
    output.write_lines(
        [
            f"{new}: {kept['runs']:,} runs, {kept['eval_samples']:,} samples, {kept['speed_samples']:,} speed samples, "
            f"{sum(found.rows.values()):,} rows in all; {found.n_lost:,} that could be read are no use.",
            f"To use it, move {path} away and {new} in its place.",
        ]
    )
    return 0


_OF_ANOTHER_FILE = {"rescue": _rescue, "datasette": _datasette}
