"""The command line of `aa-tui sync`. Imports nothing of the commands."""

from __future__ import annotations

import argparse


def add_sync(one: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    one.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="artificial-analysis, models.dev, openrouter or huggingface (those that need no key of yours)",
    )
    one.add_argument("--list", action="store_true", help="list the sources, their keys and past syncs; ask nobody")
    one.add_argument("--dry-run", action="store_true", help="ask, and show what would change; write nothing")
    one.add_argument("--undo", action="store_true", help="take the newest sync back, of SOURCE or of any")
    one.add_argument(
        "--unmatched",
        action="store_true",
        help="list all names that are no model of the catalog, when the sync or dry run is done",
    )
    one.add_argument("--changes", action="store_true", help="list all changes")
    one.add_argument(
        "--index-version", default="", metavar="V", help="the version of the index where the answer names none (v4.1)"
    )
    one.add_argument(
        "--paged", action="store_true", help="ask Artificial Analysis by pages, whose answer names the index version"
    )
    one.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="MODEL",
        help="ask the Hub for this one (those with a file here)",
    )
    one.add_argument("--dataset", default="", metavar="OWNER/NAME", help="ask the Hub for this data set's leaderboard")
    one.add_argument("--url", default="", metavar="URL", help="ask here instead of the source's own address")
    one.add_argument("--yes", action="store_true", help="take back without asking")
