"""What can be wrong with a run."""

from __future__ import annotations

from aa_tui.errors import AATuiError, UsageError


class RunError(AATuiError):
    """A run cannot be planned, started or continued. The text is one sentence for the user."""


class OptionsError(RunError, UsageError):
    """What a run was asked for cannot be meant, whatever the file: other words are needed."""
