"""What the palette searches. Each is imported when the palette is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.command import Provider


def _commands() -> type[Provider]:
    from aa_tui.tui.shell.palette import Commands

    return Commands


def _models() -> type[Provider]:
    from aa_tui.tui.shell.palette import Models

    return Models


def _charts() -> type[Provider]:
    from aa_tui.tui.shell.palette import Charts

    return Charts


def _runs() -> type[Provider]:
    from aa_tui.tui.shell.palette import Runs

    return Runs


PROVIDERS: tuple[Callable[[], type[Provider]], ...] = (_commands, _models, _charts, _runs)
