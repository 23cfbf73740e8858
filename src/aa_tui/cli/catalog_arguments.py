"""The command line of `aa-tui catalog`. Importing it costs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aa_tui.cli.argument_types import count, run_numbers

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

    two = actions.add_parser("index-version", help="list the versions of the Intelligence Index; choose which is shown")
    common(two)
    two.add_argument(
        "version",
        nargs="?",
        metavar="VERSION",
        help="show this one from now on, or with “usual” the newest that at least half of the models have",
    )
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

    _merging(actions, common, json)


def _merging(actions: argparse._SubParsersAction[argparse.ArgumentParser], common: Add, json: Add) -> None:
    """The actions for catalogs of several machines."""
    two = actions.add_parser("merge", help="merge catalogs or bundles of other machines into this one")
    common(two)
    two.add_argument("others", nargs="+", metavar="OTHER", help="another catalog's file, or a bundle; it is only read")
    _coming(two, json)

    two = actions.add_parser("export", help="write runs into a bundle, for another machine to import")
    common(two)
    which = two.add_mutually_exclusive_group(required=True)
    which.add_argument("--runs", type=run_numbers, metavar="N[,N...]", help="these runs")
    which.add_argument("--all", action="store_true", help="all runs, and what belongs to none")
    two.add_argument("bundle", metavar="BUNDLE", help="the new file, such as runs.zip; - is standard output")
    two.add_argument("--force", action="store_true", help="replace a file that is there")
    json(two)

    two = actions.add_parser("import", help="merge the runs of a bundle into this catalog")
    common(two)
    two.add_argument("bundle", metavar="BUNDLE", help="the bundle's file; - is standard input")
    _coming(two, json)

    two = actions.add_parser("sync", help="merge another machine's catalog, fetched through ssh")
    common(two)
    two.add_argument(
        "box", metavar="ssh://BOX", help="such as ssh://user@box:22/home/user/catalog.db; alone: the usual one"
    )
    two.add_argument("--push", action="store_true", help="let the other machine have the runs of here as well")
    _coming(two, json)


def _coming(two: argparse.ArgumentParser, json: Add) -> None:
    two.add_argument("--dry-run", action="store_true", help="only say what would come")
    two.add_argument("--again", action="store_true", help="also runs that were deleted here")
    json(two)
