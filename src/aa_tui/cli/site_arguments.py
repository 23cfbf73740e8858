"""The command line of `aa-tui site`. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count


def add_site(one: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    one.add_argument("out", metavar="OUT", help="the folder: new, empty, or a site of before, which is replaced")
    one.add_argument("--title", default="", metavar="WORDS", help="what the site is called (Language models)")
    one.add_argument(
        "--answers",
        type=count,
        default=0,
        metavar="N",
        help="so many answers that were not right of each evaluation, with their questions (0)",
    )
    one.add_argument(
        "--with-restricted",
        action="store_true",
        help="also figures whose sources do not let everybody publish them: for your own eyes",
    )
    one.add_argument(
        "--with-machine-names",
        action="store_true",
        help="name machines and servers; without it they are told by processor and number",
    )
