"""`aa-tui models` and `aa-tui show`: what the catalog knows."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from typing import TYPE_CHECKING

from aa_tui.analysis import untold
from aa_tui.catalog import db
from aa_tui.catalog import models as catalog_models
from aa_tui.catalog.models import LOWER_FIRST
from aa_tui.catalog.rows import ModelFilter, ModelRow
from aa_tui.cli import index_version, output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE, UsageError
from aa_tui.shellwords import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.tui.board.saved import SavedView
    from aa_tui.tui.core.memory import Memory

BEST_QUANT = "best_quant"
"""The column that is worked out only where it is wanted."""

DEFAULT_SORT = "intelligence_index"


def models(options: argparse.Namespace) -> int:
    """List models, best first; or remove the page of one."""
    if options.remove is not None:
        return _remove(options)
    if options.views or options.delete_view is not None:
        return _views(options)
    catalog_models.check_sort(options.sort)
    sort, descending = options.sort, options.sort not in LOWER_FIRST
    view = _view(options)
    columns = _columns(options, view)
    if options.save_view is not None:
        return _save_view(options, sort, descending is not options.reverse, columns)
    with index_version.reading(options) as conn:
        where = _filter(options, conn)
        if view is not None:
            from aa_tui.pages.listing import fitting_here_b
            from aa_tui.tui.board.query import conditions

            if where != ModelFilter() or sort != DEFAULT_SORT:
                raise UsageError("--view brings its own conditions and order; leave out the others.")
            where = conditions(conn, view.query, fitting_here_b)
            sort, descending = view.query.sort, view.query.descending
        rows = catalog_models.list_models(conn, where, sort, descending is not options.reverse, options.limit)
        total = catalog_models.count(conn)
    if options.json or options.csv:
        from aa_tui.pages.json import model as as_json

        output.print_rows([as_json.model(row) for row in rows], options)
        return 0
    if not rows:
        output.say("No model is like that; `aa-tui models` without conditions lists them all.")
        return 0
    output.write_lines(_column_table(rows, columns, options) if columns else _model_table(rows))
    if sys.stdout.isatty():
        output.say(f"{len(rows)} of {total} models. ◆ reasoning  ○ open weights  ● proprietary  ~ estimate")
    return 0


def _view(options: argparse.Namespace) -> SavedView | None:
    """The view that was asked for. Raises UnknownViewError."""
    if options.view is None:
        return None
    from aa_tui.tui.board import saved

    return saved.find(_memory(options), options.view)


def _columns(options: argparse.Namespace, view: SavedView | None) -> tuple[str, ...]:
    """The columns that were asked for, else the view's; none are those of every list. Raises UsageError."""
    if options.columns is None:
        return view.columns if view is not None else ()
    from aa_tui.tui.board.model_columns import moving_columns

    known = moving_columns(lambda: 0.0, wide_bars=False)
    keys = tuple(dict.fromkeys(filter(None, (key.strip() for key in options.columns.split(",")))))
    wrong = next((key for key in keys if key not in known), None)
    if wrong is not None or not keys:
        raise UsageError(f"There is no column {wrong or ''!r}; there are {', '.join(known)}.")
    return keys


def _save_view(options: argparse.Namespace, sort: str, descending: bool, columns: tuple[str, ...]) -> int:
    """Keep what the line asks for under a name, for the app and for `--view`."""
    from aa_tui.tui.board import saved
    from aa_tui.tui.board.query import ALL, TAB_OF_CLASS, Query

    if options.view is not None:
        raise UsageError("--save-view keeps what stands on the line, --view shows what was kept: take one of them.")
    name = saved.checked(options.save_view)
    with db.reading(catalog_path(options)) as conn:
        where = _filter(options, conn)
    image = options.input == "image" or None
    if options.input not in (None, "image"):
        raise UsageError("A view keeps --input image only; leave out the other kind.")
    query = Query(
        tab=TAB_OF_CLASS[options.band] if options.band else ALL,
        text=where.text,
        reasoning=where.reasoning,
        open_weights=True if options.open_weights else False if options.proprietary else None,
        measured_here=where.measured_here,
        fits=options.fits or None,
        image=image,
        creator=options.creator,
        license=options.license,
        commercial=options.commercial,
        context_at_least=options.min_context,
        price_at_most=options.max_price,
        params_b_at_most=options.max_params,
        index_at_least=options.min_index,
        sort=sort,
        descending=descending,
    )
    memory = _memory(options)
    is_new = name.casefold() not in map(str.casefold, saved.names(memory))
    if not is_new and not options.yes and not output.agrees(f"There is a view “{name}”. Replace it?"):
        output.say("Nothing was saved.")
        return FAILURE
    saved.save(memory, saved.SavedView(name, query, columns))
    memory.save()
    output.say(f"`aa-tui models --view {quoted(name)}` lists it; in the app, f and then o.")
    return 0


def _memory(options: argparse.Namespace) -> Memory:
    from aa_tui.tui.core.memory import Memory, path_beside

    return Memory(path_beside(catalog_path(options)))


def _views(options: argparse.Namespace) -> int:
    """List the saved views, or delete one."""
    from aa_tui.tui.board import saved
    from aa_tui.tui.board.query import TABS

    memory = _memory(options)
    if options.delete_view is not None:
        name = saved.find(memory, options.delete_view).name
        if not options.yes and not output.agrees(f"Delete the view “{name}”?"):
            output.say("Nothing was deleted.")
            return FAILURE
        saved.delete(memory, name)
        memory.save()
        output.say(f"The view “{name}” is deleted.")
        return 0
    views = [saved.find(memory, name) for name in saved.names(memory)]
    rows = [
        {
            "name": one.name,
            "class": TABS[one.query.tab].label,
            "filters": list(one.query.active),
            "text": one.query.text,
            "sort": one.query.sort,
            "descending": one.query.descending,
            "columns": list(one.columns),
        }
        for one in views
    ]
    if output.print_rows(rows, options):
        return 0
    if not views:
        output.say("No view is saved yet; --save-view NAME keeps what a line lists, and in the app f and then e.")
        return 0
    body = [(one.name, TABS[one.query.tab].label, ", ".join(one.query.active) or "–", one.query.sort) for one in views]
    output.write_lines(output.table(("View", "Class", "Filters", "Sorted by"), body, left=frozenset(range(4))))
    return 0


