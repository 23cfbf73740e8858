"""Addresses that may become links: those of the web, by https, which hold nothing that a terminal would obey."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][!-~]*)?")
_IN_TEXT = re.compile(r"https://[!-~]+")
_MOST_CHARACTERS = 2_000


def checked(address: str) -> str | None:
    """The address, if it may become a link: https, a host and printable ASCII; None for anything else."""
    return address if len(address) <= _MOST_CHARACTERS and _ADDRESS.fullmatch(address) else None


def found_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Where such addresses stand in a text, without the punctuation behind them."""
    for match in _IN_TEXT.finditer(text):
        address = match[0].rstrip(".,;:!?)'\"")
        if checked(address):
            yield match.start(), match.start() + len(address), address
