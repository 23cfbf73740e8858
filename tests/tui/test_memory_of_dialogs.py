"""Dialogs that were closed are let go of."""

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
