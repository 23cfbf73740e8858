"""From what was typed to a file: which one, of which model, and does it fit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from aa_tui.catalog import files, library, models
from aa_tui.catalog.rows import FileRow
from aa_tui.gguf.places import typed_path
from aa_tui.library.here import file_called, file_listed
from aa_tui.library.naming import known_model, same_size
from aa_tui.library.registering import Check, Progress, no_check, register
from aa_tui.runs.errors import RunError
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

MEMORY_SHARE = 0.95
"""A file larger than this share of the free memory would be read from the disk for every token."""


def find_file(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    on_progress: Progress | None = None,
    check: Check = no_check,
) -> FileRow:
    """The file that the user means, noted in the catalog and linked to a model. Raises as `prepare`.

    `check` may refuse it by its path and size before all of it is read.
    """
    path = typed_path(target)
    if path.is_file():
        return _linked(conn, path, on_progress, check, model)
    listed = file_listed(conn, target)
    if listed is not None:
        return _linked(conn, listed, on_progress, check, model)
    if os.sep in target or target.lower().endswith(".gguf"):
        raise RunError(_no_file(target, path))
    try:
        file = _file_of_model(conn, target, on_progress, check)
    except models.UnknownModelError:
        if path.exists():
            raise RunError(_no_file(target, path)) from None
        raise
    if model is None:
        return file
    _link_to_named(conn, file, model)
    return files.get(conn, file.id)


def _no_file(target: str, path: Path) -> str:
    if path.is_dir():
        return f"{quoted(target)} is a folder; name a .gguf file in it."
    if path.exists():
        return f"{quoted(target)} is no plain file; name a .gguf file."
    if os.path.lexists(path):
        return f"{quoted(target)} is a link to what is not there; name a .gguf file."
    return f"There is no file {quoted(target)}; `aa-tui gguf list` lists those there are."


def _linked(
    conn: sqlite3.Connection, path: Path, on_progress: Progress | None, check: Check, model: str | None = None
) -> FileRow:
    """The file at a path, linked to the model of that name, else to the one that it is called as."""
    file, header = register(conn, path, on_progress, check)
    if model is not None:
        _link_to_named(conn, file, model)
    elif file.model_id is None and header is not None:
        known = known_model(conn, file)
        if known is not None:
            files.link(conn, file.id, known)
    return files.get(conn, file.id)


def chat_template(file: FileRow) -> str | None:
    """The file's chat template; without one it is a base model's."""
    from aa_tui.gguf.header import read_header

    return read_header(Path(file.path)).chat_template


def has_tokenizer(metadata: Mapping[str, object]) -> bool:
    """Whether a file says by its header how texts are cut into its tokens."""
    return metadata.get("tokenizer.ggml.model") not in (None, "", "none", "no_vocab")


def check_tokenizer(file: FileRow) -> None:
    """Raises `RunError` where the file has none: no text can be put to it."""
    from aa_tui.gguf.parts import read_parts

    if not has_tokenizer(read_parts(Path(file.path))[0].metadata):
        raise RunError(
            f"{file.shown_name} has no tokenizer, so no text can be put to it: take another file of the model, or "
            "convert it again."
        )


def check_memory(file: FileRow) -> None:
    """Raises `RunError` where the file would not stay in memory."""
    check_size(file.path, file.size_bytes)


def check_size(path: str, size_bytes: int) -> None:
    """The same of a file of this size."""
    from aa_tui.host.machine import available_memory_bytes

    free = available_memory_bytes()
    if size_bytes > free * MEMORY_SHARE:
        name = clean_line(Path(path).name)
        raise RunError(
            f"{name} is {size_bytes / 1e9:.1f} GB but only {free / 1e9:.1f} GB of memory is free; "
            "close other programs, take a smaller quantization, or measure all the same with --force."
        )


def _file_of_model(conn: sqlite3.Connection, name: str, on_progress: Progress | None, check: Check) -> FileRow:
    """The smallest file of a model that still lies on this machine, the bundled model's among them.

    A file that nothing is known of yet may be meant too, by a part of its name.
    """
    from aa_tui.library.bundled import register_bundled

    bundled = register_bundled(conn, name)
    if bundled is not None:
        return bundled
    try:
        model = models.resolve(conn, name)
    except models.UnknownModelError:
        path = file_called(conn, name)
        if path is None:
            raise
        return _linked(conn, path, on_progress, check)
    known = [file.path for file in files.files_of_model(conn, model.model_id)]
    seen = [file.path for file in library.seen_of_model(conn, model.model_id)]  # found by `aa-tui gguf list`
    here = [path for path in (*known, *seen) if Path(path).exists()]
    if not here:
        path = file_called(conn, name)
        if path is not None:
            return _linked(conn, path, on_progress, check)
        raise RunError(
            f"No GGUF file of {model.name} is known on this machine; "
            f"get one with `aa-tui gguf pull {model.slug}`, or measure `aa-tui bench PATH --model {model.slug}`."
        )
    file = _first_usable(conn, here, on_progress, check)
    if file.model_id is None:
        files.link(conn, file.id, model.model_id)
    return files.get(conn, file.id)


def _first_usable(
    conn: sqlite3.Connection, paths: Sequence[str], on_progress: Progress | None, check: Check
) -> FileRow:
    """The first of these files that can be measured. Raises GGUFError, of the first, where none can."""
    from aa_tui.gguf.errors import GGUFError

    refused: GGUFError | None = None
    for path in paths:
        try:
            return register(conn, Path(path), on_progress, check)[0]
        except GGUFError as error:
            refused = refused or error
    raise refused or GGUFError("There is no file to measure.")


def _link_to_named(conn: sqlite3.Connection, file: FileRow, name: str) -> None:
    model = models.resolve(conn, name)
    if not same_size(file.n_params, model.total_params_b):
        raise RunError(
            f"{file.shown_name} has {(file.n_params or 0) / 1e9:.2f}B parameters but {model.name} "
            f"has {model.total_params_b:.2f}B, so it is no file of that model; leave out --model to measure it "
            "under its own name."
        )
    files.link(conn, file.id, model.model_id)
