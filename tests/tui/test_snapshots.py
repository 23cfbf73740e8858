"""Each screen as it looks, at 80x24 and 160x48, dark and light."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.tui import snapshots
from tests.tui.conftest import SIZES, Driven
from textual.pilot import Pilot

from aa_tui.catalog import db
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.places import Place, place_of

TRIO = "nanbeige4.1-3b,qwen3-4b-2507-instruct-reasoning,minicpm5-1b"


@dataclass(frozen=True, slots=True)
class Screen:
    """A place as `aa-tui open` names it, a text that is there when all is drawn, and keys to press then, with a text
    that they bring."""

    name: str
    place: str
    shows: str
    keys: tuple[str, ...] = ()
    then: str = ""


SCREENS = (
    Screen("leaderboard", "leaderboard", "Claude Opus 4.8"),
    Screen("tiny", "leaderboard", "Claude Opus 4.8", ("1", "down", "space", "down"), "Nanbeige4.1-3B"),
    Screen("filters", "leaderboard", "Claude Opus 4.8", ("f",), "Commercial use"),
    Screen("page", "nanbeige4.1-3b", "VERBOSITY"),
    Screen("chart-bars", "nanbeige4.1-3b/charts/tokens", "reasoning  ▒ answer"),
    Screen("faq", "nanbeige4.1-3b/faq", "When was Nanbeige4.1-3B released?"),
    Screen("chart-scatter", "charts/intelligence-vs-price-log", "log (lower is better)", ("down", "right"), "GPT-5.5"),
    Screen("compare", f"compare/{TRIO}", "Blended price (3:1)"),
    Screen("runs-empty", "runs", "Nothing was measured yet"),
    Screen("help", "leaderboard", "Claude Opus 4.8", ("question_mark",), "Leaderboard: keys"),
)


async def settled(app: AATuiApp, pilot: Pilot[None]) -> None:
    """Wait until a screen stays as it is."""
    before = ""
    while before != (before := snapshots.dump(app)):
        await app.workers.wait_for_complete()
        await pilot.pause(0.1)


async def drawn(app: AATuiApp, pilot: Pilot[None], driven: Driven, screen: Screen) -> None:
    """Go there, press the keys once all is drawn, and wait until what they bring is drawn too."""
    await driven.shows(screen.shows)
    await settled(app, pilot)
    for key in screen.keys:
        await driven.press(key)
    await driven.shows(screen.then)
    await settled(app, pilot)


@pytest.mark.parametrize("theme", ["aa-dark", "aa-light"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_screens_look_as_they_did(
    fresh: Path, clean_terminal: Callable[[], None], size: tuple[int, int], theme: str
) -> None:
    clean_terminal()
    changed: list[str] = []

    async def walk(screen: Screen, place: Place) -> None:
        app = AATuiApp(fresh, place)
        async with app.run_test(size=size, notifications=True) as pilot:
            driven = Driven(app, pilot)
            await driven.shows("Leaderboard")
            app.theme = theme
            await drawn(app, pilot, driven, screen)
            try:
                snapshots.check(app, f"{screen.name}-{size[0]}x{size[1]}-{theme}")
            except AssertionError as error:
                changed.append(str(error))

    for screen in SCREENS:
        (fresh.parent / "state.json").unlink(missing_ok=True)
        with closing(db.open_catalog(fresh)) as conn:
            place = place_of(conn, screen.place)
        asyncio.run(walk(screen, place))
    assert not changed, "\n".join(changed)
