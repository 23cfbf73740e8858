"""What goes wrong in a speed measurement, said in one sentence."""

from __future__ import annotations

from aa_tui.errors import UsageError


class SpeedError(UsageError):
    """A measurement cannot be made as asked; `str()` is one sentence saying what is wrong and what to do."""
