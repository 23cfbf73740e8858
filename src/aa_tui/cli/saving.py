"""Writing a file for a command: never over another one unasked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aa_tui.cli import output

if TYPE_CHECKING:
    from pathlib import Path


def save(path: Path, data: bytes, *, force: bool) -> bool:
    """Write it, and say whether it is written: who sits at a terminal is asked before a file is replaced.

    Raises ExportError where there is a file and nobody to ask, unless it is to be replaced by `force`.
    """
    from aa_tui.export.errors import ExportError
    from aa_tui.export.files import FileExistsAlready, write

    try:
        write(path, data, replace=force)
    except FileExistsAlready as error:
        if not sys.stdin.isatty():
            raise ExportError(
                f"{path} exists already; name another file with --output, or replace it with --force."
            ) from error
        if not output.agrees(f"{path} exists already. Replace it?"):
            output.say("Nothing was written.")
            return False
        write(path, data, replace=True)
    return True
