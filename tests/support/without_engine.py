"""An environment that has all that this one has but llama.cpp, for what one does before it is compiled."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

_ENGINE = "llama_cpp"


def make_environment(folder: Path) -> Path:
    """Make a virtual environment of links to what is installed here. Returns its Python."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    there = next((folder / "lib").glob("python*/site-packages"))
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if not one.name.startswith(_ENGINE):
            (there / one.name).symlink_to(one)
    return folder / "bin" / "python"
