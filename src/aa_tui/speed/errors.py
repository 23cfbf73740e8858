"""What goes wrong in a speed measurement, said in one sentence."""

from __future__ import annotations


class SpeedError(Exception):
    """A measurement cannot be made as asked; `str()` is one sentence saying what is wrong and what to do."""
