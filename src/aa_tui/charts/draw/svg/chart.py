"""A chart of any form in shapes: for a page that styles it, or as a file that stands alone."""

from __future__ import annotations

from aa_tui.charts.draw import colours
from aa_tui.charts.draw.head import better_words
from aa_tui.charts.draw.svg import bars as bars_drawing
from aa_tui.charts.draw.svg import plane
from aa_tui.charts.draw.svg.shapes import SIZE, SMALL, Drawn, fitted, safe_text, text, text_width
from aa_tui.charts.spec import BarChart, Chart, PanelChart, ScatterChart

WIDTH = 800.0
"""Of a file that stands alone."""

CELL = 8.0
"""As wide as a character, for those who count in characters."""

MOST_BARS = 60
"""Of more bars the highlighted ones, their neighbours and the best are drawn."""

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',Arial,sans-serif"

_PLAIN_FONT = "'DejaVu Sans',Arial,Helvetica,sans-serif"
_MARGIN, _TITLE, _TITLE_ROW, _WORDS_ROW = 20.0, 18.0, 24.0, 17.0
_PANEL, _PANEL_GAP, _PANEL_BARS = 360.0, 36.0, 12
_PLANE_SHARE = 0.58
_LEAST = 240.0
_HEAD_ROWS = 6


def body(chart: BarChart | ScatterChart, width: float, *, most: int = MOST_BARS, height: float | None = None) -> Drawn:
    """Bars, dots or lines without title and words, which the page around sets."""
    if isinstance(chart, ScatterChart):
        return plane.draw(chart, width, height or max(width * _PLANE_SHARE, 340.0))
    return bars_drawing.draw(chart, width, most)


def words(chart: BarChart | ScatterChart, *, most: int = MOST_BARS) -> list[str]:
    """What is said below the title: the unit, which way is better, how many are drawn of how many there are."""
    if isinstance(chart, ScatterChart):
        return [chart.count]
    shown = f"{min(most, len(chart.bars))} of {chart.total} {chart.noun}"
    marks = ["◆ reasoning"] if any(bar.reasoning for bar in chart.bars) else []
    marks += ["~ estimate"] if any(bar.estimate for bar in chart.bars) else []
    return [chart.unit, *filter(None, [better_words(chart.better)]), shown, *marks]


def inline(chart: BarChart | ScatterChart, width: float, *, most: int = MOST_BARS, kind: str = "") -> str:
    """The shapes as an element of a page, whose style gives the classes their colours. Empty without anything drawn."""
    drawn = body(chart, width, most=most)
    if not drawn.body:
        return ""
    named = f' class="{kind}"' if kind else ""
    return (
        f'<svg{named} xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}" role="img" '
        f'aria-label="{safe_text(chart.title)}">{drawn.body}</svg>'
    )


def standalone(chart: Chart, *, source: str = "", width: float = WIDTH, rows: int | None = None) -> str:
    """The chart as a file, with title, words and source line, in plain light colours that every viewer knows.

    `rows` bounds the bars, and a plane's height.
    """
    width = max(_LEAST, width)
    room = width - 2 * _MARGIN
    most = MOST_BARS if rows is None else max(1, rows - _HEAD_ROWS)
    parts, top = _head(chart, room, most)
    if isinstance(chart, PanelChart):
        drawn, top = _panels(chart, room, top)
        parts += drawn
    else:
        picture = body(chart, room, most=most, height=None if rows is None else max(_LEAST, most * _WORDS_ROW))
        parts.append(picture.moved(_MARGIN, top))
        top += picture.height
    if not _has_shapes(chart):
        parts.append(text(_MARGIN, top + 12, chart.missing or "No values.", "note"))
        top += _WORDS_ROW
    for row in _wrapped([*chart.note.split(", "), source], room):
        parts.append(text(_MARGIN, top + 14, row, "note", size=SMALL))
        top += _WORDS_ROW
    return file(Drawn(width, top + _MARGIN, "".join(parts)), chart.title)


def file(drawn: Drawn, title: str) -> str:
    """Shapes as a whole file, on their own ground."""
    safe = safe_text(title)
    size = f'viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}" width="{drawn.width:.0f}" height="{drawn.height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{safe}"><title>{safe}</title>'
        f"<style>text{{font-family:{_PLAIN_FONT}}}{colours.plain_rules(colours.LIGHT)}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{drawn.body}</svg>\n'
    )


def _has_shapes(chart: Chart) -> bool:
    if isinstance(chart, PanelChart):
        return bool(chart.charts)
    return bool(body(chart, WIDTH).body)


def _head(chart: Chart, room: float, most: int) -> tuple[list[str], float]:
    """The title and the words below it."""
    parts = [text(_MARGIN, _MARGIN + _TITLE * 0.8, fitted(chart.title, room, _TITLE), "title", size=_TITLE)]
    top = _MARGIN + _TITLE_ROW
    told = [f"{len(chart.charts)} charts"] if isinstance(chart, PanelChart) else words(chart, most=most)
    for row in _wrapped(told, room):
        parts.append(text(_MARGIN, top + 10, row, "note", size=SIZE - 1))
        top += _WORDS_ROW
    return parts, top + 8


def _wrapped(told: list[str], room: float) -> list[str]:
    """Words, separated, in as many rows as they need."""
    rows: list[str] = []
    for word in filter(None, told):
        longer = f"{rows[-1]} · {word}" if rows else word
        if rows and text_width(longer, SMALL) <= room:
            rows[-1] = longer
        else:
            rows.append(fitted(word, room, SMALL))
    return rows


def _panels(chart: PanelChart, room: float, top: float) -> tuple[list[str], float]:
    """Small charts side by side, as many as the width holds."""
    across = max(1, min(len(chart.charts), int((room + _PANEL_GAP) / (_PANEL + _PANEL_GAP))))
    wide = (room - _PANEL_GAP * (across - 1)) / across
    parts: list[str] = []
    for start in range(0, len(chart.charts), across):
        row = chart.charts[start : start + across]
        drawn = [body(one, wide, most=_PANEL_BARS) for one in row]
        for number, (one, picture) in enumerate(zip(row, drawn, strict=True)):
            x = _MARGIN + number * (wide + _PANEL_GAP)
            parts.append(text(x, top + 12, fitted(one.title, wide, SIZE), "title"))
            parts.append(picture.moved(x, top + 22))
        top += max(picture.height for picture in drawn) + 22 + 12
    return parts, top
