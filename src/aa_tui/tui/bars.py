"""The first and the last line of the screen: where one is, and what one can do here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.catalog import models
from aa_tui.catalog.rows import ModelFilter
from aa_tui.tui.parts import Link, LinkLine

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.store import Store

VIEWS = (
    ("leaderboard", "Leaderboard"),
    ("charts", "Charts"),
    ("runs", "Runs"),
    ("files", "Files"),
    ("compare", "Compare"),
)

PARENTS = {"page": "leaderboard", "run": "runs", "plan": "runs", "samples": "runs", "pairs": "runs"}
"""Under which of these a view stands that is stepped into."""

HINTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "leaderboard": (
        ("Enter", "open", "open"),
        ("/", "search", "search"),
        ("s", "sort", "sort"),
        ("f", "filter", "filters"),
        ("Space", "mark", "mark"),
        ("?", "keys", "help"),
    ),
    "compare": (
        ("Esc", "back", "back"),
        ("← →", "model", ""),
        ("d", "differences", "differences"),
        ("x", "remove", "remove"),
        ("Enter", "page", "open"),
        ("?", "keys", "help"),
    ),
    "page": (
        ("Esc", "back", "back"),
        ("0–9", "charts", ""),
        ("← →", "next model", ""),
        ("b", "measure", "measure"),
        ("E", "evaluate", "evaluate"),
        ("?", "keys", "help"),
    ),
    "charts": (
        ("Esc", "back", "back"),
        ("n N", "other chart", ""),
        ("↑ ↓", "other value", ""),
        ("Enter", "page", "open"),
        ("f", "models", ""),
        ("?", "keys", "help"),
    ),
    "files": (
        ("Enter", "page", "open"),
        ("b", "measure", "measure"),
        ("p", "pull", ""),
        ("i", "inspect", ""),
        ("Esc", "back", "back"),
        ("?", "keys", "help"),
    ),
    "runs": (
        ("Enter", "open", "press('enter')"),
        ("p", "pause", "press('p')"),
        ("x", "stop", "press('x')"),
        ("Space", "mark", "press('space')"),
        ("c", "compare", "press('c')"),
        ("?", "keys", "help"),
    ),
    "run": (
        ("Esc", "back", "back"),
        ("p", "pause", "press('p')"),
        ("k", "skip", "press('k')"),
        ("x", "stop", "press('x')"),
        ("s", "samples", "press('s')"),
        ("?", "keys", "help"),
    ),
    "run-ended": (
        ("Esc", "back", "back"),
        ("s", "samples", "press('s')"),
        ("p", "go on", "press('p')"),
        ("C", "charts", "press('C')"),
        ("o", "page", "press('o')"),
        ("?", "keys", "help"),
    ),
    "run-speed": (
        ("Esc", "back", "back"),
        ("p", "pause", "press('p')"),
        ("x", "stop", "press('x')"),
        ("d", "delete", "press('d')"),
        ("o", "page", "press('o')"),
        ("?", "keys", "help"),
    ),
    "plan": (
        ("Enter", "start now", "press('enter')"),
        ("n", "tonight", "press('n')"),
        ("b", "budget…", "press('b')"),
        ("s", "samples", "press('s')"),
        ("Esc", "back", "back"),
        ("?", "keys", "help"),
    ),
    "samples": (
        ("Esc", "back", "back"),
        ("f", "outcome", "press('f')"),
        ("r w m", "by eye", ""),
        ("t", "thinking", "press('t')"),
        ("Tab", "read", "press('tab')"),
        ("?", "keys", "help"),
    ),
    "pairs": (
        ("Esc", "back", "back"),
        ("f", "who is right", "press('f')"),
        ("t", "thinking", "press('t')"),
        ("n N", "other item", ""),
        ("Tab", "read", "press('tab')"),
        ("?", "keys", "help"),
    ),
}
"""The most useful keys of each view, six at most; what a click on them does."""


class TopBar(LinkLine):
    """The views, the state of the catalog, and the run that goes on."""

    def __init__(self, store: Store) -> None:
        super().__init__(gap=2, id="top")
        self._store = store
        self._facts: tuple[Link, ...] = ()
        self._view = "leaderboard"
        self._live: Sequence[RunRow] = ()
        self.read_facts()

    def read_facts(self) -> None:
        """Read the catalog's date and counts."""

        def query(conn: sqlite3.Connection) -> tuple[str | None, int, int]:
            here = models.count(conn, ModelFilter(measured_here=True))
            return models.newest_table_date(conn), models.count(conn), here

        nothing: tuple[str | None, int, int] = (None, 0, 0)
        date, count, here = self._store.read(query, nothing)
        facts = [Link(((f"{count:,} models", "dim"),))]  # left out first: the leaderboard says it as well
        if date:
            facts.append(Link(((f"catalog {date}", "dim"),)))
        if here:
            facts.append(Link(((f"⌂ {here:,} measured here", "here"),)))
        self._facts = tuple(facts)
        self._tell()

    def show_view(self, view: str) -> None:
        """Mark the view one is in."""
        self._view = view
        self._tell()

    def show_live(self, live: Sequence[RunRow]) -> None:
        """Say which run goes on and how far it is."""
        self._live = live
        self._tell()

    def _tell(self) -> None:
        left = [Link(((" aa-tui ", "strong"),))]
        for key, title in VIEWS:
            chosen = key == PARENTS.get(self._view, self._view)
            left.append(Link(((title, "accent-strong" if chosen else "dim"),), key))
        right = list(self._facts)
        if self._store.trouble:
            right = [Link((("! catalog cannot be read", "bad"),))]
        if self._live:
            run = self._live[0]
            more = f" +{len(self._live) - 1}" if len(self._live) > 1 else ""
            right.append(Link(((f"▶ run {run.id} {run.progress:4.0%}{more}", "accent"),), "runs"))
        self.show(tuple(left), (*right, Link((("", ""),))))


class KeyBar(LinkLine):
    """What one can do here, in at most six keys."""

    def __init__(self) -> None:
        super().__init__(gap=3, id="keys")

    def show_view(self, view: str) -> None:
        """Another view, other keys."""
        links = [
            Link(((f" {key}" if number == 0 else key, "key"), (f" {word}", "dim")), target)
            for number, (key, word, target) in enumerate(HINTS[view])
        ]
        self.show(tuple(links))
