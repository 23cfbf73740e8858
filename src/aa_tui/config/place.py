"""Where `config.toml` lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NAME = "config.toml"
VARIABLE = "AA_TUI_CONFIG"


def path_of(environ: Mapping[str, str]) -> Path | None:
    """The file, whether or not it is there; None where nobody knows the user's home.

    `AA_TUI_CONFIG` names it. With `AA_TUI_HOME` it lies in that folder, else where the system keeps settings.
    """
    if named := environ.get(VARIABLE):
        return _typed(named)
    if home := environ.get("AA_TUI_HOME"):
        return _typed(home) / NAME
    import platformdirs

    try:
        return Path(platformdirs.user_config_dir("aa-tui", appauthor=False)) / NAME
    except RuntimeError:  # a container's user without a name
        return None


def _typed(path: str) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111 - that of pathlib raises where it does not know the home
