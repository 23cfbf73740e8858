"""Lines of characters as SVG: a grid of monospaced text in plain light colours, nothing fetched.

Every stretch is placed by its column and told its length, so that lines stay whole in whatever font the viewer has.
Blocks and bars are drawn as shapes: a font's own block characters leave gaps between lines.
"""

from __future__ import annotations

from aa_tui.charts.draw import colours
from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.drawing import Drawing, Stretch
from aa_tui.charts.draw.svg.shapes import safe_text, xml_text

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 8.4, 18, 14
"""In SVG units; a monospaced font is 0.6 of its size wide."""

_MARGIN = 16
_BLOCKS = {
    "█": (0.08, 0.88),
    "▆": (0.25, 0.75),
    "▇": (0.125, 0.875),
    "▅": (0.375, 0.625),
    "▄": (0.5, 0.5),
    "▂": (0.75, 0.25),
}
"""Where in the cell a block begins, from the top, and how high it is."""

_STYLE = f"text{{font-size:{FONT_SIZE}px;font-family:monospace;white-space:pre}}{colours.plain_rules(colours.LIGHT)}"


def render(drawing: Drawing, title: str) -> str:
    """The drawing as a file, in colours and fonts that simple viewers and converters know."""
    columns = max((sum(cell_width(part.text) for part in line) for line in drawing.lines), default=1)
    width = columns * CELL_WIDTH + 2 * _MARGIN
    height = len(drawing.lines) * CELL_HEIGHT + 2 * _MARGIN
    body = "".join(_line(line, row) for row, line in enumerate(drawing.lines))
    safe = safe_text(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{safe}">'
        f"<title>{safe}</title><style>{_STYLE}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{body}</svg>\n'
    )


def _line(line: tuple[Stretch, ...], row: int) -> str:
    column = 0
    parts = []
    for part in line:
        for text in _runs(part.text):
            parts.append(_run(text, part.role, column, row))
            column += cell_width(text)
    return "".join(parts)


def _runs(text: str) -> list[str]:
    """The text in pieces of blocks of one kind, of spaces, and of other characters."""
    runs: list[str] = []
    for character in text:
        same = runs and _kind(runs[-1][0]) == _kind(character)
        if same:
            runs[-1] += character
        else:
            runs.append(character)
    return runs


def _kind(character: str) -> str:
    return character if character in _BLOCKS or character == " " else ""


def _run(text: str, role: str | None, column: int, row: int) -> str:
    if text.isspace():
        return ""
    x, y = _MARGIN + column * CELL_WIDTH, _MARGIN + row * CELL_HEIGHT
    kind = f' class="{colours.role_class(role)}"' if role else ""
    length = cell_width(text) * CELL_WIDTH
    if text[0] in _BLOCKS:
        start, share = _BLOCKS[text[0]]
        top, high = y + start * CELL_HEIGHT, share * CELL_HEIGHT
        return f'<rect{kind} x="{x:.1f}" y="{top:.1f}" width="{length:.1f}" height="{high:.1f}"/>'
    base = y + CELL_HEIGHT * 0.75
    fit = f' textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"' if length else ""
    return f'<text{kind} x="{x:.1f}" y="{base:.1f}"{fit}>{xml_text(text)}</text>'
