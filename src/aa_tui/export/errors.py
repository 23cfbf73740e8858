"""What cannot be exported, in one sentence for the user."""

from aa_tui.errors import AATuiError


class ExportError(AATuiError):
    """The file cannot be made or written. The text says why and what to do instead."""
