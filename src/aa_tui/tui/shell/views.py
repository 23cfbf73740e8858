"""Which view is on screen, and the way back. Which there are, `registry` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual.containers import Container

from aa_tui.pages.text import ended
from aa_tui.tui.board.leaderboard import Leaderboard
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import View
from aa_tui.tui.page.reading import PageReader
from aa_tui.tui.shell.registry import FIRST, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.compare.view import CompareView
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.files.view import FilesView
    from aa_tui.tui.page.acting import PageActs
    from aa_tui.tui.page.view import PageView
    from aa_tui.tui.shell.bars import KeyBar, TopBar

MOST_STEPS_BACK = 50

MOST_COMPARED = 6

V = TypeVar("V", bound=View)


class Views(Container):
    """All that were ever on screen; one of them is."""

    def __init__(self, host: Host, top: TopBar, keys: KeyBar) -> None:
        super().__init__(id="views")
        self.host = host
        self._top = top
        self._keys = keys
        self.reader = PageReader(host)
        self.leaderboard: Leaderboard = Leaderboard(host)
        self.current = FIRST
        self._made: dict[str, View] = {FIRST: self.leaderboard}
        self._trail: list[Place] = []
        """What lies behind what is on screen, and was stepped into."""
        self._resting: int | None = None
        self._awaited: int | None = None

    def compose(self) -> ComposeResult:
        """The leaderboard; the others join when they are first wanted."""
        yield self.leaderboard

    @property
    def here(self) -> View:
        """The view on screen."""
        return self._made[self.current]

    def find(self, kind: type[V]) -> V | None:
        """The view of a class, if it was ever shown."""
        return next((view for view in self._made.values() if isinstance(view, kind)), None)

    # -- going

    async def go(self, place: Place, *, forward: bool = True) -> None:
        """Step into a place. The way back is only kept `forward`."""
        view = await self._make(place.view)

        async def arrive(fill: Callable[[], object]) -> None:
            if forward and (view is not self.here or view.STEPS_WITHIN):
                self._trail = [*self._trail[-MOST_STEPS_BACK:], self.here.place]
            fill()
            self._show(view)

        await view.open(place, arrive)

    async def enter(self, place: Place) -> None:
        """Come to a place from outside: by its way, if it has one, so that one step back leads along it."""
        if place.way is not None:
            await self.go(place.way)
        await self.go(place)

    async def back(self) -> None:
        """One step back: to where this view was opened from."""
        if self.here.STEPPED_INTO and self._trail:
            await self.go(self._trail.pop(), forward=False)
        else:
            await self.go(Place(FIRST))

    async def _make(self, name: str) -> View:
        if name not in self._made:
            view = REGISTRY[name].view(self.host)
            view.display = False
            self._made[name] = view
            await self.mount(view)
        return self._made[name]

    def _show(self, view: View) -> None:
        if not view.STEPPED_INTO:
            self._trail.clear()
        self.current = view.NAME
        for child in self.children:
            child.display = child is view
        self.show_bars()
        view.take_focus()

    def show_bars(self) -> None:
        """Tell the first and the last line which view is on screen."""
        self._top.show_view(REGISTRY[self.current].under or self.current)
        self._keys.show_commands(self.here.bar)

    # -- what views tell

    def on_view_keys_changed(self, message: View.KeysChanged) -> None:
        """Other keys are worth naming."""
        message.stop()
        self._keys.show_commands(self.here.bar)

    def on_compare_view_unmarked(self, message: CompareView.Unmarked) -> None:
        """What is no longer compared is no longer marked."""
        message.stop()
        board = self.leaderboard
        board.mark([slug for slug in board.marked if slug != message.target])
        from aa_tui.tui.runs.view import RunsView

        runs = self.find(RunsView)
        if runs is not None:
            runs.unmark(message.target)

    async def on_page_view_neighbour_wanted(self, message: PageView.NeighbourWanted) -> None:
        """The page of the model above or below in the leaderboard, at the same section."""
        message.stop()
        slug = self.leaderboard.neighbour(message.model_id, message.step)
        if slug is None:
            self.app.bell()
        else:
            await self.go(Place("page", slug, message.section), forward=False)

    async def on_page_acts_compare_wanted(self, message: PageActs.CompareWanted) -> None:
        """The marked models and this one; where none is marked, this one and its neighbour in the leaderboard."""
        message.stop()
        board = self.leaderboard
        slugs = [slug for slug in board.marked if slug != message.slug][: MOST_COMPARED - 1]
        if not slugs:
            near = (board.neighbour(message.model_id, step) for step in (-1, 1))
            slugs = [next((slug for slug in near if slug is not None), "")]
        board.mark([*filter(None, slugs), message.slug])
        await board.action_compare()

    async def on_page_acts_pull_wanted(self, message: PageActs.PullWanted) -> None:
        """A file of the model; the screen of files pulls it, whatever is on screen."""
        from aa_tui.tui.files.view import FilesView

        message.stop()
        files = await self._make(FilesView.NAME)
        if isinstance(files, FilesView):
            files.pull_of(message.slug, message.name)

    async def on_page_acts_stop_wanted(self, message: PageActs.StopWanted) -> None:
        """The download is to stop."""
        from aa_tui.tui.files.view import FilesView

        message.stop()
        files = self.find(FilesView)
        if files is None:
            self.app.bell()
        else:
            files.action_stop()

    def on_files_view_pull_moved(self, message: FilesView.PullMoved) -> None:
        """Tell all screens of a download."""
        message.stop()
        for view in self._made.values():
            view.hear_pull(message.pulled)

    # -- news

    def hear(self, news: News) -> None:
        """Bring what is on screen up to date."""
        self._top.show_live(news.live)
        if news.models_changed:
            self._top.read_facts()
            self._awaited = None
        for run in news.ended:
            if run.kind == "ask" and run.state == "finished":  # who asked has read it
                continue
            words = ended.words(run)
            self.host.toast(words, bad=run.state == "failed")
            self.host.announce(words)
        for view in self._made.values():
            view.hear(news)

    def foresee(self) -> None:
        """Called twice a second: where the cursor rests on a model, have ready what its page compares it with."""
        model = self.leaderboard.model if self.current == FIRST else None
        now = model.id if model is not None else None
        if model is not None and now == self._resting and now != self._awaited:
            self._awaited = now
            self.run_worker(
                lambda: self._foresee(model), thread=True, exclusive=True, group="foresee", exit_on_error=False
            )
        self._resting = now

    def _foresee(self, model: ModelRow) -> None:
        """In a thread: what the page needs is read, and its code, so that nobody has to wait for either."""
        self.reader.foresee(model)
        from aa_tui.tui.page import view as page_view  # noqa: F401
