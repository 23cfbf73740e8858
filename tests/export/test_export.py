"""Exported files: what is in them, that nothing in them is anybody's markup, and that no file is lost."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.support.evaluated import Told, evaluate_here
from tests.support.program import Program

from aa_tui.catalog import runs
from aa_tui.charts import book
from aa_tui.charts.draw import grid_svg
from aa_tui.charts.spec import Bar, BarChart
from aa_tui.export import files, html, markdown, png
from aa_tui.export.document import (
    Block,
    Fold,
    Heading,
    Link,
    Paragraph,
    Picture,
    Table,
    Tile,
    Tiles,
    Verbatim,
    document,
)
from aa_tui.export.errors import ExportError
from aa_tui.export.grid import grid
from aa_tui.export.page import one_chart, whole_page
from aa_tui.export.run import export_run
from aa_tui.pages import page

SLUG = "nanbeige4-1-3b"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "\x1b]0;pwned\x07<script>alert(1)</script>",
    "</pre></style>[x](http://evil) ![i](http://evil/i.png) `code` | cell",
    "```\n# Title\n\ufffe\u202e",
    "]]>&amp;\"'<!--",
    "日本語モデル",
)


class Outline(HTMLParser):
    """The tags of a file, with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    return found


def test_a_page_as_markdown_says_all(conn: sqlite3.Connection) -> None:
    text = markdown.render(whole_page(conn, page.load(conn, SLUG)))
    plain = text.replace("\\", "")
    for said in (
        "# Nanbeige4.1-3B",
        "| Intelligence Index | 16 | 0–100 | #5 / 43 | 8 | well above average | [Artificial Analysis, v4.0, 2026",
        "| Output tokens on the index | 150M | tokens | #3 / 38 | 17M | very verbose | [Artificial",
        "## Facts",
        "| Total parameters | 3.93 billion |",
        "▶ ◆ Nanbeige4.1-3B",
        "## Openness, context and size",
        "**Which licence does Nanbeige4.1-3B have, and does it allow commercial use?**",
        "Nothing was measured on this machine yet.",
        "(<https://artificialanalysis.ai/models/nanbeige4-1-3b>), table of 2026-06-15, index v4.0",
    ):
        assert said in plain, said
    assert text.count("```") % 2 == 0
    assert len(re.findall("^## ", text, re.MULTILINE)) >= 10


def test_a_page_as_html_stands_alone(conn: sqlite3.Connection) -> None:
    text = html.render(whole_page(conn, page.load(conn, SLUG)))
    found = outline(text)
    assert {"html", "head", "body", "table", "svg", "h1", "h2", "a"} <= set(found.tags)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(found.tags), "nothing is fetched or run"
    assert "prefers-color-scheme:dark" in text
    assert "Where can Nanbeige4.1-3B be hosted or run?" in "".join(found.text)
    assert "▶ ◆ Nanbeige4.1-3B" in "".join(found.text)
    assert 'href="https://huggingface.co/Nanbeige/Nanbeige4.1-3B"' in text


@pytest.mark.parametrize("kind", book.ALL, ids=lambda kind: kind.name)
def test_every_chart_in_every_format(conn: sqlite3.Connection, kind: book.Kind) -> None:
    made = one_chart(conn, SLUG, kind.name)
    root = ET.fromstring(files.contents(made, "svg"))
    assert root.tag == f"{SVG}svg"
    drawn = "".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    for word in kind.title.split()[:2]:
        assert word in drawn
    assert kind.title.split(":")[0] in outline(html.render(made)).text[-1] + "".join(outline(html.render(made)).text)
    assert markdown.render(made).startswith("# ")


def test_a_charts_table_holds_every_figure(conn: sqlite3.Connection) -> None:
    text = markdown.render(one_chart(conn, SLUG, "tokens"))
    assert "| Nanbeige4.1-3B | 150M | 146.246 | 133.32 | 12.92 | reasoning |" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 38 + 2, "a head, a rule and the 38 models with a figure"


def test_bars_become_shapes_of_their_length(conn: sqlite3.Connection) -> None:
    root = ET.fromstring(files.contents(one_chart(conn, SLUG, "intelligence"), "svg"))
    chosen = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "r-chosen-bar"]
    others = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "r-bar"]
    assert len(chosen) == 1
    assert len(others) == 42
    longest = max(float(rect.get("width", "0")) for rect in others)
    assert 0.8 < float(chosen[0].get("width", "0")) / longest < 0.95, "16.1 beside 18.2"
    assert all(float(rect.get("x", "0")) >= 0 for rect in others)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_stays_text(text: str) -> None:
    bars = (Bar(text, text, 1.0, text, group=text), Bar("two", text, 2.0, text, highlighted=True, reasoning=True))
    chart = BarChart(text, text, text, "higher", bars, 2, note=text, groups=(text, "other"))
    blocks: list[Block] = [
        Heading(text, 1),
        Paragraph(text, strong=True),
        Paragraph(text),
        Table((text, text, text), ((text, text, text), ("1", "2", "3"))),
        Tiles((Tile(text, text, (text,)),)),
        Verbatim(text, text),
        Fold(text, (Paragraph((text, Link(text, text), Link(text, "javascript:alert(1)"))),)),
        Picture(chart, text, tabled=True),
    ]
    made = document(text, blocks)
    for key in ("md", "html", "svg"):
        data = files.contents(made, key).decode()
        assert "\x1b" not in data
        assert "\u202e" not in data
        assert "pwned" not in data
    found = outline(html.render(made))
    assert not {"script", "a", "img"} & set(found.tags)
    assert not {one for one in found.attributes if one.startswith("on")} | {"src", "style", "action"} & found.attributes
    ET.fromstring(grid_svg.render(grid(made), text))
    written = markdown.render(made)
    outside = re.sub(r"^(`{3,})text\n.*?\n\1$", "", written, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"(?<!\\)[\[<`]", outside), "no link, tag or code outside of the drawing"
    assert len({line.count("|") - line.count(r"\|") for line in outside.splitlines() if line.startswith("| ")}) == 1


