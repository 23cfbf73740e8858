"""Servers: those that are saved, what each serves, whether it is there now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content

from aa_tui.actions import servers
from aa_tui.errors import AATuiError
from aa_tui.tui.core.command import BACK, DETAILS, ENDS, ROWS, SEARCH, SIDES, SORT, Command
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.servers.rows import FIXED, MOVING, detail, model_of
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, beside, styled, wrapped
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.sorting import Sorts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.actions.servers import Seen
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.core.places import Place
    from aa_tui.tui.widgets.table import Table

EMPTY = "No server is saved. A adds one, such as http://box:8080."
LABEL_CELLS = 12


class ServersView(Sorts, View):
    """The saved servers, and below them all about the one under the cursor. They are asked in a thread."""

    NAME = "servers"
    TITLE = "Servers"
    STEPPED_INTO = True

    DEFAULT_CSS = """
    ServersView #server-detail { height: auto; max-height: 40%; padding: 0 2; border-top: solid $faint; }
    """

    COMMANDS = (
        ROWS,
        Command("A", "add", "Add", "save a server by its address, once it has said what it serves", bar="add"),
        Command(
            "E",
            "evaluate",
            "Evaluate",
            "evaluate what it serves, on a pack of questions",
            bar="evaluate",
            also=(Command("enter", "", "Evaluate this one"),),
        ),
        Command(
            "b", "measure", "Measure", "measure its speed: depths, requests at once, rates of arrival", bar="measure"
        ),
        Command("r", "again", "Again", "ask all of them again what they serve", bar="ask again"),
        Command("d,delete", "remove", "Delete", "forget the server; what was measured through it stays"),
        SEARCH._replace(bar=""),
        SORT,
        ENDS,
        SIDES,
        DETAILS,
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.servers: ListRows[Seen] = ListRows()
        self._selected: str | None = None

    def compose(self) -> ComposeResult:
        """The list, and the details."""
        yield Listing(ListTable(self.servers, EMPTY, id="servers-table"))
        with VerticalScroll(id="server-detail"):
            yield Fitted(id="server-text")

    def on_mount(self) -> None:
        """Know the columns."""
        self.table.set_columns(FIXED, MOVING)
        self.query_one("#server-detail").display = False

    @property
    def table(self) -> ListTable[Seen]:
        """The list."""
        return self.query_one("#servers-table", ListTable)

    @property
    def current(self) -> Seen | None:
        """The server under the cursor."""
        return self.table.current

    def take_focus(self) -> None:
        """The list gets the focus."""
        self.table.focus()

    def show(self, place: Place) -> None:
        """List them at once, and ask them in a thread, each time that one comes here."""
        self._take(self.host.store.read(servers.listed, []))
        self.action_again()

    def hear(self, news: News) -> None:
        """One may have been added or removed elsewhere."""
        if not self.is_shown:
            return
        known = {seen.row.url: seen for seen in self.servers.rows}
        found = self.host.store.read(servers.listed, self.servers.rows)
        if {seen.row.url for seen in found} != known.keys():
            self._take([known.get(seen.row.url, seen) for seen in found])

    def _take(self, found: Sequence[Seen]) -> None:
        self.servers.rows = list(found)
        urls = [seen.row.url for seen in found]
        self.table.reload(urls.index(self._selected) if self._selected in urls else 0)
        self._show_detail()

    # -- asking them

    def action_again(self) -> None:
        """Ask all of them what they serve now."""
        rows = [seen.row for seen in self.servers.rows]
        if not rows:
            return

        def work() -> None:
            try:
                found = self.host.store.in_thread(lambda conn: servers.look(conn, rows))
            except AATuiError as error:
                self.app.call_from_thread(self.host.toast, str(error), bad=True)
                return
            self.app.call_from_thread(self._found, found)

        self.run_worker(work, thread=True, exclusive=True, group="servers", exit_on_error=False)

    def _found(self, found: Sequence[Seen]) -> None:
        """What they said; one that was removed meanwhile stays away, one that was added is asked next time."""
        told = {seen.row.id: seen for seen in found}
        self._take([told.get(seen.row.id, seen) for seen in self.servers.rows])

    # -- the one under the cursor

    def _show_detail(self) -> None:
        seen = self.current
        self._selected = seen.row.url if seen else None
        self.query_one("#server-detail").display = seen is not None
        if seen is not None:
            self.query_one("#server-text", Fitted).show(partial(_detail, seen))

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another server under the cursor."""
        message.stop()
        self._show_detail()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter evaluates."""
        message.stop()
        self.action_evaluate()

    def copied(self, *, whole: bool) -> Copied:
        """What is known of the server under the cursor, or the list."""
        if whole:
            lines = ["\t".join(row.values()) for row in self.table.words()]
            return Copied("\n".join(lines), "the servers" if lines else EMPTY)
        seen = self.current
        if seen is None:
            return Copied("", EMPTY)
        return Copied("\n".join(f"{label}: {words}" for label, words in detail(seen)), "the server")

    def offers(self) -> Sequence[Offer]:
        """The list."""
        from aa_tui.tui.core.offer import csv_offer

        return (csv_offer("Servers", ("servers",), self.table.words),)

    # -- the keys

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    def action_add(self) -> None:
        """Type an address."""
        from aa_tui.tui.servers.add_dialog import AddServerDialog

        def added(server_id: int | None) -> None:
            if server_id is None:
                return
            found = self.host.store.read(servers.listed, self.servers.rows)
            self._selected = next((seen.row.url for seen in found if seen.row.id == server_id), self._selected)
            self._take(found)
            self.action_again()

        self.host.ask(AddServerDialog(self.host.store), added)

    def action_evaluate(self) -> None:
        """Choose a pack and how far."""
        from aa_tui.tui.start import asking

        seen = self.current
        if seen is None:
            self.app.bell()
        else:
            asking.evaluate_server(self.host, seen.row.name, model_of(seen))

    def action_measure(self) -> None:
        """Choose depths, numbers of requests and rates."""
        from aa_tui.tui.start import asking

        seen = self.current
        if seen is None:
            self.app.bell()
        else:
            n_slots = seen.row.facts.get("n_slots")
            asking.measure_server(
                self.host, seen.row.name, model_of(seen), n_slots if isinstance(n_slots, int) and n_slots > 0 else None
            )

    def action_remove(self) -> None:
        """Ask, then forget it."""
        from aa_tui.tui.widgets.question import Question, if_yes

        seen = self.current
        if seen is None:
            self.app.bell()
            return
        row = seen.row

        def forget() -> None:
            self._take([one for one in self.servers.rows if one.row.id != row.id])
            self.host.write(lambda conn: f"{servers.remove(conn, row.url).name} is forgotten.")

        question = f"Forget the server {row.name}? What was measured through it stays."
        self.host.ask(Question(question, "forget it"), if_yes(forget))


def _detail(seen: Seen, width: int) -> Content:
    lines = [
        beside(
            styled((label, "dim")),
            wrapped(styled((words, "bad" if label == "Not there" else "")), max(10, width - LABEL_CELLS)),
            LABEL_CELLS,
        )
        for label, words in detail(seen)
    ]
    return Content("\n").join(lines)
