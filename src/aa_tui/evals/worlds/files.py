"""Files in memory: a path is a key of the state's own tree and leads nowhere else."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.worlds.function import Arguments, RefusedError, State, function, text

MOST_FILES = 500
LONGEST_PATH = 200
LARGEST_FILE = 100_000
"""Characters."""


def path_of(value: str) -> str:
    """A path as the tree has it. Raises RefusedError for one that leads out of it."""
    parts = [part for part in value.strip().split("/") if part not in ("", ".")]
    if ".." in parts or "\\" in value or "\0" in value:
        raise RefusedError("The path leads out of the folder of files: that is not allowed.")
    if len(value) > LONGEST_PATH:
        raise RefusedError(f"The path is longer than {LONGEST_PATH} characters.")
    return "/".join(parts)


def list_files(state: State, given: Arguments) -> Any:
    folder = path_of(given.get("folder", ""))
    start = f"{folder}/" if folder else ""
    found = sorted(path for path in state["files"] if path.startswith(start))
    if folder and not found:
        raise RefusedError(f"There is no folder {folder!r}.")
    return {"files": found}


def read_file(state: State, given: Arguments) -> Any:
    return {"text": _content(state, given["path"])}


def write_file(state: State, given: Arguments) -> Any:
    path = _new_path(state, given["path"])
    state["files"][path] = given["text"]
    return {"written": path}


def append_line(state: State, given: Arguments) -> Any:
    before = _content(state, given["path"])
    whole = before + ("\n" if before and not before.endswith("\n") else "") + given["line"].strip("\n") + "\n"
    if len(whole) > LARGEST_FILE:
        raise RefusedError("The file would become too large.")
    state["files"][path_of(given["path"])] = whole
    return {"appended_to": path_of(given["path"])}


def move_file(state: State, given: Arguments) -> Any:
    content = _content(state, given["path"])
    path, to = path_of(given["path"]), _new_path(state, given["to"])
    if to in state["files"]:
        raise RefusedError(f"There is a file {to!r} already.")
    del state["files"][path]
    state["files"][to] = content
    return {"moved": path, "to": to}


def delete_file(state: State, given: Arguments) -> Any:
    _content(state, given["path"])
    del state["files"][path_of(given["path"])]
    return {"deleted": path_of(given["path"])}


def _content(state: State, name: str) -> str:
    path = path_of(name)
    if path not in state["files"]:
        raise RefusedError(f"There is no file {path!r}.")
    return str(state["files"][path])


def _new_path(state: State, name: str) -> str:
    path = path_of(name)
    folders = path.split("/")[:-1]
    if not path or any(other.startswith(f"{path}/") for other in state["files"]):
        raise RefusedError(f"{path!r} is a folder, not a file.")
    if any("/".join(folders[: n + 1]) in state["files"] for n in range(len(folders))):
        raise RefusedError(f"A part of {path!r} is a file, not a folder.")
    if path not in state["files"] and len(state["files"]) >= MOST_FILES:
        raise RefusedError("There are too many files.")
    return path


_PATH = text("Path of the file, such as notes/list.txt")

FUNCTIONS = (
    function(
        list_files,
        "List the paths of all files, or of those in one folder.",
        optional=("folder",),
        folder=text("Path of the folder; leave it out for all files"),
    ),
    function(read_file, "Read a text file.", path=_PATH),
    function(
        write_file,
        "Write a text file; one that is there is replaced.",
        writes=True,
        path=_PATH,
        text=text("The whole text of the file"),
    ),
    function(
        append_line, "Add a line at the end of a text file.", writes=True, path=_PATH, line=text("The line to add")
    ),
    function(
        move_file,
        "Move or rename a file; folders are made where they are missing.",
        writes=True,
        path=_PATH,
        to=text("The new path of the file"),
    ),
    function(delete_file, "Delete a file.", writes=True, path=_PATH),
)
