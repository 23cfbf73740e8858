"""From two files to a queued study of how far one is from the other."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from aa_tui.runs.errors import RunError


@dataclass(frozen=True, slots=True)
class DivergenceOptions:
    """What the user may set of it."""

    text: Path | None = None
    quick: bool = False
    force: bool = False


def prepare_divergence(
    conn: sqlite3.Connection, target: str, reference: str, *, options: DivergenceOptions | None = None
) -> int:
    """Queue it."""
    raise RunError("Divergences cannot be measured yet.")
