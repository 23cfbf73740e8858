"""The command line of `aa-tui watch`. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, threads

_EPILOG = (
    "The first probe of a file on this machine is pinned as its baseline; each later one, after a new build of "
    "llama.cpp, a new driver, template or file, is compared with it. A probe takes 4 to 15 minutes of a model of "
    "3B on a laptop: speed in rounds, the next tokens of some 1,800 of text, and 40 short answers without chance."
)


def add_watch(one: argparse.ArgumentParser) -> None:
    """`aa-tui watch`."""
    one.epilog = _EPILOG
    one.add_argument("target", nargs="?", metavar="FILE", help="a .gguf file, a name that lists show, or a model")
    one.add_argument("--model", help="the catalog's model that the file is of")
    one.add_argument("--baseline", type=count, metavar="RUN", help="compare with this probe instead of the pinned one")
    one.add_argument("--against", metavar="FILE", help="compare with the baseline of another file of the same model")
    one.add_argument("--pin", action="store_true", help="make this probe the file's baseline")
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    one.add_argument("--list", action="store_true", help="list the files that are watched, and how they stand")
    one.add_argument("--history", action="store_true", help="list the probes of FILE, or of all, by date")
    one.add_argument("--force", action="store_true", help="even if the file is larger than the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )
