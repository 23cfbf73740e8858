"""`aa-tui template`: what a chat template makes of a conversation, and what is wrong with it."""

from __future__ import annotations

import argparse
import textwrap
from functools import partial
from typing import TYPE_CHECKING

from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aa_tui.charts.draw.drawing import Line, Role
    from aa_tui.pages.template import Kind, TemplatePage


def run(options: argparse.Namespace) -> int:
    """Print the prompt and what is to be known. Raises AATuiError where the template cannot be rendered."""
    from aa_tui.actions import templates
    from aa_tui.gguf.places import typed_path
    from aa_tui.pages.json import template as template_json
    from aa_tui.pages.template import page_of

    wanted = templates.Wanted(
        conversation=typed_path(options.conversation) if options.conversation else None,
        with_tools=not options.no_tools,
        with_tokens=options.tokens,
    )
    with output.hashing() as on_progress:
        tried = templates.look(options.target, wanted, partial(db.writing, catalog_path(options)), on_progress)
    page = page_of(tried)
    if options.json:
        output.print_json(template_json.as_json(page))
    else:
        colors = output.wants_color(options.color)
        output.write_drawing(_lines(page, colors=colors, width=max(40, output.width())), color=colors)
    return 0


def _lines(page: TemplatePage, *, colors: bool, width: int) -> Iterator[Line]:
    from aa_tui.charts.draw.drawing import Stretch
    from aa_tui.pages.text import template as words

    roles: dict[Kind, Role | None] = {"control": "part-2", "data": "part-1", "template": None}
    yield (Stretch(words.headline(page), "title"),)
    yield ()
    for line in words.prompt_lines(page.pieces, plain=not colors, between=page.n_tokens is not None):
        yield tuple(Stretch(one.text, roles[one.kind]) for one in line)
    yield ()
    for note in page.notes:
        yield from _wrapped("~ ", note, "note", width)
    for lint in page.lints:
        yield from _wrapped(
            f"{words.SIGNS[lint.level]} ", lint.words, "part-3" if lint.level != "note" else None, width
        )
    yield (Stretch(words.summary(page), "note"),)


def _wrapped(sign: str, text: str, role: Role | None, width: int) -> Iterator[Line]:
    from aa_tui.charts.draw.drawing import Stretch

    for number, line in enumerate(textwrap.wrap(text, width - len(sign), break_on_hyphens=False)):
        yield (Stretch(sign if number == 0 else " " * len(sign), role), Stretch(line, role))
