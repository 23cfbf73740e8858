"""`aa-tui chart`: a chart of the book, drawn in the terminal or as JSON."""

from __future__ import annotations

import argparse
import os
import sqlite3
from typing import TYPE_CHECKING

from aa_tui.charts import book
from aa_tui.charts.scene import ALL, CLASS, Selection
from aa_tui.cli import output
from aa_tui.errors import UsageError

if TYPE_CHECKING:
    from aa_tui.charts.scene import Scene

PIPE_SIZE = (100, 30)
"""Columns and rows where there is no terminal."""


def run(options: argparse.Namespace) -> int:
    """Draw one chart, or list them."""
    if options.list:
        return _list(options.json)
    if options.name is None:
        raise UsageError("name a chart; `aa-tui chart --list` lists them.")
    if options.open_weights and options.proprietary:
        raise UsageError("--open and --proprietary exclude each other.")
    kind = book.kind(options.name)
    from aa_tui.cli import index_version

    with index_version.reading(options) as conn:
        scene = _scene(conn, options, kind)
        if options.json:  # what was asked for, be it empty
            from aa_tui.charts.book import as_json

            output.print_json(as_json.chart(kind.build(scene)))
            return 0
        from aa_tui.pages import wider

        _, spec = wider.chart_of(conn, scene, _selection(conn, options), kind)
    from aa_tui.charts.draw.render import draw
    from aa_tui.terminal import wants_ascii

    width, height = options.size or _terminal_size()
    plain = options.ascii or wants_ascii(os.environ)
    drawing = draw(spec, width, height, ascii=plain)
    output.write_drawing(drawing.lines, color=output.wants_color(options.color))
    return 0


def _scene(conn: sqlite3.Connection, options: argparse.Namespace, kind: book.Kind) -> Scene:
    """What is drawn: of a run alone where one is named, as "run:3"."""
    from aa_tui.pages.scene import MEASURED, run_of, scene_of

    if run_of(options.model) is not None and kind.section != MEASURED:
        raise UsageError(f"the chart “{kind.name}” shows published figures; name a model instead of a run.")
    return scene_of(conn, options.model, _selection(conn, options), texts=kind.texts)


def _list(as_json_wanted: bool) -> int:
    if as_json_wanted:
        from aa_tui.charts.book import as_json

        output.print_json([as_json.kind(one) for one in book.ALL])
        return 0
    body = [(one.name, one.title, one.section, one.shows) for one in book.ALL]
    output.write_lines(output.table(("Name", "Title", "Section", "Shows"), body, left=frozenset(range(4))))
    return 0


def _selection(conn: sqlite3.Connection, options: argparse.Namespace) -> Selection:
    from aa_tui.catalog import models

    return Selection(
        band=options.band or (CLASS if options.model is not None else ALL),
        open_weights=True if options.open_weights else False if options.proprietary else None,
        reasoning=options.reasoning,
        creator=_creator(conn, options.creator),
        pinned=frozenset(models.resolve(conn, name).slug for name in options.pin or ()),
        pack=options.pack,
    )


def _creator(conn: sqlite3.Connection, name: str | None) -> str | None:
    """The creator as the catalog writes it."""
    if name is None:
        return None
    from aa_tui.catalog import models

    known = {creator.casefold(): creator for creator, _ in models.creators(conn)}
    if name.casefold() not in known:
        raise UsageError(f"no model in the catalog is of “{name}”; `aa-tui models` lists the creators.")
    return known[name.casefold()]


def _terminal_size() -> tuple[int, int]:
    """The terminal's, less the row in which the shell asks for the next command."""
    found = output.window_size(PIPE_SIZE)
    columns, rows = found if found.columns > 0 and found.lines > 1 else PIPE_SIZE
    return columns, rows if (columns, rows) == PIPE_SIZE else rows - 1
