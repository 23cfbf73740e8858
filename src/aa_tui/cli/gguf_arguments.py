"""The command line of `aa-tui gguf`. Imports nothing of the commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aa_tui.cli.argument_types import add_csv
from aa_tui.cli.run_arguments import add_devices
from aa_tui.textsafe import clean_line

_CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")

Add = Callable[[argparse.ArgumentParser], None]


def add_to(one: argparse.ArgumentParser, common: Add, json: Add) -> None:
    """Add the actions below `aa-tui gguf`."""
    actions = one.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(one))

    two = actions.add_parser(
        "list", aliases=["find"], help="list the GGUF files on this machine and what can be pulled"
    )
    common(two)
    two.add_argument("text", nargs="*", help="words to look for in names, paths, models and quantizations")
    two.add_argument("--add", metavar="FOLDER", action="append", default=[], help="scan this folder too, from now on")
    two.add_argument("--remove-folder", metavar="FOLDER", action="append", default=[], help="stop scanning it")
    two.add_argument("--here", action="store_true", help="only what is on this machine")
    json(two)
    add_csv(two)

    two = actions.add_parser("inspect", help="show what a file's header says; remote files are not downloaded")
    common(two)
    two.add_argument("target", metavar="FILE", help="a path, a listed name, an address, or OWNER/REPO/FILE on the Hub")
    two.add_argument("--template", action="store_true", help="print the whole chat template")
    json(two)

    two = actions.add_parser("fit", help="show what fits this machine's memory, and how fast it will be")
    common(two)
    two.add_argument("target", nargs="?", metavar="MODEL_OR_PATH", help="everything on this machine when left out")
    two.add_argument("--ctx", type=_counts, metavar="N,N", help="tokens of context for each slot (4k, 16k, 64k)")
    two.add_argument("--pack", metavar="NAME", help="with the context that an evaluation with this pack takes")
    two.add_argument("--slots", type=_counts, metavar="N,N", default=(1,), help="concurrent requests (1)")
    two.add_argument("--type-k", choices=_CACHE_TYPES, default="f16", help="type of the cache's keys (f16)")
    two.add_argument("--type-v", choices=_CACHE_TYPES, default="f16", help="type of the cache's values (f16)")
    add_devices(two)
    two.add_argument("--ask", action="store_true", help="ask the Hub which quantizations there are, and their sizes")
    two.add_argument("--measure", action="store_true", help="measure the memory's bandwidth again (2 s)")
    json(two)
    add_csv(two)

    two = actions.add_parser("pull", help="download a model's file from the Hub")
    common(two)
    two.add_argument("target", metavar="MODEL_OR_REPO", help="a model, OWNER/REPO[:QUANT], OWNER/REPO/FILE, an address")
    two.add_argument("--quant", metavar="Q", help="the quantization, such as Q4_K_M")
    two.add_argument("--list", action="store_true", help="list the quantizations there are, and whether they fit")
    two.add_argument("--to", choices=("cache", "own"), default="cache", help="the Hub's cache, or our own folder")
    json(two)

    two = actions.add_parser("verify", help="compare files' sha256 with what the Hub states")
    common(two)
    two.add_argument("target", metavar="FILE", help="a file of the library by path or name, or all")
    json(two)

    two = actions.add_parser("remove", help="delete a file of our own folder or the Hub's cache")
    common(two)
    two.add_argument("target", metavar="FILE", help="a file of the library by path or name")
    two.add_argument("--yes", action="store_true", help="do not ask")
    json(two)


def _counts(text: str) -> tuple[int, ...]:
    """Whole numbers from "4k,16384": k is 1,024 and M 1,048,576, as contexts are counted."""
    sizes = {"k": 1 << 10, "m": 1 << 20}
    found = []
    for part in filter(None, text.split(",")):
        unit = sizes.get(part[-1:].lower(), 1)
        digits = part[:-1] if unit > 1 else part
        if not digits.isdecimal() or len(digits) > 9 or int(digits) < 1:
            raise argparse.ArgumentTypeError(f"“{clean_line(part)}” must be a whole number, 1 or more, such as 16k")
        found.append(int(digits) * unit)
    if not found:
        raise argparse.ArgumentTypeError("at least one number is wanted, such as 16k")
    return tuple(dict.fromkeys(found))
