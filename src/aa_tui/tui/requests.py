"""What the views ask for and a dialog answers: another sorting, a measurement, the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aa_tui.catalog.rows import FileRow, ModelRow, RunRow
    from aa_tui.tui.app import AATuiApp


def choose_sorting(app: AATuiApp) -> None:
    """Pick the leaderboard's column to sort by; the one it is sorted by turns the order round."""
    from aa_tui.tui.dialogs import Choice, Option

    board = app.views.leaderboard
    options = [
        Option(column.sort, column.name, column.title.strip() if column.title.strip() != column.name else "")
        for column in (*board.fixed, *board.columns.values())
        if column.sort
    ]

    def chosen(sort: str | None) -> None:
        if sort is not None:
            board.ask(board.models.query.sorted_by(sort))

    app.push_screen(Choice("Sort by", options, board.models.query.sort), chosen)


def measure(app: AATuiApp, model: ModelRow) -> None:
    """Pick a file of the model, or name one, and start a run."""
    from aa_tui.catalog import files
    from aa_tui.tui.measure import MeasureDialog

    nothing: list[FileRow] = []
    known = app.store.read(lambda conn: files.files_of_model(conn, model.model_id), nothing)

    def started(run_id: int | None) -> None:
        if run_id is not None:
            app.toast(f"Run {run_id} has begun; it goes on when the app is closed. R shows it.")
            app.look(force=True)

    app.push_screen(MeasureDialog(app.store, model.slug, model.name, known), started)


def stop_run(app: AATuiApp, run: RunRow) -> None:
    """Ask, then ask the run's worker to stop."""
    from aa_tui.catalog.db import CatalogError
    from aa_tui.tui.dialogs import Confirm

    def stop() -> None:
        from aa_tui.runs import request_stop

        try:
            app.store.in_thread(lambda conn: request_stop(conn, run.id))
        except CatalogError as error:
            app.call_from_thread(app.toast, str(error), bad=True)
        app.call_from_thread(app.look, force=True)

    def answered(answer: bool | None) -> None:
        if answer:
            app.run_worker(stop, thread=True, group="stop", exit_on_error=False)

    app.push_screen(Confirm(f"Stop run {run.id} of {run.target}? What it has measured stays.", "stop it"), answered)
