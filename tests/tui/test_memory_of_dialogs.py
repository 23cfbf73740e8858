"""Dialogs that were closed are gone: nothing of them is kept, and a second key does nothing."""

from __future__ import annotations

import gc

from tests.tui.conftest import Drive, Driven
from textual._styles_cache import StylesCache


def _caches() -> int:
    gc.collect()
    return sum(isinstance(one, StylesCache) for one in gc.get_objects())


def test_closed_dialogs_leave_nothing_behind(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        async def open_and_close() -> None:
            for key in ("f", "question_mark"):
                await app.press(key)
                await app.until(lambda: len(app.app.screen_stack) == 2, "a dialog")
                await app.press("escape")
                await app.until(lambda: len(app.app.screen_stack) == 1, "no dialog")

        await open_and_close()
        before = _caches()
        for _ in range(3):
            await open_and_close()
        assert _caches() <= before + 10  # the last one may not be gone yet, of dozens

    drive(walk)


def test_choosing_twice_at_once_closes_once(drive: Drive) -> None:
    from aa_tui.tui.dialogs import Choice
    from aa_tui.tui.table import Table

    async def walk(app: Driven) -> None:
        await app.press("s")
        await app.until(lambda: isinstance(app.app.screen, Choice), "the choice of a sort")
        dialog = app.app.screen
        assert isinstance(dialog, Choice)
        dialog.on_table_opened(Table.Opened(0))
        dialog.on_table_opened(Table.Opened(0))  # Enter twice in one frame
        await app.until(lambda: len(app.app.screen_stack) == 1, "no dialog")
        await app.shows("Leaderboard")

    drive(walk)
