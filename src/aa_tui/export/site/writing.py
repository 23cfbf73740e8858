"""Write the catalog as a site."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import models, publishing, runs
from aa_tui.catalog.clock import utc_now
from aa_tui.export.errors import ExportError
from aa_tui.export.site import frame, front, index, model_page, run_pages
from aa_tui.export.site.folder import Folder
from aa_tui.export.site.frame import ABOUT, COMPARE, INDEX, RUNS, Frame
from aa_tui.export.site.names import file_names
from aa_tui.export.site.shared_charts import SharedCharts
from aa_tui.pages import page as model_pages
from aa_tui.pages.classes import Classes
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.catalog.publishing import Withheld
    from aa_tui.catalog.rows import ModelRow, RunRow

TITLE = "Language models"


class StoppedError(ExportError):
    """Somebody has stopped it; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the site is to be.

    `restricted` puts figures on it whose sources let only the user see them, `machine_names` the names of machines and
    the addresses of servers. Of each evaluation it has at most `answers` answers that were not right, with their
    questions.
    """

    title: str = TITLE
    restricted: bool = False
    machine_names: bool = False
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. `withheld` tells what was left out for its sources' sake."""

    path: Path
    n_models: int
    n_runs: int
    n_files: int
    n_bytes: int
    withheld: Withheld


Told = Callable[[int, int, str], None]
"""Pages done, pages in all, and what is being written."""


def write_site(
    conn: sqlite3.Connection,
    out: Path,
    wanted: Wanted = Wanted(),
    *,
    on_progress: Told = lambda done, total, what: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Written:
    """Write the site into a folder that is new, empty or a site of before.

    The old site stays until the new one is whole.

    Raises:
        ExportError: the folder holds something else, or cannot be written.
        StoppedError: `is_stopped` said so.
    """
    with Folder(out) as folder:
        on_progress(0, 1, "copying what may be published")
        copy, withheld = publishing.copy_to_publish(
            conn, restricted=wanted.restricted, machine_names=wanted.machine_names, texts=wanted.answers > 0
        )
        with closing(copy):
            site = _Site(copy, folder, wanted, withheld)
            total = len(site.rows) + len(site.runs)
            for done, what in enumerate(site.pages()):
                on_progress(done, total, what)
                if is_stopped():
                    raise StoppedError("The site was not written; what was there is as it was.")
        on_progress(total, total, "putting it in its place")
        folder.put_in_place()
        return Written(folder.out, len(site.rows), len(site.runs), folder.n_files, folder.n_bytes, withheld)


class _Site:
    """The pages, in their order."""

    def __init__(self, conn: sqlite3.Connection, folder: Folder, wanted: Wanted, withheld: Withheld) -> None:
        self._conn, self._folder, self._wanted, self._withheld = conn, folder, wanted, withheld
        self.rows: Sequence[ModelRow] = models.all_models(conn)
        self.runs: Sequence[RunRow] = runs.list_runs(conn)
        self._names = file_names(row.slug for row in self.rows)
        self._made_on = utc_now()[:10]
        self._frame = Frame(clean_line(wanted.title) or TITLE, self._made_on, bool(self.runs))

    def pages(self) -> Iterator[str]:
        """Write one after the other, and say before each what it is."""
        charts = SharedCharts(self._conn, [row.slug for row in self.rows], self._folder.write)
        classes, known = Classes(), frozenset(run.id for run in self.runs)
        for row in self.rows:
            yield row.name
            self._model(row, charts, classes, known)
        for run in self.runs:
            yield run_pages.title(run)
            body = run_pages.body(self._conn, run, self._names, self._wanted.answers)
            self._page(run_pages.path_of(run.id), run_pages.title(run), body)
        self._front()

    def _model(self, row: ModelRow, charts: SharedCharts, classes: Classes, known: frozenset[int]) -> None:
        page = model_pages.load(self._conn, row.slug, classes)
        groups = [] if row.is_local else charts.of(row)
        body = model_page.body(self._conn, page, groups, self._names, known)
        path = f"models/{self._names[row.slug]}.html"
        self._page(path, row.name, body, description=model_page.description(page))

    def _front(self) -> None:
        title = self._frame.title
        board = front.leaderboard(self._conn, title, self.rows, self._names)
        self._page(INDEX, title, board, kind="board", needs_index=True)
        self._page(COMPARE, "Compare models", front.compare(), kind="compare", needs_index=True)
        about = front.about(self._conn, self._withheld, has_runs=bool(self.runs), with_answers=self._wanted.answers > 0)
        self._page(ABOUT, "About this site", about)
        if self.runs:
            self._page(RUNS, "Runs", run_pages.listing(self._conn, self.runs, self._names))
        values = index.index(self._conn, self.rows, self._names, self._made_on)
        self._folder.write("index.json", index.as_json(values))
        self._folder.write("assets/index.js", index.as_script(values))
        for path, text in frame.assets().items():
            self._folder.write(path, text)

    def _page(
        self, path: str, title: str, body: str, *, description: str = "", kind: str = "", needs_index: bool = False
    ) -> None:
        text = self._frame.page(path, title, body, description=description, kind=kind, needs_index=needs_index)
        self._folder.write(path, text)
