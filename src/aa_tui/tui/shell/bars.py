"""The first and the last line of the screen: where one is, and what one can do here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.catalog import index_versions, models
from aa_tui.catalog.rows import ModelFilter
from aa_tui.textsafe import clean_line
from aa_tui.tui.shell.commands import HELP, way_to
from aa_tui.tui.widgets.parts import Link, LinkLine

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.core.command import Command
    from aa_tui.tui.core.keymap import Keymap
    from aa_tui.tui.core.store import Store


class TopBar(LinkLine):
    """The views, the state of the catalog, and the run that is running."""

    def __init__(self, store: Store, tabs: Sequence[tuple[str, str]]) -> None:
        """`tabs` are the views that have one, by name and title."""
        super().__init__(gap=2, id="top")
        self._store = store
        self._tabs = tabs
        self._facts: tuple[Link, ...] = ()
        self._view = ""
        self._live: Sequence[RunRow] = ()
        self.read_facts()

    def read_facts(self) -> None:
        """Read the catalog's date and counts."""

        def query(conn: sqlite3.Connection) -> tuple[str | None, str | None, int, int]:
            here = models.count(conn, ModelFilter(measured_here=True))
            several = len(index_versions.versions(conn)) > 1
            version = index_versions.shown(conn) if several else None
            return models.newest_table_date(conn), version, models.count(conn), here

        nothing: tuple[str | None, str | None, int, int] = (None, None, 0, 0)
        date, version, count, here = self._store.read(query, nothing)
        facts = [Link(((f"{count:,} models", "dim"),))]  # left out first: the leaderboard says it as well
        if date:
            facts.append(Link(((f"catalog {date}", "dim"),)))
        if version:
            facts.append(Link(((f"index {clean_line(version)}", "dim"),)))
        if here:
            facts.append(Link(((f"⌂ {here:,} measured here", "here"),)))
        self._facts = tuple(facts)
        self._tell()

    def show_view(self, view: str) -> None:
        """Mark the view one is in, or the one that it stands under."""
        self._view = view
        self._tell()

    def show_live(self, live: Sequence[RunRow]) -> None:
        """Say which run is running and how far it is."""
        self._live = live
        self._tell()

    def _tell(self) -> None:
        left = [Link(((" aa-tui ", "strong"),))]
        for key, title in self._tabs:
            chosen = key == self._view
            left.append(Link(((title, "accent-strong" if chosen else "dim"),), way_to(key).action))
        right = list(self._facts)
        if self._store.trouble:
            right = [Link((("! catalog in trouble", "bad"),))]
        elif self._store.reads_only:
            right.append(Link((("read-only catalog", "warn"),)))
        if self._live:
            run = self._live[0]
            more = f" +{len(self._live) - 1}" if len(self._live) > 1 else ""
            right.append(Link(((f"▶ run {run.id} {run.progress:4.0%}{more}", "accent"),), way_to("runs").action))
        self.show(tuple(left), (*right, Link((("", ""),))))


class KeyBar(LinkLine):
    """What one can do here, in at most six keys."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__(gap=3, id="keys")
        self._keymap = keymap

    def show_commands(self, commands: Sequence[tuple[Command, str]]) -> None:
        """Name these, each with a word, and the help."""
        links: list[Link] = []
        for its_own, word in (*commands, (HELP, HELP.bar)):
            command = self._keymap.of(its_own)
            if not command.keys:
                continue
            margin = "" if links else " "
            parts = ((f"{margin}{command.bar_keys}", "key"), (f" {word}", "dim"))
            links.append(Link(parts, command.click))
        self.show(tuple(links))
