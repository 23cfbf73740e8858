"""Choose what to pull: of a model, or of what is typed, as `aa-tui gguf pull` takes it. The Hub says what there is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input
from textual.worker import get_current_worker

from aa_tui.analysis import MISSING, display
from aa_tui.errors import AATuiError
from aa_tui.tui.files.rows import MARKS
from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.form import box
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.gguf.hub import HubFile
    from aa_tui.library.fits import Fit
    from aa_tui.library.pulling import Offers
    from aa_tui.library.room import Room
    from aa_tui.tui.core.store import Store

ROWS = 14
BEST = "best that fits"
Row = tuple["HubFile", "Fit | None", bool]
"""A file, how it would fit, and whether it is the best one that does."""


def _fit(row: Row, _: int) -> Sequence[Part]:
    return (MARKS[row[1].mark],) if row[1] else ((MISSING, "faint"),)


def _needed(row: Row, _: int) -> Sequence[Part]:
    return ((display.size_bytes(row[1].memory.needed), ""),) if row[1] else ((MISSING, "faint"),)


def _speed(row: Row, _: int) -> Sequence[Part]:
    speed = row[1].speed if row[1] else None
    return ((speed.words, "dim"),) if speed else ((MISSING, "faint"),)


def _tps(row: Row) -> float | None:
    return row[1].speed.tokens_per_s if row[1] and row[1].speed else None


def _repo(row: Row, _: int) -> Sequence[Part]:
    return ((f"{BEST}  ", "accent"), (row[0].repo, "dim")) if row[2] else ((row[0].repo, "dim"),)


COLUMNS: tuple[Column[Row], ...] = (
    Column("quant", "Quant", 9, lambda row, _: ((row[0].quant or MISSING, "strong"),), right=False),
    Column(
        "size",
        "Size",
        8,
        lambda row, _: ((display.size_bytes(row[0].size_bytes), ""),),
        order=lambda row: row[0].size_bytes,
    ),
    Column("memory", "Memory", 8, _needed, order=lambda row: row[1].memory.needed if row[1] else None),
    Column("fit", "Fits", 8, _fit, right=False, order=lambda row: row[1].memory.needed if row[1] else None),
    Column("speed", "Tok/s", 6, _speed, order=_tps),
    Column("repo", "Repository", 16, _repo, right=False, flexible=True, most=60, middle=True),
)


class PullDialog(Dialog["tuple[Offers, HubFile] | None"]):
    """Which file to pull. Closes with what was chosen and what it was chosen from.

    Without a `name` what is pulled is typed, and `target` stands in the box.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("tab", "app.focus_next", show=False),
    ]

    def __init__(self, store: Store, target: str, name: str | None, room: Room) -> None:
        super().__init__()
        self._store = store
        self._target = target
        self._model_name = name
        self._room = room
        self._offers: Offers | None = None
        self._rows: ListRows[Row] = ListRows()

    def compose(self) -> ComposeResult:
        """The quantizations, and a line for what the Hub says."""
        with Vertical(classes="dialog"):
            yield Line(styled("Pull ", (self._model_name or "a model", "strong"), " into the Hub's cache"))
            if self._model_name is None:
                yield box(self._target, placeholder="MODEL, OWNER/REPO:Q4_K_M, or an address of the Hub", id="target")
            yield Listing(ListTable(self._rows, "", inset=0, id="offers"))
            yield Fitted(id="trouble")
            asks: list[tuple[str, str]] = (
                [("Tab", "key"), (" what or which   ", "")] if self._model_name is None else []
            )
            yield Line(styled(("Enter", "key"), " pull   ", *asks, ("Esc", "key"), " close"))

    @property
    def table(self) -> ListTable[Row]:
        """What is offered."""
        return self.query_one("#offers", ListTable)

    def on_mount(self) -> None:
        """Ask the Hub, in a thread; where something is to be typed, once it is."""
        table = self.table
        table.styles.height = 3
        table.set_columns(COLUMNS, ())
        if self._model_name is None:
            table.display = False
            self.query_one("#target", Input).focus()
        else:
            table.focus()
            self._ask_for(self._target)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """What is wanted has been typed."""
        message.stop()
        if message.value.strip():
            self._ask_for(message.value)

    def _ask_for(self, target: str) -> None:
        self._say("Asking the Hub…", "dim")
        self.run_worker(lambda: self._ask(target), thread=True, exclusive=True, group="offers", exit_on_error=False)

    def _ask(self, target: str) -> None:
        from aa_tui.gguf.hub import hub_here
        from aa_tui.library import fits, pulling
        from aa_tui.runs.evaluation.needs import usual_needs

        worker = get_current_worker()

        def work(conn: sqlite3.Connection) -> tuple[Offers, list[Row], HubFile | None, str]:
            hub, needs = hub_here(), usual_needs(conn)
            name, quant, file = pulling.wanted(hub, target)
            offered = pulling.offers(conn, hub, name, is_cancelled=lambda: worker.is_cancelled)
            meant = pulling.choose(offered, quant, file) if quant or file else None
            found = [
                (one, fits.offer_fit(conn, offered.model_id, one, self._room, needs.plan)) for one in offered.files
            ]
            best = fits.best([fit for _, fit in found])
            rows = [(one, fit, fit is not None and fit is best) for one, fit in found]
            return offered, rows, meant, needs.pack

        try:
            found = self._store.in_thread(work)
        except AATuiError as error:
            if worker.is_cancelled:  # the dialog was closed, which ends the asking
                return
            self.app.call_from_thread(self._say, str(error), "bad")
            return
        self.app.call_from_thread(self._show, *found)

    def _show(self, offered: Offers, rows: list[Row], meant: HubFile | None, pack: str) -> None:
        if not self.is_attached:
            return
        self._offers = offered
        self._rows.rows = rows
        table = self.table
        usual = next((place for place, (one, *_) in enumerate(rows) if one.quant.upper() == "Q4_K_M"), 0)
        best = next((place for place, (*_, is_best) in enumerate(rows) if is_best), usual)
        table.reload(next((place for place, (one, *_) in enumerate(rows) if one is meant), best))
        table.display = True
        table.focus()
        said = f"{offered.problem} Showing the list shipped with aa-tui." if offered.problem else ""
        guess = (
            "; ~ is an estimate" if any(fit and fit.speed and fit.speed.run_id is None for _, fit, _ in rows) else ""
        )
        contexts = {fit.plan.n_ctx for _, fit, _ in rows if fit is not None}
        at = f"; fits an evaluation with {pack}, {display.context(max(contexts))} context" if contexts else ""
        free = f"{display.size_bytes(self._room.free_bytes)} of memory are free{at}{guess}."
        self._say(said or free, "warn" if said else "dim")
        width = max(table.size.width, 40)
        n_lines = len(wrapped(styled((said or free, "")), width).plain.split("\n"))
        table.styles.height = min(len(rows) + 1, ROWS, max(4, int(self.app.size.height * 0.9) - 11 - n_lines))

    def _say(self, words: str, kind: str) -> None:
        if self.is_attached:
            self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, kind)), width))

    def on_table_opened(self, message: Table.Opened) -> None:
        """The choice is made."""
        message.stop()
        row = self.table.current
        if row is not None and self._offers is not None:
            self.dismiss((self._offers, row[0]))

    def action_close(self) -> None:
        """Nothing is pulled."""
        self.workers.cancel_node(self)
        self.dismiss(None)
