"""Files on this machine by a name that people use: where to look, and the file that a short name means."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path

from aa_tui.catalog import db, library, models
from aa_tui.gguf import places
from aa_tui.runs.errors import RunError
from aa_tui.textsafe import clean_line


def own_folder() -> Path:
    """Our own folder of models, in the user's data."""
    return db.data_folder() / "models"


def places_here(conn: sqlite3.Connection) -> list[places.Place]:
    """Where to look on this machine, the user's folders among them."""
    from aa_tui.gguf.bundled import models_folder

    return places.usual_places(own_folder(), models_folder(), library.folders(conn))


def file_called(conn: sqlite3.Connection, name: str) -> Path | None:
    """The smallest file of the one model whose files' names have these words in a row; None where there is none.

    Raises:
        RunError: files of several models are called so.
    """
    from aa_tui.gguf.naming import without_quant
    from aa_tui.gguf.parts import part_of

    wanted = models.normalise(name)
    by_model: dict[str, list[places.Found]] = defaultdict(list)
    for one in places.find(places_here(conn)).files:
        part = part_of(one.name)
        if models.has_words(one.name.removesuffix(".gguf"), wanted) and (part is None or part.number == 1):
            by_model[models.normalise(without_quant(one.name))].append(one)
    if wanted in by_model:  # its whole name, though a longer one may begin so
        by_model = defaultdict(list, {wanted: by_model[wanted]})
    if len(by_model) > 1:
        names = ", ".join(found[0].name for found in list(by_model.values())[:4])
        raise RunError(
            f"“{clean_line(name)}” may mean {len(by_model)} models ({names}): give more of the name, or a path."
        )
    found = [one for group in by_model.values() for one in group]
    return min(found, key=lambda one: one.size_bytes).path if found else None
