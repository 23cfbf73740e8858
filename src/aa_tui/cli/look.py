"""`aa-tui models` and `aa-tui show`: what the catalog knows."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from aa_tui.catalog import db
from aa_tui.catalog import models as catalog_models
from aa_tui.catalog.models import SORTABLE, TEXT_COLUMNS
from aa_tui.catalog.rows import ModelFilter, ModelRow
from aa_tui.cli import output
from aa_tui.cli.errors import UsageError
from aa_tui.cli.main import catalog_path

_LOWER_FIRST = frozenset(
    {
        "price_in_usd_per_m",
        "price_out_usd_per_m",
        "blended_price_usd_per_m",
        "ttft_s",
        "ttfat_s",
        "e2e_s",
        "cost_to_run_usd",
    }
)


def models(options: argparse.Namespace) -> int:
    """List models, best first."""
    if options.sort not in SORTABLE:
        raise UsageError(f"cannot sort by “{options.sort}”; choose one of {', '.join(SORTABLE)}.")
    descending = options.sort not in _LOWER_FIRST | TEXT_COLUMNS
    with closing(db.open_best(catalog_path(options))) as conn:
        rows = catalog_models.list_models(
            conn, _filter(options), options.sort, descending is not options.reverse, options.limit
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
        from aa_tui.pages import page, plain

        shown = page.load(conn, options.model)
    output.write_lines(plain.lines(shown, output.width(), color=output.wants_color(options.color)))
    return 0


def _filter(options: argparse.Namespace) -> ModelFilter:
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
    return ModelFilter(**conditions)  # type: ignore[arg-type]


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
