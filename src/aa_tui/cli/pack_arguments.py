"""The command line of `aa-tui packs`. Imports nothing of the commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aa_tui.cli.argument_types import add_csv, count

Add = Callable[[argparse.ArgumentParser], None]


def add_to(one: argparse.ArgumentParser, common: Add, json: Add) -> None:
    """Add the actions below `aa-tui packs`."""
    actions = one.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(one))

    two = actions.add_parser("list", help="list the packs on this machine and the public ones that can be pulled")
    common(two)
    two.add_argument("--here", action="store_true", help="only what is on this machine")
    json(two)
    add_csv(two)

    two = actions.add_parser("show", help="show a pack's licence, citation, categories, levels, and an example")
    common(two)
    two.add_argument("pack", metavar="PACK", help="a pack's name, or its folder")
    json(two)

    two = actions.add_parser("check", help="list everything that is wrong with a pack, by file and line")
    common(two)
    two.add_argument("pack", metavar="FOLDER", help="a pack's folder, or its name")
    json(two)

    two = actions.add_parser("short", help="choose few items that tell most, going by your own runs of the pack")
    common(two)
    two.add_argument("pack", metavar="PACK", help="a pack's name, or its folder")
    two.add_argument("-n", "--items", type=count, metavar="N", help="how many (60, or half of a small pack)")
    two.add_argument("--seed", type=int, default=0, help="of the choice (0)")
    two.add_argument("--output", metavar="FILE", help="write the choice here, for `aa-tui eval --short FILE`")
    two.add_argument("--force", action="store_true", help="replace the file")
    json(two)

    two = actions.add_parser("pull", help="make a pack of a public benchmark, after showing its licence and citation")
    common(two)
    two.add_argument("pack", metavar="NAME", help="one that `aa-tui packs list` shows as public")
    two.add_argument(
        "--file",
        metavar="PATH",
        nargs="+",
        action="extend",
        default=[],
        help="take the data from these files (jsonl, json, csv, also .gz; parquet) or folders, not from the Hub",
    )
    two.add_argument("--yes", action="store_true", help="do not ask: the licence is accepted")
    json(two)
