"""The command line of what measures speed here, and of what was measured elsewhere. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, duration, names
from aa_tui.cli.run_arguments import add_offload

_EPILOG = (
    "Tests: ppN and tgN as llama-bench measures them, at a depth (tg128@d4096) and with a number of threads "
    "(pp512@t4); ttftN, the time to the first token of a new prompt and of the same again; sustained or sustained@60s, "
    "burst and lasting speed; the requests short, medium, long and very-long; parallel, 10 concurrent requests; "
    "load-sweep, 1, 2, 4 ... of them. Ctrl-C keeps what is measured. AA_TUI_TARIFF is --tariff for good."
)


def add_bench(one: argparse.ArgumentParser) -> None:
    """`aa-tui bench`."""
    one.epilog = _EPILOG
    one.add_argument("target", metavar="MODEL_OR_PATH", help="a .gguf file, a name that lists show, or a model")
    one.add_argument("--model", help="the catalog's model that the file is of")
    one.add_argument("--tests", type=names, metavar="T,T", help="for example pp512,tg128,short (the default)")
    one.add_argument(
        "--depths",
        type=_depths,
        nargs="?",
        const=(),
        metavar="N,N",
        help="each pp and tg after so many tokens (0,4096,16384), as far as context and memory allow",
    )
    one.add_argument(
        "--sweep",
        choices=("threads", "load"),
        action="append",
        help="with each number of threads, or of concurrent requests",
    )
    one.add_argument(
        "--sustained",
        type=duration,
        nargs="?",
        const=0.0,
        metavar="TIME",
        help="also generate without a break for some 5 minutes, and report burst and lasting speed",
    )
    one.add_argument("-r", "--repetitions", type=count, metavar="N", help="repetitions of each test (5; short: 3)")
    one.add_argument("-t", "--threads", type=count, metavar="N", help="threads (physical cores)")
    add_offload(one)
    one.add_argument(
        "--tariff", metavar="PRICE", help='of a kWh with its currency, such as "0.30 EUR", for the cost of 1M tokens'
    )
    one.add_argument("--force", action="store_true", help="even if the file is larger than the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )


def add_import(one: argparse.ArgumentParser) -> None:
    """`aa-tui import`."""
    one.add_argument("kind", choices=("llama-bench",), metavar="llama-bench", help="what wrote the file")
    one.add_argument(
        "file", nargs="?", metavar="FILE", help="of `llama-bench -o json` or `-o jsonl`; - reads standard input"
    )
    one.add_argument("--model", help="the catalog's model that was measured (found by the file's name)")
    one.add_argument("--list", action="store_true", help="list what was imported")


def _depths(text: str) -> tuple[int, ...]:
    """Numbers of tokens; empty for the usual ones."""
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    found = []
    for part in parts:
        number, times = (part[:-1], 1024) if part.endswith("k") else (part, 1)
        if not number.isdecimal() or not int(number) * times < 10_000_000:
            raise argparse.ArgumentTypeError("it must be numbers of tokens such as 0,4096,16384")
        found.append(int(number) * times)
    return tuple(dict.fromkeys(found))
