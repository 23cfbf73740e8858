"""What goes wrong with a file of another program."""

from __future__ import annotations

from aa_tui.errors import AATuiError


class FormatError(AATuiError):
    """A file cannot be read as a log. One sentence: what is wrong with it, and what to do."""