def test_wide_characters_keep_their_cells() -> None:
    from aa_tui.charts.draw.drawing import Drawing, Stretch

    root = ET.fromstring(grid_svg.render(Drawing(((Stretch("日本x", "label"), Stretch("y", "value")),)), "t"))
    first, second = root.iter(f"{SVG}text")
    step = float(second.get("x", "0")) - float(first.get("x", "0"))
    assert step == pytest.approx(5 * grid_svg.CELL_WIDTH, abs=0.2)


def test_no_file_is_replaced_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    files.write(path, b"one")
    with pytest.raises(files.FileExistsAlready, match="exists already"):
        files.write(path, b"two")
    assert path.read_bytes() == b"one"
    files.write(path, b"two", replace=True)
    assert path.read_bytes() == b"two"
    for wrong, says in ((tmp_path, "is a folder"), (tmp_path / "no" / "a.md", "cannot be written")):
        with pytest.raises(ExportError, match=says):
            files.write(wrong, b"")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("nanbeige4-1-3b", "speed"), "nanbeige4-1-3b-speed.svg"),
        (("../../etc/passwd",), "etc-passwd.svg"),
        (("日本",), "aa-tui.svg"),
        (("x" * 300,), "x" * 120 + ".svg"),
    ],
)
def test_names_of_files_are_plain(words: tuple[str, ...], name: str) -> None:
    assert files.default_name(words, "svg") == name


def test_png_where_there_is_a_converter_else_one_sentence(conn: sqlite3.Connection) -> None:
    made = one_chart(conn, SLUG, "intelligence")
    if png.is_possible():
        assert files.contents(made, "png").startswith(b"\x89PNG")
    else:
        with pytest.raises(ExportError, match="PNG needs the Python package cairosvg"):
            files.contents(made, "png")


@pytest.mark.long
def test_the_command(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    done = program("export", "nanbeige4.1-3b", "--chart", "latency", "--output", str(path))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == f"Written: {path}\n"
    assert "Latency" in "".join(ET.parse(path).getroot().itertext())
    again = program("export", "nanbeige4.1-3b", "--chart", "latency", "--output", str(path))
    assert again.returncode == 1
    assert "--force" in again.stderr
    assert program("export", "nanbeige4.1-3b", "--chart", "size", "--output", str(path), "--force").returncode == 0
    long = program("export", "nanbeige4.1-3b", "--output", str(tmp_path / "page.svg"))
    assert (long.returncode, long.stdout) == (1, "")
    assert "too many for a picture; save it as HTML, or one of its charts" in long.stderr
    printed = program("export", "nanbeige4.1-3b", "--output", "-")
    assert printed.stdout.startswith("# Nanbeige4.1-3B\n")
    for arguments, says in (
        (("nanbeige4.1-3b", "--chart", "beauty"), "no chart"),
        (("nanbeige4.1-3",), "did you mean"),
        (("nanbeige4.1-3b", "--output", "a.txt"), "is not clear"),
    ):
        wrong = program("export", *arguments)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert says in wrong.stderr
        assert wrong.stderr.count("\n") == 1


@pytest.mark.parametrize("link", ["nanbeige4.1-3b/beauty", "runs/9", "charts/beauty", "compare/nanbeige4.1-3b"])
def test_a_wrong_link_is_refused_before_anything_is_drawn(program: Program, link: str) -> None:
    done = program("open", link)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("aa-tui: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" @SUM(A1)", "' @SUM(A1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("\t=1", "'\t=1"),
        ("\u200b\x1b[31m=1", "'=1"),
        ("＝1", "'＝1"),
        ("-5", "-5"),
        ("+3.5e-7", "+3.5e-7"),
        ("-12 %", "-12 %"),
        ("plain = text", "plain = text"),
    ],
)
def test_no_cell_of_a_spreadsheet_is_a_formula(conn: sqlite3.Connection, text: str, cell: str) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", [Told("code", "wrong")])
    conn.execute("UPDATE sample_scores SET extracted = ?", (text,))
    (row,) = csv.DictReader(io.StringIO(export_run(conn, runs.get(conn, run_id), "csv")))
    assert row["extracted"] == cell
    assert row["run_id"] == str(run_id)
