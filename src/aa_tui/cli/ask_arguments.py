"""The command line of what tries prompts. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, number, threads, tokens
from aa_tui.cli.run_arguments import CACHE_TYPES, add_offload


def add_ask(one: argparse.ArgumentParser) -> None:
    """`aa-tui ask`."""
    one.epilog = (
        "The answer goes to standard output, all else to standard error. Ctrl-C ends the answer; what was written is "
        "kept, in a run that `aa-tui runs` lists."
    )
    one.add_argument(
        "target",
        metavar="MODEL_OR_PATH",
        help="a .gguf file, a model of which one is known, a server by address or saved name, or run:5 to ask on in it",
    )
    one.add_argument("prompt", nargs="+", metavar="PROMPT", help="what is asked; - reads it from standard input")
    one.add_argument("--model", help="the catalog's model that the file is of; of a server, the one that it serves")
    one.add_argument(
        "--key-env", default="", metavar="VAR", help="the environment variable or keyring entry that holds the key"
    )
    one.add_argument("--max-usd", type=number, metavar="USD", help="what the server's answers may cost together")
    one.add_argument("--system", metavar="TEXT", default="", help="a system message")
    one.add_argument("--raw", action="store_true", help="continue the text as it is, without a chat template")
    one.add_argument("--template", metavar="FILE", help="a Jinja chat template to use instead of the file's own")
    one.add_argument("--no-think", action="store_true", help="turn thinking off, if the template has a switch for it")
    one.add_argument("--thinking", action="store_true", help="show all of the thinking, not its last line alone")
    one.add_argument("--sampling", choices=("card", "greedy"), default="card", help="whose settings (the model's card)")
    one.add_argument("--temperature", type=number, help="instead of the settings' own")
    one.add_argument("--seed", type=int, default=0, help="of sampling (0): another one gives another answer")
    one.add_argument("--max-tokens", type=count, metavar="N", help="thinking and answer together (4096)")
    one.add_argument("--n-ctx", type=tokens, metavar="TOKENS", help="context (8192, or what the prompt takes)")
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    add_offload(one)
    one.add_argument("--kv", choices=CACHE_TYPES, default="f16", help="type of the KV cache (f16)")
    one.add_argument("--no-loop-guard", action="store_true", help="let the answer repeat itself until its limit")
    one.add_argument("--force", action="store_true", help="even if the memory seems too small")
    one.add_argument("--detach", action="store_true", help="answer in the background; `aa-tui runs show` has it")
