"""A run that asks the items of a short pack: the choice read from its file, and its items found in the pack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import short_notes
from aa_tui.jsontext import dumps
from aa_tui.runs.errors import RunError
from aa_tui.strictjson import BadJSONError, value_of
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.evals.items import Item, Pack

MOST_BYTES = 64_000_000
"""A larger file is no choice of items."""


def read_file(path: Path) -> dict[str, Any]:
    """The choice in a file that `aa-tui packs short` wrote. Raises RunError."""
    shown = clean_line(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RunError(f"{shown} cannot be read: {error.strerror or error}.") from error
    if len(data) > MOST_BYTES:
        raise RunError(f"{shown} is too large to be a short pack.")
    try:
        note = short_notes.read(value_of(data))
    except BadJSONError as error:
        raise RunError(f"{shown} is no short pack: {error}") from error
    if note is None:
        raise RunError(f"{shown} is no short pack, or was changed; `aa-tui packs short PACK --output FILE` makes one.")
    return short_notes.as_json(note)


def chosen(pack: Pack, short: Mapping[str, Any]) -> list[Item]:
    """The chosen items in their order. Raises RunError where they were chosen from another pack."""
    from aa_tui.evals.packs import pack_identity

    note = short_notes.read(short)
    if note is None:
        raise RunError("The choice of items cannot be read; `aa-tui packs short PACK --output FILE` makes another.")
    items = {item.id: item for item in pack.items}
    is_of_it = (note.pack, note.pack_sha256) == (pack.name, pack_identity(pack)) and note.n_population == len(items)
    if not is_of_it or not all(one.id in items for one in note.items):
        raise RunError(
            f"The short pack was chosen from {clean_line(note.pack)} {clean_line(note.pack_version)}, not from "
            f"{pack.name} {pack.version} as it is here; choose again with `aa-tui packs short`."
        )
    return [items[one.id] for one in note.items]


def identity_of_choice(short: Mapping[str, Any]) -> str:
    """The sha256 (hexadecimal) over all of a choice."""
    return hashlib.sha256(dumps(short).encode()).hexdigest()
