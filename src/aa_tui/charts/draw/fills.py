"""What stacked bars are filled with. Colour is never the only carrier: parts differ in their height or their form."""

from __future__ import annotations

STACKED = ("▆", "▄", "▂", "#", "?", "o", "+", "x", "!")
"""The fills of parts that are stacked upon each other, also told apart when drawn in ASCII."""
