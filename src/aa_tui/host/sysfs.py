"""Single values from the kernel's files under /sys. What is missing, unreadable or no number is None."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from pathlib import Path


def text(path: Path) -> str | None:
    """The first line of a file, cleaned."""
    try:
        found = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):  # a pseudo-file may refuse to be read at any time
        return None
    return clean_line(found[0]) or None if found else None


def number(path: Path) -> int | None:
    """The whole number that a file holds."""
    found = text(path)
    if found is None:
        return None
    try:
        return int(found)
    except ValueError:
        return None
