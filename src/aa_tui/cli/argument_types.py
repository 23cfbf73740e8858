"""What the parser reads arguments with: the one grammar of `actions.typed`, in argparse's own way of refusing."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from aa_tui.actions import typed

T = TypeVar("T")


def refusing(read: Callable[[str], T]) -> Callable[[str], T]:
    """A reader whose ValueError says what is wrong, so that argparse passes its words on."""

    def argument(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return argument


cache_types = refusing(typed.cache_types)
count = refusing(typed.count)
counts = refusing(typed.counts)
depths = refusing(typed.depths)
duration = refusing(typed.duration)
number = refusing(typed.number)
numbers = refusing(typed.numbers)
share = refusing(typed.share)
threads = refusing(typed.threads)
tokens = refusing(typed.tokens)


def size(text: str) -> tuple[int, int]:
    """Columns and rows from "120x40"."""
    columns, _, rows = text.lower().partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and 30 <= int(columns) <= 1000 and 6 <= int(rows) <= 1000):
        raise argparse.ArgumentTypeError("it must be columns and rows such as 120x40, at least 30x6")
    return int(columns), int(rows)


def run_numbers(text: str) -> tuple[int, ...]:
    """Numbers of runs between commas, each once."""
    found = names(text)
    if not found or not all(one.isdecimal() and one.isascii() for one in found):
        raise argparse.ArgumentTypeError("it must be numbers of runs, such as 3 or 3,7")
    return tuple(dict.fromkeys(int(one[:18]) for one in found))


def names(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def add_csv(one: argparse.ArgumentParser) -> None:
    """What a listing takes beside --json."""
    one.add_argument("--csv", action="store_true", help="print CSV: the values of --json, a row a line")
