"""A host for screens that is no app: it notes what it is asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from textual.screen import ModalScreen

from aa_tui.config.reading import Config
from aa_tui.pages.classes import Classes
from aa_tui.tui.core.keymap import Keymap
from aa_tui.tui.core.memory import Memory, path_beside
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.store import Store

T = TypeVar("T")


class PlainHost:
    """Threads are functions here, and dialogs are only noted."""

    def __init__(self, catalog: Path) -> None:
        self.store = Store(catalog)
        self.memory = Memory(path_beside(catalog))
        self.config = Config()
        self.keymap = Keymap()
        self.peers = Classes()
        self.draws_ascii = False
        self.told: list[str] = []
        self.announced: list[str] = []
        self.went: list[Place] = []
        self.copied: list[tuple[str, str]] = []
        self.asked: list[tuple[ModalScreen[Any], Callable[[Any], None] | None]] = []

    async def go(self, place: Place) -> None:
        self.went.append(place)

    async def back(self) -> None:
        self.went.pop()

    def toast(self, words: str, *, bad: bool = False) -> None:
        self.told.append(f"! {words}" if bad else words)

    def announce(self, words: str) -> None:
        self.announced.append(words)

    def ask(self, dialog: ModalScreen[T], answered: Callable[[T | None], None] | None = None) -> None:
        self.asked.append((dialog, answered))

    def copy(self, text: str, what: str) -> None:
        self.copied.append((text, what))

    def open_link(self, url: str) -> None:
        self.copied.append((url, "the address"))

    def look(self, *, force: bool = False) -> None:
        return

    def write(self, work: Callable[[sqlite3.Connection], str]) -> None:
        if words := self.store.in_thread(work):
            self.told.append(words)

    def call_later(self, callback: Callable[..., Any], *args: Any) -> bool:
        callback(*args)
        return True

    def call_from_thread(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return callback(*args, **kwargs)
