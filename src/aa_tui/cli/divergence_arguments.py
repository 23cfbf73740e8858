"""The command line of how far a file is from another. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, share, threads
from aa_tui.cli.run_arguments import CACHE_TYPES

EXACT = "compare all tokens of the vocabulary, none by a sample: takes gigabytes of disk until it is done"


def add_divergence(one: argparse.ArgumentParser) -> None:
    """`aa-tui divergence`."""
    one.epilog = (
        "Both files must be of one model, with the same vocabulary: a quantization and its original, or two "
        "quantizations. The reference is read once; what it expects is kept beside the catalog, so that others are "
        "compared with it in half the time. Ctrl-C keeps what is measured, and `aa-tui runs resume` goes on from there."
    )
    one.add_argument("target", metavar="MODEL_OR_PATH", help="a .gguf file, a name that lists show, or a model")
    one.add_argument(
        "--reference", required=True, metavar="MODEL_OR_PATH", help="the file that it is measured against, such as F16"
    )
    one.add_argument(
        "--text",
        metavar="FILE",
        help="a text of your own, in UTF-8 (prose, code, mathematics and other languages that ship with aa-tui)",
    )
    one.add_argument(
        "--ctx", type=count, default=512, metavar="TOKENS", help="of a block, whose second half is scored (512)"
    )
    one.add_argument("--blocks", type=count, metavar="N", help="read so many blocks at most (all of the text)")
    one.add_argument(
        "--until-width",
        type=share,
        metavar="SHARE",
        help="stop once the mean is known within this share of itself: 10%% is plus or minus 10 %%",
    )
    one.add_argument("--kv-k", choices=CACHE_TYPES, default="f16", help="type of the file's cache of keys (f16)")
    one.add_argument("--kv-v", choices=CACHE_TYPES, default="f16", help="type of its cache of values (f16)")
    one.add_argument(
        "--with-thinking",
        action="store_true",
        help="also on what the reference thinks about some questions, where it is a model that thinks",
    )
    one.add_argument("--exact", action="store_true", help=EXACT)
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    one.add_argument("-ngl", "--gpu-layers", type=int, metavar="N", help="layers on the GPU (all, where there is one)")
    one.add_argument("--force", action="store_true", help="even if a file is larger than the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )
