"""The command line of the study of speculation. Importing it costs nothing."""

from __future__ import annotations

import argparse

from aa_tui.cli.argument_types import count, counts, names, threads

_EPILOG = (
    "Speculation drafts some tokens cheaply and has the model check them in one batch: the output stays the same, "
    "only the speed changes. Drafts come from a smaller model of the same family (--draft), from the file's own layers "
    "for multi-token prediction (MTP) where it has some, and from what prompt and output had before (n-gram lookup, "
    "which needs no second file). From the plain outputs and what batches cost, the speed of each setting is predicted "
    "and the best few are measured against plain decoding. Ctrl-C keeps what is measured."
)


def add_speculate(one: argparse.ArgumentParser) -> None:
    """`aa-tui speculate`."""
    one.epilog = _EPILOG
    one.add_argument("target", metavar="MODEL_OR_PATH", help="a .gguf file, a name that lists show, or a model")
    one.add_argument("--draft", metavar="MODEL_OR_PATH", help="a smaller model with the same vocabulary")
    one.add_argument("--no-ngram", action="store_true", help="without n-gram lookup")
    one.add_argument("--no-mtp", action="store_true", help="without the file's own multi-token prediction")
    one.add_argument(
        "--kinds", type=names, metavar="K,K", help="kinds of text: code, prose, mathematics, copying (all)"
    )
    one.add_argument("--n-draft", type=counts, metavar="N,N", help="tokens drafted at a time (1,2,3,4,6,8,12,16)")
    one.add_argument("--exhaustive", action="store_true", help="measure every setting, not only the most promising")
    one.add_argument("-r", "--repetitions", type=count, default=3, metavar="N", help="of each comparison (3)")
    one.add_argument("--max-output", type=count, default=96, metavar="TOKENS", help="that each text may have (96)")
    one.add_argument(
        "--slots", type=counts, default=(), metavar="N,N", help="the best setting also with so many texts at once"
    )
    one.add_argument("--model", help="the catalog's model that the file is of")
    one.add_argument("-t", "--threads", type=threads, metavar="N", help="threads (physical cores)")
    one.add_argument("-ngl", "--gpu-layers", type=int, metavar="N", help="layers on the GPU (all, where there is one)")
    one.add_argument("--force", action="store_true", help="even if the files are larger than the free memory")
    one.add_argument(
        "--detach", action="store_true", help="start it in the background; `aa-tui runs` shows how it stands"
    )
