"""Choose the version of the Intelligence Index that all figures are shown of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.catalog import index_versions, leaderboard
from aa_tui.textsafe import clean_line
from aa_tui.tui.widgets.dialogs import Choice, Option

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.catalog.index_versions import Version
    from aa_tui.tui.core.host import Host

USUAL = "usual"
"""The key of no choice: the catalog decides."""


def choose(host: Host) -> None:
    """Ask for a version, and show it from now on."""
    nothing: tuple[list[Version], str | None, str | None] = ([], None, None)
    found, shown, chosen = host.store.read(_read, nothing)
    if len(found) < 2:
        only = f"index {clean_line(found[0].name)} alone" if found else "no index"
        host.toast(f"There is nothing to choose: this catalog has {only}.")
        return
    options = [
        Option(one.name, clean_line(f"index {one.name}, table of {one.as_of}"), f"{one.models:,} models")
        for one in sorted(found, key=lambda one: one.name != shown)
    ]
    usual = Option(USUAL, "the newest that half of the models have", "" if chosen else "as it is now")

    def answered(key: str | None) -> None:
        if key is not None:
            host.write(lambda conn: _show(conn, None if key == USUAL else key))

    host.ask(Choice("Show the Intelligence Index of", [*options, usual], chosen or USUAL), answered)


def _read(conn: sqlite3.Connection) -> tuple[list[Version], str | None, str | None]:
    return index_versions.versions(conn), index_versions.shown(conn), index_versions.chosen(conn)


def _show(conn: sqlite3.Connection, name: str | None) -> str:
    return clean_line(f"Scores, ranks and charts are of index {leaderboard.choose_version(conn, name)} now.")
