"""What `--catalog` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def catalog_path(options: argparse.Namespace) -> Path:
    """The catalog's file: the one that is named, else the one in the data folder, which may have to be made."""
    from aa_tui.catalog.db import default_path
    from aa_tui.gguf.places import typed_path

    return typed_path(options.catalog) if options.catalog else default_path()
