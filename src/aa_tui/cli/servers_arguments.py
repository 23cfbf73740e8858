"""The command line of `aa-tui servers`. Imports nothing of the commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aa_tui.cli.argument_types import add_csv, number

Add = Callable[[argparse.ArgumentParser], None]


def add_to(one: argparse.ArgumentParser, common: Add, json: Add) -> None:
    """Add the actions below `aa-tui servers`."""
    actions = one.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(one))

    two = actions.add_parser("list", help="list the saved servers, with what they said when they were last asked")
    common(two)
    json(two)
    add_csv(two)

    two = actions.add_parser("add", help="ask a server what it serves, and save it under a name")
    common(two)
    two.add_argument("url", metavar="URL", help="such as http://box:8080, https://HOST/v1 or ssh://box/8080")
    two.add_argument("--name", default="", help="what it is to be called (its host and port)")
    two.add_argument("--model", default="", metavar="NAME", help="the model that is meant, where it serves several")
    two.add_argument(
        "--key-env", default="", metavar="VAR", help="the environment variable or keyring entry that holds its key"
    )
    two.add_argument("--price-in", type=number, metavar="USD", help="of a million tokens, where it says no price")
    two.add_argument("--price-out", type=number, metavar="USD", help="the same of its answers")
    json(two)

    two = actions.add_parser("probe", help="ask servers what they serve now; without names all of them")
    common(two)
    two.add_argument("names", nargs="*", metavar="NAME", help="saved servers, by name or address")
    json(two)
    add_csv(two)

    two = actions.add_parser("remove", help="forget a server; what was measured through it stays")
    common(two)
    two.add_argument("name", metavar="NAME", help="a saved server, by name or address")
    json(two)