def _column_table(rows: list[ModelRow], keys: Sequence[str], options: argparse.Namespace) -> list[str]:
    """The models in the columns of a view."""
    from aa_tui.tui.board import best_quants
    from aa_tui.tui.board.model_columns import MISSING, best_quant_cell, fixed_columns, moving_columns
    from aa_tui.tui.widgets.columns import words_of

    best = None
    if BEST_QUANT in keys:
        with db.noting(catalog_path(options)) as conn:
            best = best_quants.read(conn)
    every = moving_columns(
        lambda: 0.0,
        wide_bars=False,
        best_quant=lambda row: best_quant_cell(best.of(row)) if best is not None else MISSING,
    )
    fixed = [column for column in fixed_columns(lambda _: None) if column.key != "rank"]
    columns = [*fixed, *(every[key] for key in keys if key in every)]
    body = [[words_of(column, row) for column in columns] for row in rows]
    left = frozenset(number for number, column in enumerate(columns) if not column.right)
    return output.table([column.title.strip() for column in columns], body, left=left)


def _remove(options: argparse.Namespace) -> int:
    from aa_tui.actions import model_pages

    with db.writing(catalog_path(options)) as conn:
        model = catalog_models.resolve(conn, options.remove)
        model_pages.check_removable(model)
        goes = model_pages.page_words(conn, model)
        if not options.yes and not output.agrees(f"Remove the page of {model.name}, with {goes} on it?"):
            output.say("Nothing was removed.")
            return FAILURE
        model_pages.remove(conn, model)
    if options.json:
        output.print_json({"slug": model.slug, "removed": True})
    else:
        output.write_lines([f"The page of {model.name} is removed, with {goes} on it; its files stay."])
    return 0


def show(options: argparse.Namespace) -> int:
    """Print a model's page."""
    with index_version.reading(options) as conn:
        if options.json:
            from aa_tui.pages.json import model as as_json

            output.print_json(as_json.page(conn, options.model))
            return 0
        from aa_tui.catalog import elsewhere as catalog_elsewhere
        from aa_tui.pages import page
        from aa_tui.pages.text import elsewhere
        from aa_tui.pages.text import page as plain

        shown = page.load(conn, options.model)
        imported = elsewhere.lines(catalog_elsewhere.listing(conn, shown.model.model_id))
    output.write_drawing(plain.drawing(shown, output.width()).lines, color=output.wants_color(options.color))
    output.write_lines(imported)
    return 0


def _filter(options: argparse.Namespace, conn: sqlite3.Connection) -> ModelFilter:
    if options.open_weights and options.proprietary:
        raise UsageError("--open and --proprietary exclude each other.")
    conditions: dict[str, object] = {
        "text": " ".join(options.text),
        "reasoning": options.reasoning,
        "creator": options.creator,
        "measured_here": True if options.here else None,
        "open_weights": True if options.open_weights else False if options.proprietary else None,
    }
    if options.band:
        from aa_tui.pages.bands import band_conditions

        conditions.update(band_conditions(options.band))
    where = ModelFilter(**conditions)  # type: ignore[arg-type]
    where = where._replace(
        licenses=None if options.license is None else (options.license,),
        context_at_least=options.min_context,
        index_at_least=options.min_index,
        input_modality=options.input,
        price_at_most=_least(where.price_at_most, options.max_price),
        params_b_at_most=_least(where.params_b_at_most, options.max_params),
    )
    if options.commercial:
        from aa_tui.pages.listing import licenses_that_allow

        allowed = licenses_that_allow(conn, options.commercial)
        if options.license is not None:
            allowed = tuple(name for name in allowed if name.lower() == options.license.lower())
        where = where._replace(licenses=allowed)
    if options.fits:
        from aa_tui.pages.listing import fitting_here_b

        where = where._replace(open_params_b_at_most=fitting_here_b())
    return where


def _least(*bounds: float | None) -> float | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _model_table(rows: list[ModelRow]) -> list[str]:
    from aa_tui.analysis import display
    from aa_tui.charts.draw.cells import cut

    head = (
        "",
        "Model",
        "Slug",
        "Index",
        "Tokens",
        "In $/M",
        "Out $/M",
        "tok/s",
        "Params",
        "Context",
        "Here tg",
    )
    name_width = max(24, output.width() - 110) if output.width() > 110 else 36
    body = [
        (
            untold.marks(row),
            cut(row.name, name_width) if sys.stdout.isatty() else row.name,
            row.slug,
            display.index(row.intelligence_index) + ("~" if row.index_is_estimate else ""),
            display.tokens_m(row.index_output_tokens_m),
            display.usd(row.price_in_usd_per_m),
            display.usd(row.price_out_usd_per_m),
            display.speed(row.output_tps),
            display.params_b(row.total_params_b),
            display.context(row.context_tokens),
            f"{row.here_tg_tps:.1f}{'!' if row.here_unreliable else ''}" if row.here_tg_tps is not None else "–",
        )
        for row in rows
    ]
    return output.table(head, body, left=frozenset({0, 1, 2}))
