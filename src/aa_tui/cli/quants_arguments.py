"""The command line of `aa-tui quants`. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, share
from aa_tui.cli.divergence_arguments import EXACT

_EPILOG = (
    "Measures what is missing, shows the table, and says which file to take and why. What is measured already is not "
    "measured again; Ctrl-C keeps what there is, and the same command goes on from there. Without --pack no answers "
    "are asked for; those that are there are shown."
)


def add_quants(one: argparse.ArgumentParser) -> None:
    """`aa-tui quants`."""
    one.epilog = _EPILOG
    one.add_argument(
        "targets",
        nargs="+",
        metavar="FILE",
        help="two .gguf files of one model or more, or a model's name for all of its files here",
    )
    one.add_argument("--reference", metavar="FILE", help="what the others are compared with (the largest file)")
    answers = one.add_mutually_exclusive_group()
    answers.add_argument("--pack", metavar="NAME", help="also evaluate each file on this pack, the same items for all")
    answers.add_argument("--no-eval", action="store_true", help="leave answers out, also those that are there")
    one.add_argument("--limit", type=count, metavar="N", help="with --pack: the first N items of the fair order")
    one.add_argument(
        "--until", type=share, metavar="W", help="with --pack: until each score is known to ± W, such as 0.05 or 5%%"
    )
    one.add_argument("--text", metavar="FILE", help="the text that divergences are measured on (the bundled one)")
    one.add_argument("--quick", action="store_true", help="fewer repetitions and less text, so wider intervals")
    one.add_argument("--exact", action="store_true", help=EXACT)
    one.add_argument("--no-run", action="store_true", help="measure nothing, only show what is there")
    one.add_argument("--force", action="store_true", help="even if a file is larger than the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )
