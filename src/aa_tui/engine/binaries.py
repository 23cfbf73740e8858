"""llama.cpp's libraries as files: which build this is can be told without loading it."""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path

from aa_tui.host.installation import install_command

_SUFFIXES = (".so", ".dylib", ".dll")


def is_installed() -> bool:
    """Whether llama-cpp-python is here at all, in whatever state: one may look around without it."""
    return find_spec("llama_cpp") is not None


def not_installed() -> str:
    """The sentence for an installation without llama.cpp; empty where there is one."""
    if is_installed():
        return ""
    return (
        f"llama.cpp is not installed here, so no model can be run: `{install_command()}` adds it, which compiles for "
        "some minutes. Everything else works without it."
    )


def libraries() -> tuple[Path, ...]:
    """The shared libraries that llama-cpp-python would load, in a fixed order; empty where it is not installed."""
    named = os.environ.get("LLAMA_CPP_LIB_PATH")  # what llama-cpp-python itself obeys
    spec = None if named else find_spec("llama_cpp")
    if named:
        folder = Path(named)
    elif spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "lib"
    else:
        return ()
    try:
        return tuple(sorted(one for one in folder.iterdir() if one.name.endswith(_SUFFIXES)))
    except OSError:
        return ()


def stamp() -> str:
    """Where the libraries are, how large and how old: one that is the same needs no new hash."""
    facts = [(str(one), (stat := one.stat()).st_size, stat.st_mtime_ns) for one in libraries()]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def content_hash() -> str:
    """A hash of the libraries' content, 64 hexadecimal digits; empty where there are none."""
    found = libraries()
    if not found:
        return ""
    total = hashlib.sha256()
    for one in found:
        with one.open("rb") as file:
            total.update(f"{one.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
