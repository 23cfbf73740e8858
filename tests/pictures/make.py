"""Make the README's pictures from the real app, on a catalog of the published facts alone.

    python tests/pictures/make.py

Writes the SVG files beside this script, the same on every run.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT / "src")]

from aa_tui.catalog import db  # noqa: E402 (the sources must be on the path first)
from aa_tui.tui.app import AATuiApp  # noqa: E402

if TYPE_CHECKING:
    from textual.pilot import Pilot


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen, how to get there, and a text that says that it is there."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...]
    shows: str
    start: str | None = None


PICTURES = (
    Picture("leaderboard", (132, 30), ("down", "down", "down"), "Leaderboard"),
    Picture("page", (144, 44), (), "Intelligence Index ·", start="nanbeige4-1-3b"),
    Picture("scatter", (132, 36), (), "Output speed", start="charts/speed-vs-price"),
    Picture(
        "compare", (132, 36), (), "Qwen3 4B", start="compare/nanbeige4-1-3b,qwen3-4b-2507-instruct-reasoning,minicpm5-1b"
    ),
    Picture("narrow", (80, 24), (), "INTELLIGENCE", start="nanbeige4-1-3b"),
)


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(AA_TUI_HOME=folder, COLORTERM="truecolor", TERM="xterm-256color", LANG="C.UTF-8")
        catalog = Path(folder) / "catalog.db"
        db.open_catalog(catalog).close()
        for picture in PICTURES:
            asyncio.run(_make(catalog, picture))
            print(f"{picture.name}.svg")


async def _make(catalog: Path, picture: Picture) -> None:
    app = AATuiApp(catalog, picture.start)
    async with app.run_test(size=picture.size) as pilot:
        await _until(pilot, picture.shows)
        await pilot.press(*picture.keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        (FOLDER / f"{picture.name}.svg").write_text(app.export_screenshot(title="aa-tui"), encoding="utf-8")


async def _until(pilot: Pilot[None], text: str) -> None:
    deadline = time.monotonic() + 20
    while text not in _text(pilot):
        if time.monotonic() > deadline:
            raise SystemExit(f"the screen never showed {text!r}:\n{_text(pilot)}")
        await asyncio.sleep(0.05)
    await pilot.pause()


def _text(pilot: Pilot[None]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in strip) for strip in strips)


if __name__ == "__main__":
    main()
