"""The files that are marked for comparing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.tui.core.places import Place
from aa_tui.tui.widgets.parts import styled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.content import Content

    from aa_tui.tui.core.keymap import Keymap
    from aa_tui.tui.files.rows import Entry

MARK = "•"
INSET = 2
"""A margin for the mark."""

ALONE = "One file alone cannot be compared: mark another with <mark:Space>; <clear-marks:u> clears the mark."


class Marks:
    """Their paths, in the order in which they were marked."""

    def __init__(self) -> None:
        self.paths: tuple[str, ...] = ()

    def of(self, entry: Entry) -> str:
        """The mark of an entry, or none."""
        return MARK if entry.file is not None and entry.key in self.paths else ""

    def turn(self, path: str) -> None:
        """Mark a file, or take its mark away."""
        left = tuple(one for one in self.paths if one != path)
        self.paths = left if path in self.paths else (*left, path)

    def keep(self, entries: Iterable[Entry]) -> None:
        """Those that are gone are no longer marked."""
        here = {entry.key for entry in entries if entry.file is not None}
        self.paths = tuple(path for path in self.paths if path in here)

    def before(self, words: Content, keymap: Keymap) -> Content:
        """How many are marked and what can be done with them, before what is said otherwise."""
        if not self.paths:
            return words
        how = keymap.told(
            "<quantizations:=> compares just these" if len(self.paths) > 1 else "mark another one to compare"
        )
        return styled((f"{len(self.paths)} marked", "strong"), (f": {how} · ", "dim")) + words

    def place(self, entries: Iterable[Entry]) -> Place:
        """Where they are compared, as files of the first model that is known of any of them."""
        slugs = (entry.slug for entry in entries if self.of(entry) and entry.slug is not None)
        return Place("quants", next(slugs, None), slugs=self.paths)
