"""Which view is on screen, and what the views show when the catalog changes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.catalog import runs
from aa_tui.tui.bars import KeyBar, TopBar
from aa_tui.tui.leaderboard import Leaderboard

if TYPE_CHECKING:
    from textual.widget import Widget

    from aa_tui.charts.spec import BarChart
    from aa_tui.pages.page import Page
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.page_view import PageView
    from aa_tui.tui.runs_view import RunsView
    from aa_tui.tui.watch import News

ENDED_WORDS = {"finished": "finished", "stopped": "was stopped", "failed": "failed"}


class Views:
    """Leaderboard, page and runs. The latter two, and all that they import, are made when first wanted."""

    def __init__(self, app: AATuiApp) -> None:
        self.current = "leaderboard"
        self.came_from = "leaderboard"
        self._app = app
        self._page: PageView | None = None
        self._runs: RunsView | None = None
        self._figures: tuple[object, ...] = ()

    @property
    def top(self) -> TopBar:
        """The first line."""
        return self._app.screen_stack[0].query_one(TopBar)

    @property
    def keys(self) -> KeyBar:
        """The last line."""
        return self._app.screen_stack[0].query_one(KeyBar)

    @property
    def leaderboard(self) -> Leaderboard:
        """The leaderboard."""
        return self._app.screen_stack[0].query_one(Leaderboard)

    @property
    def runs(self) -> RunsView | None:
        """The runs, if they were ever shown."""
        return self._runs

    @property
    def page(self) -> Page | None:
        """The page that is, or was last, on screen."""
        return self._page.page if self._page is not None else None

    async def switch(self, view: str) -> None:
        """Show a view."""
        await self._make(view)
        if view not in (self.current, "leaderboard"):
            self.came_from = "leaderboard" if view == "runs" else self.current
        self.current = view
        if view == "runs" and self._runs is not None:
            self._runs.refresh_rows()
        for child in self._app.screen_stack[0].query_one("#views").children:
            child.display = child.id == view
        self.top.show_view(view)
        self.keys.show_view(view)
        if view == "runs" and self._runs is not None:
            self._runs.take_focus()
        elif view == "page" and self._page is not None:
            self._page.focus()
        else:
            self.leaderboard.take_focus()

    async def back(self) -> None:
        """One step back."""
        await self.switch(self.came_from if self.current == "page" else "leaderboard")

    async def _make(self, view: str) -> None:
        made: Widget | None = None
        if view == "runs" and self._runs is None:
            from aa_tui.tui.runs_view import RunsView

            made = self._runs = RunsView(self._app.store)
        elif view == "page" and self._page is None:
            from aa_tui.tui.page_view import PageView

            made = self._page = PageView()
        if made is not None:
            made.display = False
            await self._app.screen_stack[0].query_one("#views").mount(made)

    # -- pages

    def open_page(self, name: str) -> None:
        """Open a model's page by slug or name; an unknown one is said to be so."""
        self._app.run_worker(
            lambda: self._read_page(name, reload=False), thread=True, exclusive=True, group="page", exit_on_error=False
        )

    def _reload_page(self, slug: str) -> None:
        self._app.run_worker(
            lambda: self._read_page(slug, reload=True), thread=True, exclusive=True, group="reload", exit_on_error=False
        )

    def _read_page(self, name: str, *, reload: bool) -> None:
        """In a thread: put the page together."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.catalog.models import UnknownModelError
        from aa_tui.tui.page_data import read_page

        def read(conn: sqlite3.Connection) -> tuple[Page, BarChart]:
            return read_page(conn, name)

        try:
            page, chart = self._app.store.in_thread(read)
        except (UnknownModelError, CatalogError) as error:
            if not reload:
                self._app.call_from_thread(self._app.toast, str(error), bad=True)
            return
        if reload:
            self._app.call_from_thread(self._update_page, page, chart)
        else:
            self._app.call_from_thread(self._app.call_later, self._show_page, page, chart)

    def _update_page(self, page: Page, chart: BarChart) -> None:
        now = self.page
        if self._page is not None and now is not None and now.model.slug == page.model.slug and now != page:
            self._page.show(page, chart)

    async def _show_page(self, page: Page, chart: BarChart) -> None:
        await self._make("page")
        if self._page is not None:
            self._figures = self._figures_of(page.model.model_id)
            self._page.show(page, chart)  # before it is seen: one drawing instead of two
            await self.switch("page")
            self._app.look(force=True)

    def neighbour(self, step: int) -> None:
        """The page of the model above or below in the leaderboard."""
        listed = self.leaderboard.models
        place = listed.index_of(self.page.model.id) if self.page else None
        row = listed.row(place + step) if place is not None and 0 <= place + step < len(listed) else None
        if place is None or row is None:
            self._app.bell()
            return
        self.leaderboard.table.move_to(place + step)
        self.open_page(row.slug)

    # -- news

    def tell(self, news: News) -> None:
        """Bring what is on screen up to date."""
        self.top.show_live(news.live)
        if news.models_changed:
            self.top.read_facts()
            self.leaderboard.refresh_rows()
        for run in news.ended:
            reason = f": {run.reason}" if run.state == "failed" and run.reason else "."
            words = f"Run {run.id} of {run.target} {ENDED_WORDS.get(run.state, run.state)}{reason}"
            self._app.toast(words, bad=run.state == "failed")
        if self.current == "runs" and self._runs is not None:
            self._runs.refresh_rows()
        page = self.page
        if self._page is not None and page is not None:
            model_id = page.model.model_id
            self._page.show_live(next((run for run in news.live if run.file.model_id == model_id), None))
            figures = self._figures_of(model_id)
            if figures != self._figures or news.models_changed:
                self._figures = figures
                self._reload_page(page.model.slug)

    def _figures_of(self, model_id: int) -> tuple[object, ...]:
        """Changes when a figure of the model has landed: only then is its page put together again."""
        before = self._figures
        return self._app.store.read(
            lambda conn: tuple(
                (result.run.id, result.run.state, len(result.measurements))
                for result in runs.results_of_model(conn, model_id)
            ),
            before,
        )
