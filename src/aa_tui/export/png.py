"""An SVG picture as PNG, where a library that turns SVG into pixels is installed; aa-tui does not need one itself."""

from __future__ import annotations

from importlib.util import find_spec

from aa_tui.export.errors import ExportError

CONVERTER = "cairosvg"
_SCALE = 2.0
"""Pixels for one SVG unit, for sharp text on today's screens."""


def is_possible() -> bool:
    """Whether the converter is installed."""
    return find_spec(CONVERTER) is not None


def render(svg: str) -> bytes:
    """The picture's bytes. Raises `ExportError` where there is no converter."""
    from importlib import import_module

    try:
        converter = import_module(CONVERTER)
    except (ImportError, OSError) as error:  # OSError: the library is there, the system's cairo is not
        raise ExportError(
            f"PNG needs the Python package {CONVERTER}: install it, or aa-tui with its extra png; SVG needs nothing."
        ) from error
    picture: bytes = converter.svg2png(bytestring=svg.encode(), scale=_SCALE)
    return picture
