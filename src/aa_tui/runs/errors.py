"""What can be wrong with a run."""

from __future__ import annotations


class RunError(Exception):
    """A run cannot be planned, started or continued. The text is one sentence for the user."""
