"""A document as one HTML file: no script, nothing fetched, light and dark by the reader's own choice."""

from __future__ import annotations

from html import escape

from aa_tui.charts.drawing import Drawing
from aa_tui.export import colours
from aa_tui.export.document import Block, Document, Heading, Paragraph, Table

_STYLE = f"""
:root{{color-scheme:light dark;{colours.variables(colours.LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{colours.variables(colours.DARK)}}}}}
body{{margin:2rem auto;padding:0 1rem;max-width:68rem;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,sans-serif;}}
p{{max-width:44rem;}}
h1,h2,h3{{line-height:1.2;}}
h2{{margin-top:2.5rem;border-bottom:1px solid var(--rule);padding-bottom:.3rem;}}
table{{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto;}}
th,td{{padding:.25rem .9rem .25rem 0;text-align:left;vertical-align:top;}}
th{{color:var(--dim);font-weight:normal;}}
.n{{text-align:right;font-variant-numeric:tabular-nums;}}
figure{{margin:1.5rem 0;overflow-x:auto;}}
pre{{font:13px/1.25 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;margin:0;}}
{colours.role_rules("color")}
"""


def render(document: Document) -> str:
    """The whole file."""
    body = "\n".join(map(_block, document.blocks))
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        words = escape(block.text).replace("\n", "<br>")
        return f"<p><strong>{words}</strong></p>" if block.strong else f"<p>{words}</p>"
    if isinstance(block, Table):
        return _table(block)
    label = escape(block.title, quote=True)
    return f'<figure role="img" aria-label="{label}"><pre>{_drawing(block.drawing)}</pre></figure>'


def _table(block: Table) -> str:
    lines = ["<table>"]
    if block.head:
        lines.append(f"<thead><tr>{_cells(block.head, 'th', block.right)}</tr></thead>")
    rows = "\n".join(f"<tr>{_cells(row, 'td', block.right)}</tr>" for row in block.rows)
    return "\n".join([*lines, f"<tbody>\n{rows}\n</tbody>", "</table>"])


def _cells(row: tuple[str, ...], tag: str, right: frozenset[int]) -> str:
    return "".join(_cell(text, tag, number in right) for number, text in enumerate(row))


def _cell(text: str, tag: str, right: bool) -> str:
    kind = ' class="n"' if right else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"


def _drawing(drawing: Drawing) -> str:
    lines = []
    for line in drawing.lines:
        parts = []
        for part in line:
            text = escape(part.text)
            parts.append(f'<span class="{colours.role_class(part.role)}">{text}</span>' if part.role else text)
        lines.append("".join(parts))
    return "\n".join(lines)
