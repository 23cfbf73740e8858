"""How this installation came to be, as far as the command that builds llama.cpp again depends on it."""

from __future__ import annotations

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path

_PACKAGE = "llama-cpp-python"

OWN_FLAGS = "-DCMAKE_CXX_FLAGS=-fno-dse"
"""What keeps GCC from breaking llama.cpp's AMX code (ggml-org/llama.cpp#20824); uv has it from pyproject.toml."""


def rebuild_command(flags: str = "") -> str:
    """The command that compiles llama.cpp anew for this machine, with more CMake arguments where need be.

    In a checkout uv has them from the project's own file.
    """
    by_uv = _by_uv()
    if by_uv and _is_checkout():
        asked = "" if flags == OWN_FLAGS else flags
        return f"{_with(asked)}uv sync --inexact --reinstall-package {_PACKAGE} --no-cache"
    arguments = _with(flags)
    try:
        wanted = f"{_PACKAGE}=={version(_PACKAGE)}"
    except PackageNotFoundError:
        wanted = _PACKAGE
    python = shlex.quote(sys.executable)
    if by_uv:
        return f"{arguments}uv pip install --python {python} --reinstall --no-deps --no-cache {wanted}"
    return f"{arguments}{python} -m pip install --force-reinstall --no-deps --no-cache-dir {wanted}"


def install_command() -> str:
    """The command that adds llama.cpp to an installation without it. In a checkout uv knows the flags."""
    if _by_uv() and _is_checkout():
        return "uv sync --inexact"
    wanted = shlex.quote(next(filter(_is_of_package, requires("aa-tui") or ()), _PACKAGE).partition(";")[0].strip())
    python = shlex.quote(sys.executable)
    installs = f"uv pip install --python {python}" if _by_uv() else f"{python} -m pip install"
    return f"{_with(OWN_FLAGS)}{installs} {wanted}"


def _is_of_package(requirement: str) -> bool:
    return requirement.startswith(_PACKAGE)


def _with(flags: str) -> str:
    return f'CMAKE_ARGS="{flags}" ' if flags else ""


def _by_uv() -> bool:
    """Whether uv made this environment: it says so in pyvenv.cfg, and puts no pip into it."""
    try:
        lines = (Path(sys.prefix) / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)


def _is_checkout() -> bool:
    """Whether aa-tui runs from its own source tree (PEP 610, "editable")."""
    try:
        told = distribution("aa-tui").read_text("direct_url.json")
        return bool(json.loads(told or "{}").get("dir_info", {}).get("editable"))
    except (PackageNotFoundError, ValueError):
        return False
