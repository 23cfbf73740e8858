"""Files on this machine by a name that people use: where to look, and the file that a short name means."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from aa_tui.catalog import db, library, models
from aa_tui.config import reading as config
from aa_tui.gguf import places
from aa_tui.gguf.errors import GGUFError
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

MOST_NAMED = 6
"""Of files that may be meant, so many are named."""


def own_folder() -> Path:
    """Our own folder of models, in the user's data."""
    return db.data_folder() / "models"


def places_here(conn: sqlite3.Connection) -> list[places.Place]:
    """Where to look on this machine, the user's folders among them."""
    from aa_tui.gguf.bundled import models_folder

    added = dict.fromkeys([*library.folders(conn), *map(os.path.expanduser, config.load().folders)])
    return places.usual_places(own_folder(), models_folder(), list(added))


def file_listed(conn: sqlite3.Connection, typed: str) -> Path | None:
    """The file that lists show by this very name, such as `qwen3:1.7b` or `NAME.gguf`; None where there is none.

    Raises:
        GGUFError: several files are shown by it.
    """
    from aa_tui.gguf.naming import is_listed_as

    is_path = typed.startswith((os.sep, os.curdir + os.sep, os.pardir + os.sep, "~" + os.sep))
    if is_path or not (":" in typed or typed.endswith("…") or typed.lower().rstrip().endswith(".gguf")):
        return None  # nothing is listed so
    found = [one.path for one in places.find(places_here(conn)).files if is_listed_as(one.name, typed)]
    if len(found) > 1:
        raise GGUFError(which_of(typed, found))
    return found[0] if found else None


def which_of(typed: str, paths: Sequence[str | Path]) -> str:
    """The sentence for a name of several files."""
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    shown = ", ".join(quoted(str(path)) for path in paths[:MOST_NAMED])
    return f"“{clean_line(typed)}” may mean {len(paths)} files: name one by its path: {shown}{more}."


def file_called(conn: sqlite3.Connection, name: str) -> Path | None:
    """The smallest file of the one model whose files' names have these words in a row; None where there is none.

    Raises:
        GGUFError: files of several models are called so.
    """
    from aa_tui.gguf.naming import without_quant

    wanted = models.normalise(name)
    by_model: dict[str, list[places.Found]] = defaultdict(list)
    for one in _models([one for one in places.find(places_here(conn)).files if _is_called(one.name, wanted)]):
        by_model[models.normalise(without_quant(one.name))].append(one)
    if wanted in by_model:  # its whole name, though a longer one may begin so
        by_model = defaultdict(list, {wanted: by_model[wanted]})
    if len(by_model) > 1:
        names = ", ".join(found[0].name for found in list(by_model.values())[:4])
        raise GGUFError(
            f"“{clean_line(name)}” may mean {len(by_model)} models ({names}): give more of the name, or a path."
        )
    found = [one for group in by_model.values() for one in group]
    return min(found, key=_size_bytes).path if found else _file_of_header(conn, wanted)


def _is_called(name: str, wanted: str) -> bool:
    from aa_tui.gguf.parts import part_of

    part = part_of(name)
    return (part is None or part.number == 1) and models.has_words(name.removesuffix(".gguf"), wanted)


def _models(found: list[places.Found]) -> list[places.Found]:
    """Those that text can be written with, where there are any: a projector is called like its model."""
    from aa_tui.gguf.kinds import kind_of
    from aa_tui.gguf.parts import read_parts

    fit = []
    for one in found if len(found) > 1 else ():
        try:
            if kind_of(read_parts(one.path)[0]) is None:
                fit.append(one)
        except GGUFError:
            continue
    return fit or found


def _size_bytes(one: places.Found) -> int:
    """Of all parts."""
    from aa_tui.gguf.parts import named_parts

    return sum(path.stat().st_size for path in named_parts(one.path) if path.exists())


def _file_of_header(conn: sqlite3.Connection, wanted: str) -> Path | None:
    """The smallest file seen whose header calls its model so: lists of what fits show that name."""
    from aa_tui.gguf.naming import model_name

    rows = sorted(library.seen(conn).values(), key=lambda row: row.size_bytes)
    for row in rows:
        path = Path(row.path)
        named = model_name(row.summary.get("name"), path.name)
        if wanted and models.normalise(named) == wanted and not row.summary.get("problem") and path.is_file():
            return path
    return None
