"""The app driven in this process: its screen as text, its keys, and waiting for what should come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import pytest
from textual.pilot import Pilot

from aa_tui.pages.page import Page
from aa_tui.tui.app import AATuiApp
from aa_tui.tui.charts.pane import ChartPane
from aa_tui.tui.page.view import PageView

T = TypeVar("T", bound=Callable[..., None])

Walk = Callable[["Driven"], Awaitable[None]]
"""What a test does with the app."""

Drive = Callable[..., None]
"""`drive` of the conftest."""

SIZES = ((80, 24), (160, 48))


def both_sizes(test: T) -> T:
    """On a small and on a large terminal, the latter as a repetition."""
    in_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    return cast("T", pytest.mark.repeats(in_sizes(test)))


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

    async def until(self, condition: Callable[[], bool], what: str = "", deadline_s: float = 60.0) -> None:
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

    async def move_to(self, text: str) -> None:
        """Move the cursor down to the first line that holds a text."""
        seen = ""
        while text not in self.cursor_line:
            assert self.cursor_line != seen, f"no line says {text!r}; the screen:\n{self.text}"
            seen = self.cursor_line
            await self.press("j")

    def row_of(self, text: str) -> str:
        """The first line that holds a text."""
        return next(line for line in self.lines if text in line)

    @property
    def page_view(self) -> PageView | None:
        """The view of a model's page, if one was ever shown."""
        return self.app.views.find(PageView)

    @property
    def page(self) -> Page | None:
        """The page that is, or was last, on screen."""
        return self.page_view.page if self.page_view is not None else None

    @property
    def chart_pane(self) -> ChartPane | None:
        """The chart that is on screen, if one is."""
        return next((pane for pane in self.app.views.here.query(ChartPane) if pane.display), None)

    @property
    def cursor_line(self) -> str:
        """The line with the cursor's mark."""
        return next((line for line in self.lines if "▌" in line), "")


async def told(app: Driven, words: str) -> None:
    """Wait for a toast that says this, however it is wrapped."""
    await app.until(lambda: any(words in one.message for one in app.app._notifications), repr(words))


async def drawn(app: Driven) -> None:
    """Wait until the chart is there."""
    await app.until(lambda: "drawing…" not in app.text, "the chart")
    await app.until(lambda: (pane := app.chart_pane) is not None and pane.chart is not None, "a chart")


def pointed_at(app: Driven) -> str:
    """What the line below the chart says."""
    pane = app.chart_pane
    assert pane is not None
    return pane.cursor_words
