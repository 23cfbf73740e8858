"""Make the README's pictures from the real app, on a catalog of the published facts alone.

    python tests/pictures/make.py

Writes the SVG files beside this script, the same on every run; but for the memory that is free, and for the picture of
an evaluation, which is of a real one of the bundled model, taken on the way.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT / "src")]

from aa_tui import runs  # noqa: E402 (the sources must be on the path first)
from aa_tui.actions import runs as actions  # noqa: E402
from aa_tui.catalog import db  # noqa: E402
from aa_tui.catalog import runs as catalog_runs  # noqa: E402
from aa_tui.gguf.bundled import bundled_model  # noqa: E402
from aa_tui.runs.evaluation.options import EvalOptions  # noqa: E402
from aa_tui.runs.evaluation.plan import prepare_eval  # noqa: E402
from aa_tui.tui.app import AATuiApp  # noqa: E402
from aa_tui.tui.core.memory import Memory, path_beside  # noqa: E402
from aa_tui.tui.core.places import Place  # noqa: E402
from aa_tui.tui.shell.links import place_of  # noqa: E402

if TYPE_CHECKING:
    from textual.pilot import Pilot


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen: its place as `aa-tui open` names it, keys to press there, and a text that says that it is there."""

    name: str
    size: tuple[int, int]
    place: str
    shows: str
    keys: tuple[str, ...] = ()


TRIO = "nanbeige4.1-3b,qwen3-4b-2507-instruct-reasoning,minicpm5-1b"
PICTURES = (
    Picture("leaderboard", (132, 30), "leaderboard", "157 models", ("1", "down", "down", "down", "down")),
    Picture("page", (160, 48), "nanbeige4.1-3b", "ntelligence Index · Tiny"),
    Picture("scatter", (132, 36), "charts/intelligence-vs-price-log", "better)", ("down", "down", "down")),
    Picture("compare", (132, 40), f"compare/{TRIO}", "Intelligence Index"),
    Picture("narrow", (80, 24), "nanbeige4.1-3b/charts/tokens", "reasoning  ▄ answer"),
)

EVALUATION = Picture("evaluation", (132, 34), "runs/1", "cut short")
DONE_BY_THEN = 0.6
"""How far the evaluation is when its picture is taken."""


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(AA_TUI_HOME=folder, COLORTERM="truecolor", TERM="xterm-256color", LANG="C.UTF-8")
        catalog = Path(folder) / "catalog.db"
        with closing(db.open_catalog(catalog)) as conn:
            places = {picture.name: place_of(conn, picture.place) for picture in PICTURES}
        memory = Memory(path_beside(catalog))  # not the first start, which lists what fits this machine
        memory.put("marked", [])
        memory.save()
        for picture in PICTURES:
            asyncio.run(_make(catalog, picture, places[picture.name]))
            print(f"{picture.name}.svg")
        _evaluate(catalog)
        print(f"{EVALUATION.name}.svg")


def _evaluate(catalog: Path) -> None:
    """Evaluate the bundled model, and take the picture meanwhile."""
    with closing(db.open_catalog(catalog)) as conn:
        options = EvalOptions(n_parallel=8, epochs=3)
        run_id = prepare_eval(conn, str(bundled_model()), "nano", options=options)
        place = place_of(conn, f"runs/{run_id}")
        runs.start(catalog, conn, run_id)
        while (run := catalog_runs.get(conn, run_id)).progress < DONE_BY_THEN:
            if not run.is_live:
                raise SystemExit(f"the evaluation has ended too early: {run.reason}")
            time.sleep(0.1)
        asyncio.run(_make(catalog, EVALUATION, place))
        actions.stop(conn, run_id)
        while catalog_runs.get(conn, run_id).is_live:
            time.sleep(0.1)


async def _make(catalog: Path, picture: Picture, place: Place) -> None:
    app = AATuiApp(catalog, place)
    async with app.run_test(size=picture.size) as pilot:
        await _until(pilot, picture.shows)
        for key in picture.keys:
            await pilot.press(key)
        await app.workers.wait_for_complete()
        await pilot.pause()
        drawn = app.export_screenshot(title="aa-tui")
        if str(ROOT) in drawn.replace("&#160;", " "):
            raise SystemExit(f"{picture.name} would show a path of this machine: make it lower")
        (FOLDER / f"{picture.name}.svg").write_text(drawn, encoding="utf-8")


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
