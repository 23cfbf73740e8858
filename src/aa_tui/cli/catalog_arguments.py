"""The command line of `aa-tui catalog`. Importing it costs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aa_tui.cli.argument_types import count

Add = Callable[[argparse.ArgumentParser], None]


def add_to(one: argparse.ArgumentParser, common: Add, json: Add) -> None:
    """Add the actions below `aa-tui catalog`."""
    actions = one.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(one))

    two = actions.add_parser("size", help="show how large the catalog is, and what of")
    common(two)
    json(two)

    two = actions.add_parser("vacuum", help="make the catalog's file smaller")
    common(two)
    two.add_argument(
        "--keep-thinking",
        type=count,
        metavar="DAYS",
        help="drop thinking texts of runs that ended longer ago, now and at each vacuum to come",
    )
    two.add_argument("--yes", action="store_true", help="do not ask before thinking texts are dropped")
    json(two)

    two = actions.add_parser("tidy", help="remove local models' pages without a figure")
    common(two)
    json(two)

    two = actions.add_parser("datasette", help="write what Datasette needs to show the catalog well")
    common(two)
    two.add_argument("out", metavar="OUT", help="the file, such as metadata.json; - prints it")
    two.add_argument("--force", action="store_true", help="replace a file that is there already")
    json(two)

    two = actions.add_parser("rescue", help="copy what can be read of a damaged catalog into a new file")
    common(two)
    two.add_argument("new", metavar="NEW", help="the new file")
    json(two)
