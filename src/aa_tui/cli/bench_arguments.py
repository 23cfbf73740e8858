"""The command line of what measures speed here, and of what was measured elsewhere. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, counts, depths, duration, names, number, numbers, threads
from aa_tui.cli.run_arguments import add_offload

_EPILOG = (
    "Tests: ppN and tgN as llama-bench measures them, at a depth (tg128@d4096) and with a number of threads "
    "(pp512@t4); ttftN, the time to the first token of a new prompt and of the same again; sustained or sustained@60s, "
    "burst and lasting speed; the requests short, medium, long and very-long; parallel, 10 concurrent requests; "
    "load-sweep, 1, 2, 4 ... of them. Ctrl-C keeps what is measured. AA_TUI_TARIFF is --tariff for good. Of a server "
    "(http://HOST:PORT, ssh://HOST/PORT or a saved name) the speed of one request and of 1, 2, 4 ... at once is "
    "measured, or what --depths, --parallel and --rate say."
)


def add_bench(one: argparse.ArgumentParser) -> None:
    """`aa-tui bench`."""
    one.epilog = _EPILOG
    one.add_argument(
        "target", metavar="MODEL_OR_PATH", help="a .gguf file, a name that lists show, a model, or a server's address"
    )
    one.add_argument("--model", help="the catalog's model that the file is of; of a server, the one that it serves")
    one.add_argument("--tests", type=names, metavar="T,T", help="for example pp512,tg128,short (the default)")
    one.add_argument(
        "--depths",
        type=depths,
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
    _add_of_server(one)
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    add_offload(one)
    one.add_argument(
        "--tariff", metavar="PRICE", help='of a kWh with its currency, such as "0.30 EUR", for the cost of 1M tokens'
    )
    one.add_argument("--force", action="store_true", help="even if the file is larger than the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )


def _add_of_server(one: argparse.ArgumentParser) -> None:
    group = one.add_argument_group("of a server alone")
    group.add_argument(
        "--parallel",
        type=counts,
        nargs="?",
        const=(),
        metavar="N,N",
        help="with so many requests in flight (1, 2, 4 ... up to twice its slots), until it is over-saturated",
    )
    group.add_argument(
        "--rate", type=numbers, metavar="R,R", help="with so many requests a second, which arrive at random moments"
    )
    group.add_argument("--for", dest="for_s", type=duration, metavar="TIME", help="how long each rate lasts (60s)")
    group.add_argument(
        "--slo",
        default="",
        metavar="LIMITS",
        help="count the requests that keep below, such as ttft<1s,itl<50ms,e2e<10s",
    )
    group.add_argument("--prompt-tokens", type=count, metavar="N", help="of a request with --parallel and --rate (512)")
    group.add_argument("--output-tokens", type=count, metavar="N", help="of each answer (128)")
    group.add_argument(
        "--key-env", default="", metavar="VAR", help="the environment variable or keyring entry that holds the key"
    )
    group.add_argument("--max-usd", type=number, metavar="USD", help="stop once it has cost so much")


def add_import(one: argparse.ArgumentParser) -> None:
    """`aa-tui import`."""
    one.epilog = (
        "What wrote a file is found by what is in it: inspect (.eval or JSON), lm-eval (results, with their samples "
        "beside them), Every Eval Ever, llama-bench (-o json or jsonl) or LocalScore. A log that comes again changes "
        "nothing. `import llama-bench FILE` takes files of llama-bench alone, and - for standard input."
    )
    one.add_argument(
        "files", nargs="*", metavar="FILE", help="a log, or a folder with logs in it; - reads standard input"
    )
    one.add_argument("--model", help="the catalog's model that was measured (found by its name in the log)")
    one.add_argument("--dry-run", action="store_true", help="only show what would be taken in")
    one.add_argument("--list", action="store_true", help="list the speeds that were imported")
