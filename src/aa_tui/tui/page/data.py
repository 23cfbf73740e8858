"""What a page view needs, read in one go in a thread: nothing of it is looked up while a frame is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.pages.page import Page, load

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.pages.classes import Classes


@dataclass(frozen=True, slots=True)
class PageData:
    """A page, and which of its files' paths lead nowhere any more."""

    page: Page
    gone: frozenset[str] = frozenset()


def read_page(conn: sqlite3.Connection, name: str, classes: Classes) -> PageData:
    """The page of a model. Raises `UnknownModelError`."""
    page = load(conn, name, classes)
    return PageData(page, frozenset(file.path for file in page.files if file.is_served or not Path(file.path).exists()))
