"""What the guides show works as they show it."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest

from aa_tui.charts.book import here_load, kind
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.draw.render import draw
from aa_tui.charts.scene import ALL, Selection
from aa_tui.evals import packs
from aa_tui.pages.scene import scene_of

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The code of one language on a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_chart_of_the_guide_draws(conn: sqlite3.Connection) -> None:
    (code,) = blocks("new_chart.md", "python")
    names: dict[str, object] = {}
    exec(code, names)
    chart = names["CHART"]
    assert isinstance(chart, Kind)
    drawing = draw(chart.build(scene_of(conn, None, Selection(band=ALL))), 100, 20)
    lines = drawing.plain().splitlines()
    assert "Context per size" in lines[0]
    assert any("Qwen3" in line for line in lines)


@pytest.mark.parametrize("name", re.findall(r"`book/(\w+)\.py`", (DOCS / "new_chart.md").read_text(encoding="utf-8")))
def test_the_examples_of_charts_are_in_the_book(name: str) -> None:
    assert (Path(here_load.__file__).parent / f"{name}.py").exists()
    assert kind(name.replace("_", "-")).name == name.replace("_", "-")


def test_the_pack_of_the_guide_is_sound(tmp_path: Path) -> None:
    (items,) = blocks("new_pack.md", "json")
    (manifest,) = blocks("new_pack.md", "toml")
    folder = tmp_path / "capitals"
    folder.mkdir()
    (folder / "items.jsonl").write_text(items, encoding="utf-8")
    sha256 = hashlib.sha256(items.encode()).hexdigest()
    (folder / "pack.toml").write_text(manifest.replace('"…"', f'"{sha256}"'), encoding="utf-8")
    pack = packs.load(str(folder), tmp_path)
    assert [item.answer for item in pack.items] == ["Paris", "Lima"]


def test_the_table_of_graders_is_complete() -> None:
    from aa_tui.evals.grading import GRADER_NAMES

    text = (DOCS / "new_pack.md").read_text(encoding="utf-8").partition("## Graders")[2].partition("\n\nAn item")[0]
    assert {
        name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    } == {*GRADER_NAMES}
