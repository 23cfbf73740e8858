"""A drawing as SVG: a grid of monospaced text, light and dark by the reader's own choice, nothing fetched.

Every stretch is placed by its column and told its length, so that lines stay whole in whatever font the viewer has.
Blocks and bars are drawn as shapes: a font's own block characters leave gaps between lines.
"""

from __future__ import annotations

from html import escape

from aa_tui.charts.cells import cell_width
from aa_tui.charts.drawing import Drawing, Stretch
from aa_tui.export import colours
from aa_tui.textsafe import clean_line

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 8.4, 18, 14
"""In SVG units; a monospaced font is 0.6 of its size wide."""

_MARGIN = 16
_BLOCKS = {"█": (0.08, 0.88), "▆": (0.25, 0.75), "▇": (0.125, 0.875), "▅": (0.375, 0.625), "▄": (0.5, 0.5)}
"""Where in the cell a block begins, from the top, and how high it is."""


def render(drawing: Drawing, title: str, *, dark: bool | None = None) -> str:
    """The drawing as a file. `dark` fixes the colours, for converters that know no preference; None leaves it open."""
    columns = max((sum(cell_width(part.text) for part in line) for line in drawing.lines), default=1)
    width = columns * CELL_WIDTH + 2 * _MARGIN
    height = len(drawing.lines) * CELL_HEIGHT + 2 * _MARGIN
    body = "".join(_line(line, row) for row, line in enumerate(drawing.lines))
    safe = _xml(clean_line(title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{safe}">'
        f"<title>{safe}</title><style>{_style(dark)}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{body}</svg>\n'
    )


def _xml(text: str) -> str:
    """Text for elements and attributes; XML knows no noncharacters, even escaped ones."""
    return escape(text.replace("\ufffe", "").replace("\uffff", ""), quote=True)


def _style(dark: bool | None) -> str:
    if dark is not None:
        return _fixed(colours.DARK if dark else colours.LIGHT)
    text = f"text{{font:{FONT_SIZE}px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}"
    return (
        f":root{{{colours.variables(colours.LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{colours.variables(colours.DARK)}}}}}"
        f"{text}text,rect{{fill:var(--text)}}.ground{{fill:var(--ground)}}{colours.role_rules('fill')}"
    )


def _fixed(palette: dict[str, str]) -> str:
    """The same for simple converters, which know neither custom properties nor a choice of fonts."""
    font = f"font-size:{FONT_SIZE}px;font-family:monospace"
    rules = [f"text{{{font}}}text,rect{{fill:{palette['text']}}}.ground{{fill:{palette['ground']}}}"]
    for role, colour in colours.ROLE_COLOURS.items():
        weight = ";font-weight:bold" if role in colours.BOLD else ""
        rules.append(f".{colours.role_class(role)}{{fill:{palette[colour]}{weight}}}")
    return "".join(rules)


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
    return f'<text{kind} x="{x:.1f}" y="{base:.1f}"{fit}>{_xml(text)}</text>'
