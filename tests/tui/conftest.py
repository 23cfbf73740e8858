"""The app with a catalog of its own, driven in this process."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, Walk

from aa_tui.catalog import db
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.core.places import Place


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

    def run(
        walk: Walk, size: tuple[int, int] = (80, 24), start: Place | str | None = None, *, in_ascii: bool | None = None
    ) -> None:
        async def session() -> None:
            app = AATuiApp(fresh, start, ascii=in_ascii)
            async with app.run_test(size=size, notifications=True) as pilot:
                driven = Driven(app, pilot)
                if size[0] >= 60 and size[1] >= 16:
                    await driven.shows("Leaderboard")
                if isinstance(start, str):
                    unknown = "There is no model"
                    await driven.until(lambda: driven.page is not None or unknown in driven.text, f"{start}'s page")
                await walk(driven)

        asyncio.run(session())

    return run


@pytest.fixture
def filled(fresh: Path) -> Iterator[sqlite3.Connection]:
    """The catalog's file, with the published facts, before the app opens it."""
    connection = db.open_catalog(fresh)
    yield connection
    connection.close()
