"""What is done to every line just before it goes to the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from aa_tui.textsafe import has_controls, strip_controls

if TYPE_CHECKING:
    from textual.color import Color


class ControlStrip(LineFilter):
    """The last line of defence: drop what a terminal would obey. Data is cleaned where it enters; this is for slips."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without control characters; Textual's own control segments pass."""
        if not any(control is None and (has_controls(text) or "\t" in text) for text, _, control in segments):
            return segments
        return [
            Segment(text if control is not None else strip_controls(text).replace("\t", " "), style, control)
            for text, style, control in segments
        ]


class AsciiOnly(LineFilter):
    """For terminals and fonts without our glyphs: each becomes an ASCII character, names keep their width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in ASCII."""
        from aa_tui.charts.draw.drawing import ascii_pieces

        if all(text.isascii() for text, _, _ in segments):
            return segments
        texts = iter(ascii_pieces([text for text, _, control in segments if not control]))
        return [Segment(text if control else next(texts), style, control) for text, style, control in segments]
