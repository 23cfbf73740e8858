"""The command line of the study of cache types. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import cache_types, depths, threads

_EPILOG = (
    "Each type is compared with f16/f16 after the same text: how far its next-token distributions are (KLD), which "
    "facts hidden in the text it still finds, how fast it reads and writes. What does not fit the model's context or "
    "the memory is left out, with the reason. Ctrl-C keeps what is measured; `aa-tui runs resume` goes on."
)


def add_cache(one: argparse.ArgumentParser) -> None:
    """`aa-tui cache`."""
    one.epilog = _EPILOG
    one.add_argument("target", metavar="MODEL_OR_PATH", help="a .gguf file, a name that lists show, or a model")
    one.add_argument("--model", help="the catalog's model that the file is of")
    one.add_argument(
        "--depths", type=depths, default=(), metavar="N,N", help="tokens in the context before (0,4k,16k,64k)"
    )
    one.add_argument(
        "--types",
        type=cache_types,
        default=(),
        metavar="T,K/V",
        help="types of keys and values (q8_0,q5_1,q4_0,q8_0/q4_0); f16 is always the first",
    )
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    one.add_argument("-ngl", "--gpu-layers", type=int, metavar="N", help="layers on the GPU (all, where there is one)")
    one.add_argument("--force", action="store_true", help="even if it does not seem to fit the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )
