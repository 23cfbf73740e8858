"""What was closed or scrolled past is gone: nothing of it is kept. And a second key on a dialog does nothing."""

from __future__ import annotations

import gc

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from tests.support.driven import Drive, Driven
from textual._styles_cache import StylesCache
from textual.strip import Strip

from aa_tui.tui.core import heap


def _caches() -> int:
    gc.collect()
    return sum(isinstance(one, StylesCache) for one in gc.get_objects())


@pytest.mark.long
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


@pytest.mark.long
def test_lines_that_were_drawn_are_not_remembered_for_ever() -> None:
    for width in range(1, 40):
        piece = Segment("何か written once" * 3, Style(color=f"rgb({width},0,0)"))
        Strip([piece]).render(Console(color_system="truecolor"))
        piece.split_cells(width)
    caches = (Segment._split_cells.cache_info, Strip.render_ansi.cache_info)
    assert all(info().currsize >= 39 for info in caches)
    heap.forget_lines()
    assert all(info().currsize == 0 for info in caches)


@pytest.mark.long
def test_choosing_twice_at_once_closes_once(drive: Drive) -> None:
    from aa_tui.tui.widgets.dialogs import Choice
    from aa_tui.tui.widgets.table import Table

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
