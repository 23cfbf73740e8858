"""Which model of the catalog a file is of, by its names and its size."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from aa_tui.catalog import models
from aa_tui.catalog.rows import FileRow
from aa_tui.textsafe import clean_line

PARAMS_TOLERANCE = 0.15
"""Published counts leave out embeddings or round; a file further off is of another model."""


def same_size(n_params: int | None, total_params_b: float | None) -> bool:
    """Whether a file's parameters are those of a model, as far as both are known."""
    if not n_params or not total_params_b:
        return True
    return abs(n_params / 1e9 - total_params_b) <= PARAMS_TOLERANCE * total_params_b


def known_model(conn: sqlite3.Connection, file: FileRow) -> int | None:
    """The catalog's model that is called as the file is and has its size; None where there is none yet."""
    from aa_tui.gguf.naming import model_name, without_quant
    from aa_tui.library.bundled import is_bundled, page_id

    if is_bundled(file):
        return page_id(conn)
    stem = file.shown_name if file.is_served else clean_line(Path(file.shown_name).stem)
    return find_model(conn, (model_name(file.name, stem), without_quant(stem)), file.n_params)


def find_model(conn: sqlite3.Connection, names: Sequence[str], n_params: int | None) -> int | None:
    """The catalog's model that goes by one of these names, or whose weights do, and has this size; its id."""
    wanted = [name for name in map(models.normalise, names) if name]  # nothing is left of some scripts' names
    found: dict[str, int] = {}
    for model_id, slug, own_name, weights_url, params_b in models.names(conn):
        if not same_size(n_params, params_b):
            continue
        weights = (weights_url or "").rpartition("huggingface.co/")[2].split("/")
        for called in map(models.normalise, (slug, own_name, *weights[1:2])):
            if called in wanted:
                found.setdefault(called, model_id)
    return next((found[name] for name in wanted if name in found), None)
