"""The app with a catalog of its own, driven in this process."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for tests.tui.driver

from aa_tui.catalog import db
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.places import Place

Walk = Callable[["Driven"], Awaitable[None]]
Drive = Callable[..., None]
SIZES = ((80, 24), (160, 48))


class Driven:
    """The running app: its screen as text, its keys, and waiting for what should come."""

    def __init__(self, app: AATuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        """The screen, line by line, as the last frame drew it."""
        screen = self.app.screen
        return ["".join(part.text for part in strip) for strip in screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        """Press keys and let the app take them in."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool], what: str = "", deadline_s: float = 20.0) -> None:
        """Wait for a condition."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > deadline_s:
                raise AssertionError(f"waited {deadline_s} s for {what}; the screen:\n{self.text}")
            await asyncio.sleep(0.05)  # looking at the screen costs as much as drawing it
        await self.pilot.pause()

    async def shows(self, *texts: str) -> None:
        """Wait until the screen shows all these texts."""
        await self.until(lambda: all(text in self.text for text in texts), " and ".join(map(repr, texts)))

    async def lacks(self, text: str) -> None:
        """Wait until the screen does not show this text."""
        await self.until(lambda: text not in self.text, f"{text!r} to go")

    def row_of(self, text: str) -> str:
        """The first line that holds a text."""
        return next(line for line in self.lines if text in line)

    @property
    def cursor_line(self) -> str:
        """The line with the cursor's mark."""
        return next((line for line in self.lines if "▌" in line), "")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh catalog, made once: to make it takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "catalog.db"
    db.open_catalog(path).close()
    return path


@pytest.fixture
def fresh(catalog_path: Path, template: Path) -> Path:
    """This test's own copy."""
    catalog_path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(template, catalog_path)
    return catalog_path


@pytest.fixture
def clean_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make the environment that of a terminal with all colours, whatever the tests run in."""

    def clean() -> None:
        for name in ("NO_COLOR", "LC_ALL", "LC_CTYPE", "SSH_CONNECTION", "AA_TUI_ASCII", "TEXTUAL_THEME", "COLORFGBG"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", "C.UTF-8")
        monkeypatch.setenv("COLORTERM", "truecolor")
        monkeypatch.setenv("TERM", "xterm-256color")

    return clean


@pytest.fixture
def drive(fresh: Path, clean_terminal: Callable[[], None]) -> Drive:
    """Run the app on this test's catalog and walk through it."""
    clean_terminal()

    def run(walk: Walk, size: tuple[int, int] = (80, 24), start: Place | str | None = None, **options: bool) -> None:
        async def session() -> None:
            app = AATuiApp(fresh, start, **options)
            async with app.run_test(size=size, notifications=True) as pilot:
                driven = Driven(app, pilot)
                if size[0] >= 60 and size[1] >= 16:
                    await driven.shows("Leaderboard")
                await walk(driven)

        asyncio.run(session())

    return run


@pytest.fixture
def filled(fresh: Path) -> Iterator[sqlite3.Connection]:
    """The catalog's file, with the published facts, before the app opens it."""
    connection = db.open_catalog(fresh)
    yield connection
    connection.close()
