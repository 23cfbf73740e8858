"""A catalog that the app has been opened on before: its first start lists what fits the machine, which differs."""

from __future__ import annotations

import json
from pathlib import Path

from aa_tui.tui.core.memory import FORMAT, path_beside


def used_before(catalog: Path) -> None:
    """Have the app begin with all models, as it does where it remembers no other class."""
    path_beside(catalog).write_text(json.dumps({"format": FORMAT, "marked": []}))
