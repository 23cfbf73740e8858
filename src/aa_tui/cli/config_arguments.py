"""The command line of `aa-tui config`. Imports nothing of the commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Add = Callable[[argparse.ArgumentParser], None]

_EPILOG = "The command line comes before the environment, that before the file."
_SETTING = "a setting, such as theme, or keys.COMMAND for the keys of one of the app's commands"


def add_to(one: argparse.ArgumentParser, common: Add, json: Add) -> None:
    """Add the actions below `aa-tui config`."""
    actions = one.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(one))

    two = actions.add_parser("list", help="list every setting with its value, and where that comes from")
    two.epilog = _EPILOG
    common(two)
    json(two)

    two = actions.add_parser("set", help="set a setting in config.toml, whose comments and order stay")
    common(two)
    two.add_argument("key", metavar="KEY", help=_SETTING)
    two.add_argument("value", nargs="+", metavar="VALUE", help="its value; several words for folders and keys")

    two = actions.add_parser("unset", help="take a setting out of config.toml")
    common(two)
    two.add_argument("key", metavar="KEY", help=_SETTING)

    two = actions.add_parser("path", help="print where config.toml is")
    common(two)

    two = actions.add_parser("edit", help="open config.toml in EDITOR, and say what in it cannot be used")
    common(two)
