"""`aa-tui servers`: servers whose models are asked over HTTP."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from aa_tui.actions import servers as actions
from aa_tui.actions.servers import Seen
from aa_tui.analysis import MISSING
from aa_tui.catalog import db
from aa_tui.catalog import servers as saved
from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE
from aa_tui.pages.json import servers as servers_json
from aa_tui.textsafe import clean_line

_WORDS = {None: MISSING, True: "yes", False: "no"}


def run(options: argparse.Namespace) -> int:
    """One of the actions on servers."""
    path = catalog_path(options)
    with (db.noting if options.action == "list" else db.writing)(path) as conn:
        if options.action == "list":
            return _show(actions.listed(conn), options)
        if options.action == "probe":
            rows = [saved.get(conn, name) for name in options.names] or saved.list_servers(conn)
            seen = actions.look(conn, rows)
            _show(seen, options)
            for one in seen:
                if one.why_not:
                    output.say(f"! {clean_line(one.row.name)}: {one.why_not}")
            return 0 if all(one.is_there for one in seen) else FAILURE
        if options.action == "add":
            row = actions.add(
                conn,
                options.url,
                name=options.name,
                model=options.model,
                key_env=options.key_env,
                price_in_usd_per_m=options.price_in,
                price_out_usd_per_m=options.price_out,
            )
            if options.json:
                output.print_json(servers_json.server(row, is_there=True))
            else:
                told = servers_json.server(row)
                what = f"{row.kind} {row.version}".strip()
                output.write_lines([f"{row.name} is saved: {what} serves {told['model']}."])
                output.write_lines([f"  `aa-tui eval {row.name} --pack quick` evaluates it."])
            return 0
        row = actions.remove(conn, options.name)
        if options.json:
            output.print_json({"name": row.name, "url": row.url, "removed": True})
        else:
            output.write_lines([f"{row.name} is forgotten; what was measured through it stays."])
        return 0


def _show(seen: Sequence[Seen], options: argparse.Namespace) -> int:
    values = [servers_json.server(one.row, is_there=one.is_there, why_not=one.why_not) for one in seen]
    if output.print_rows(values, options):
        return 0
    if not values:
        output.write_lines(["No server is saved; `aa-tui servers add http://HOST:PORT` saves the first one."])
        return 0
    body = [
        (
            output.fit(one["name"], 24),
            output.fit(clean_line(one["url"]), 40),
            " ".join(filter(None, (one["kind"], one["version"]))) or MISSING,
            output.fit(one["model"] or MISSING, 36),
            MISSING if one["context_tokens"] is None else f"{one['context_tokens']:,}",
            MISSING if one["n_slots"] is None else str(one["n_slots"]),
            _WORDS[one["reachable"]],
        )
        for one in values
    ]
    head = ("Server", "Address", "What", "Model", "Context", "Slots", "There")
    output.write_lines(output.table(head, body, left=frozenset({0, 1, 2, 3, 6})))
    return 0
