"""Which view is on screen, and what the views show when the catalog changes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.catalog import runs
from aa_tui.tui import run_views
from aa_tui.tui.bars import KeyBar, TopBar
from aa_tui.tui.leaderboard import Leaderboard
from aa_tui.tui.run_views import RunViews

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from aa_tui.catalog.rows import ModelRow, RunRow
    from aa_tui.pages.classes import Classes
    from aa_tui.pages.page import Page
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.charts_view import ChartsView
    from aa_tui.tui.compare_view import CompareView
    from aa_tui.tui.files_view import FilesView
    from aa_tui.tui.page_data import PageData
    from aa_tui.tui.page_view import PageView
    from aa_tui.tui.places import Place
    from aa_tui.tui.runs_view import RunsView
    from aa_tui.tui.watch import News

ENDED_WORDS = {"finished": "finished", "stopped": "was stopped", "failed": "failed"}

STEPPED_INTO = ("page", "charts", *run_views.NAMES)
"""Views from which one step back leads to where they were opened from."""

MOST_STEPS_BACK = 50


class Views:
    """Leaderboard, page, runs and the others. All but the first, and all that they import, are made when wanted."""

    def __init__(self, app: AATuiApp) -> None:
        self.current = "leaderboard"
        self._app = app
        self._page: PageView | None = None
        self._runs: RunsView | None = None
        self._charts: ChartsView | None = None
        self._compare: CompareView | None = None
        self._files: FilesView | None = None
        self.of_run = RunViews(app)
        self._trail: list[tuple[str, str | None, str | None]] = []
        """What lies behind the page, chart or run on screen: view, model, and section, chart or run."""
        self._figures: tuple[object, ...] = ()
        self._classes: Classes | None = None
        self.foreseen: int | None = None
        """The model (by id) whose page is the likely next one, and has its class read already."""
        self._resting: int | None = None
        self._awaited: int | None = None

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
    def files(self) -> FilesView | None:
        """The files, if they were ever shown."""
        return self._files

    @property
    def page(self) -> Page | None:
        """The page that is, or was last, on screen."""
        return self._page.page if self._page is not None else None

    @property
    def page_view(self) -> PageView | None:
        """The page's widget, if a page was ever shown."""
        return self._page

    @property
    def charts(self) -> ChartsView | None:
        """The charts on the whole screen, if they were ever shown."""
        return self._charts

    async def switch(self, view: str) -> None:
        """Show a view."""
        await self._make(view)
        if view not in STEPPED_INTO:
            self._trail.clear()
        self.current = view
        if view == "runs" and self._runs is not None:
            self._runs.refresh_rows()
        for child in self._app.screen_stack[0].query_one("#views").children:
            child.display = child.id == view
        self.top.show_view(view)
        self.keys.show_view(self.of_run.hints(view))
        if view == "runs" and self._runs is not None:
            self._runs.take_focus()
        elif view == "files" and self._files is not None:
            self._files.take_focus()
        elif view == "page" and self._page is not None:
            self._page.take_focus()
        elif view == "charts" and self._charts is not None:
            self._charts.take_focus()
        elif view == "compare" and self._compare is not None:
            self._compare.focus()
        elif view in run_views.NAMES:
            self.of_run.take_focus(view)
        else:
            self.leaderboard.take_focus()

    async def back(self) -> None:
        """One step back: to the page, chart or view that this one was opened from."""
        if self.current not in STEPPED_INTO or not self._trail:
            await self.switch("leaderboard")
            return
        view, slug, place = self._trail.pop()
        if view == "page" and slug is not None:
            self._read(slug, section=place)
        elif view == "charts":
            await self.show_charts(place, slug=slug, forward=False)
        elif view in run_views.NAMES and place is not None:
            run_id, other = run_views.run_of(place)
            await self.show_run(view, run_id, other=other, forward=False)
        else:
            await self.switch(view)

    def _mark(self) -> None:
        """Remember where one is before going on."""
        slug = place = None
        if self.current == "page" and self._page is not None and self.page is not None:
            slug, place = self.page.model.slug, self._page.section
        elif self.current == "charts" and self._charts is not None:
            slug, place = self._charts.slug, self._charts.pane.chart_name
        elif self.current in run_views.NAMES:
            place = self.of_run.place(self.current)
        self._trail = [*self._trail[-MOST_STEPS_BACK:], (self.current, slug, place)]

    async def go(self, place: Place) -> None:
        """Open what a deep link names."""
        if place.view == "page" and place.slug is not None:
            self.open_page(place.slug, section=place.section, chart=place.chart)
        elif place.view == "charts":
            await self.show_charts(place.chart)
        elif place.view == "compare":
            await self.compare(place.slugs)
        elif place.view == "files":
            await self.switch("files")
        elif place.view == "runs":
            await self.switch("runs")
            if self._runs is not None and place.run_id is not None:
                self._runs.select(place.run_id)
                if place.section == "charts":
                    await self.show_charts(place.chart, slug=f"run:{place.run_id}")
                else:
                    await self.show_run(place.section or "run", place.run_id, item=place.item)

    async def show_run(
        self, view: str, run_id: int, *, item: str | None = None, other: int | None = None, forward: bool = True
    ) -> None:
        """A run, its plan or its samples on the whole screen, or two runs where they differ."""
        if forward and self.current != view:
            self._mark()
        await self._make(view)
        self.of_run.fill(view, run_id, item, other)
        await self.switch(view)

    async def open_run(self, run: RunRow) -> None:
        """A run; one whose pilot is done, at its plan."""
        is_pilot = run.kind == "eval" and run.state == "planned" and run.n_done > 0
        await self.show_run("plan" if is_pilot else "run", run.id)

    async def show_charts(self, name: str | None = None, *, slug: str | None = None, forward: bool = True) -> None:
        """The charts on the whole screen, with the page's model in them where a page is on screen."""
        from aa_tui.tui.chart_selection import remembered

        if slug is None and forward and self.current == "page" and self.page is not None:
            slug = self.page.model.slug
        if self.current == "charts" and self._charts is not None and forward:
            slug = self._charts.slug
        elif forward:
            self._mark()
        await self._make("charts")
        if self._charts is not None:
            self._charts.show(slug, name, remembered(self._app))
            await self.switch("charts")

    async def _make(self, view: str) -> None:
        made: Widget | None = None
        if view == "runs" and self._runs is None:
            from aa_tui.tui.runs_view import RunsView

            made = self._runs = RunsView(self._app)
        elif view == "files" and self._files is None:
            from aa_tui.tui.files_view import FilesView

            made = self._files = FilesView(self._app)
        elif view == "page" and self._page is None:
            from aa_tui.tui.page_view import PageView

            made = self._page = PageView(self._app.store)
        elif view == "charts" and self._charts is None:
            from aa_tui.tui.charts_view import ChartsView

            made = self._charts = ChartsView(self._app.store)
        elif view == "compare" and self._compare is None:
            from aa_tui.tui.compare_view import CompareView

            made = self._compare = CompareView(self._app)
        elif view in run_views.NAMES:
            made = self.of_run.make(view)
        if made is not None:
            made.display = False
            await self._app.screen_stack[0].query_one("#views").mount(made)

    @property
    def compared(self) -> CompareView | None:
        """The comparison, if there ever was one."""
        return self._compare

    async def compare(self, targets: Sequence[str]) -> None:
        """Models (slugs) and runs (`run:ID`) side by side."""
        from aa_tui.tui.compare_view import refusal

        if reason := refusal(targets):
            self._app.toast(reason)
            return
        await self._make("compare")
        if self._compare is not None:
            self._compare.show(targets)
            await self.switch("compare")

    # -- pages

    def open_page(self, name: str, *, section: str | None = None, chart: str | None = None) -> None:
        """Open a model's page by slug or name; an unknown one is said to be so."""
        self._read(name, section=section or "overview", chart=chart, forward=True)

    def _read(self, name: str, *, section: str | None = None, chart: str | None = None, forward: bool = False) -> None:
        self._app.run_worker(
            lambda: self._read_page(name, section=section, chart=chart, forward=forward),
            thread=True,
            exclusive=True,
            group="page",
            exit_on_error=False,
        )

    def _reload_page(self, slug: str) -> None:
        self._app.run_worker(
            lambda: self._read_page(slug, reload=True), thread=True, exclusive=True, group="reload", exit_on_error=False
        )

    def _read_page(
        self,
        name: str,
        *,
        section: str | None = None,
        chart: str | None = None,
        forward: bool = False,
        reload: bool = False,
    ) -> None:
        """In a thread: put the page together."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.catalog.models import UnknownModelError
        from aa_tui.pages.classes import Classes
        from aa_tui.tui.page_data import read_page

        classes = self._classes = self._classes or Classes()

        def read(conn: sqlite3.Connection) -> PageData:
            return read_page(conn, name, classes)

        try:
            data = self._app.store.in_thread(read)
        except (UnknownModelError, CatalogError) as error:
            if not reload:
                self._app.call_from_thread(self._app.toast, str(error), bad=True)
            return
        if reload:
            self._app.call_from_thread(self._update_page, data)
        else:
            self._app.call_from_thread(self._app.call_later, self._show_page, data, section, chart, forward)

    def foresee(self) -> None:
        """Called twice a second: where the cursor rests on a model, have ready what its page compares it with.

        A class of 27,000 models takes tenths of a second to read, which nobody has to wait for then, nor for the
        code of a page.
        """
        model = self.leaderboard.current if self.current == "leaderboard" else None
        now = model.id if model is not None else None
        if model is not None and now == self._resting and now != self._awaited:
            self._awaited = now
            self._app.run_worker(
                lambda: self._read_class(model), thread=True, exclusive=True, group="foresee", exit_on_error=False
            )
        self._resting = now

    def _read_class(self, model: ModelRow) -> None:
        """In a thread."""
        from aa_tui.catalog.db import CatalogError
        from aa_tui.pages.classes import Classes

        classes = self._classes = self._classes or Classes()
        try:
            self._app.store.in_thread(lambda conn: classes.of(conn, model))
        except CatalogError:
            return  # whoever opens the page is told
        from aa_tui.charts import book  # noqa: F401 (the first page would wait for them)
        from aa_tui.tui import page_data, page_view  # noqa: F401

        self.foreseen = model.id

    def _update_page(self, data: PageData) -> None:
        now = self.page
        if self._page is not None and now is not None and now.model.slug == data.page.model.slug and now != data.page:
            self._page.show(data)
            self._page.chart_pane.reload()

    async def _show_page(self, data: PageData, section: str | None, chart: str | None, forward: bool) -> None:
        if forward:
            self._mark()
        await self._make("page")
        if self._page is not None:
            self._figures = self._figures_of(data.page.model.model_id)
            self._page.show(data, section=section, chart=chart)  # before it is seen: one drawing instead of two
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
        self._read(row.slug)  # the same section of it

    # -- news

    def tell(self, news: News) -> None:
        """Bring what is on screen up to date."""
        self.top.show_live(news.live)
        if news.models_changed:
            self.top.read_facts()
            self.leaderboard.refresh_rows()
            self._awaited = None
        for run in news.ended:
            reason = f": {run.reason}" if run.state == "failed" and run.reason else "."
            words = f"Run {run.id} of {run.target} {ENDED_WORDS.get(run.state, run.state)}{reason}"
            self._app.toast(words, bad=run.state == "failed")
        if self.current == "runs" and self._runs is not None:
            self._runs.refresh_rows()
        elif self.current in run_views.NAMES:
            self.of_run.tell(self.current)
        if self.current == "compare" and self._compare is not None and news.models_changed:
            self._compare.reload()
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
