"""`aa-tui models` and `aa-tui show`: what the catalog knows."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from contextlib import closing

from aa_tui.catalog import db
from aa_tui.catalog import models as catalog_models
from aa_tui.catalog.models import BY_CLASS, LOWER_FIRST, SORTABLE
from aa_tui.catalog.rows import ModelFilter, ModelRow
from aa_tui.cli import output
from aa_tui.cli.errors import UsageError
from aa_tui.cli.main import catalog_path


def models(options: argparse.Namespace) -> int:
    """List models, best first."""
    if options.sort not in (*SORTABLE, BY_CLASS):
        raise UsageError(f"cannot sort by “{options.sort}”; choose one of {', '.join((*SORTABLE, BY_CLASS))}.")
    descending = options.sort not in LOWER_FIRST
    with closing(db.open_best(catalog_path(options))) as conn:
        rows = catalog_models.list_models(
            conn, _filter(options, conn), options.sort, descending is not options.reverse, options.limit
        )
        total = catalog_models.count(conn)
    if options.json:
        from aa_tui.pages import as_json

        output.print_json([as_json.model(row) for row in rows])
        return 0
    if not rows:
        sys.stderr.write("No model is like that; `aa-tui models` without conditions lists them all.\n")
        return 0
    output.write_lines(_model_table(rows))
    if sys.stdout.isatty():
        sys.stderr.write(f"{len(rows)} of {total} models. ◆ reasoning  ○ open weights  ● proprietary  ~ estimate\n")
    return 0


def show(options: argparse.Namespace) -> int:
    """Print a model's page."""
    with closing(db.open_best(catalog_path(options))) as conn:
        if options.json:
            from aa_tui.pages import as_json

            output.print_json(as_json.page(conn, options.model))
            return 0
        from aa_tui.catalog import elsewhere as catalog_elsewhere
        from aa_tui.pages import elsewhere, page, plain

        shown = page.load(conn, options.model)
        imported = elsewhere.lines(catalog_elsewhere.listing(conn, shown.model.model_id))
    output.write_lines(plain.lines(shown, output.width(), color=output.wants_color(options.color)))
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
            ("◆" if row.reasoning else "◇") + ("○" if row.open_weights else "●"),
            output.cut(row.name, name_width),
            row.slug,
            display.index(row.intelligence_index) + ("~" if row.index_is_estimate else ""),
            display.tokens_m(row.index_output_tokens_m),
            display.usd(row.price_in_usd_per_m),
            display.usd(row.price_out_usd_per_m),
            display.speed(row.output_tps),
            display.params_b(row.total_params_b),
            display.context(row.context_tokens),
            f"{row.here_tg_tps:.1f}" if row.here_tg_tps is not None else "–",
        )
        for row in rows
    ]
    return output.table(head, body, left=frozenset({0, 1, 2}))
