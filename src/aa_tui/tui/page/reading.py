"""Puts pages together, and has ready beforehand what the likely next one compares with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.errors import AATuiError

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.page.data import PageData


class PageReader:
    """Called in threads."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.foreseen: int | None = None
        """The model (by id) whose page is the likely next one, and has its class read already."""

    def read(self, name: str) -> PageData:
        """The page of a model, by slug or name. Raises AATuiError."""
        from aa_tui.tui.page.data import read_page

        classes = self._host.peers

        def work(conn: sqlite3.Connection) -> PageData:
            return read_page(conn, name, classes)

        return self._host.store.in_thread(work)

    def foresee(self, model: ModelRow) -> None:
        """Read what the model's page compares it with: a class of 27,000 models takes tenths of a second."""
        classes = self._host.peers
        try:
            self._host.store.in_thread(lambda conn: classes.of(conn, model))
        except AATuiError:
            return  # whoever opens the page is told
        from aa_tui.charts import book  # noqa: F401 (the first page would wait for them)
        from aa_tui.tui.page import data as page_data  # noqa: F401

        self.foreseen = model.id
