"""What a page view needs, read in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.charts.intelligence import intelligence
from aa_tui.pages.page import Page, load

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.charts.spec import BarChart


def read_page(conn: sqlite3.Connection, name: str) -> tuple[Page, BarChart]:
    """The page of a model and the chart of its class. Raises `UnknownModelError`."""
    page = load(conn, name)
    members = page.cls.members if page.cls else (page.model,)
    title = page.cls.title if page.cls else page.model.name
    return page, intelligence(members, title, page.model.slug)
