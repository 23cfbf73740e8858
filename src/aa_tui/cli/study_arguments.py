"""The commands that study one thing about a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from aa_tui.cli import cache_arguments, divergence_arguments, quants_arguments, speculate_arguments, watch_arguments
from aa_tui.cli.argument_types import add_csv

_Add = Callable[[argparse.ArgumentParser], object]

_STUDIES: tuple[tuple[str, str, _Add], ...] = (
    ("divergence", "see how far a GGUF file is from another of the same model", divergence_arguments.add_divergence),
    ("cache", "see which types of KV cache are safe and fast for a GGUF file", cache_arguments.add_cache),
    ("speculate", "see whether speculative decoding makes a GGUF file faster", speculate_arguments.add_speculate),
    ("watch", "see whether a GGUF file has become slower or answers otherwise", watch_arguments.add_watch),
)


def add_to(commands: Any, common: _Add, json: _Add) -> None:
    """Each as a command of its own, with what `common` and `json` add to all."""
    one = commands.add_parser("quants", help="see which quantization of a model to take: measure and compare its files")
    common(one)
    quants_arguments.add_quants(one)
    json(one)
    add_csv(one)
    for name, words, add in _STUDIES:
        one = commands.add_parser(name, help=words)
        common(one)
        add(one)
        json(one)
