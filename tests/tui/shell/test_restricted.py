"""What came with a user's own key is saved with a word of it."""

from __future__ import annotations

import sqlite3

from tests.support.driven import Drive, Driven

WORDS = "It may hold figures of"


def test_saving_what_is_published_says_whose_figures_are_not_to_be_handed_on(
    filled: sqlite3.Connection, drive: Drive
) -> None:
    async def without(app: Driven) -> None:
        await app.press("e")
        await app.shows("Save")
        await app.lacks(WORDS)

    drive(without, (120, 40))
    filled.execute("UPDATE sources SET is_restricted = 1 WHERE name = 'Artificial Analysis'")

    async def restricted(app: Driven) -> None:
        await app.press("e")
        await app.shows(WORDS, "Artificial Analysis", "for your own eyes")
        await app.press("escape")

    drive(restricted, (120, 40))
