"""What the user has set for good, in the app."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven


@pytest.fixture
def file(home: Path, fresh: Path) -> Path:
    """Where this test's settings lie."""
    return fresh.parent / "config.toml"


def test_the_app_opens_with_what_is_set(file: Path, drive: Drive) -> None:
    file.write_text('theme = "nord"\nclass = "small"\n')

    async def walk(app: Driven) -> None:
        assert app.app.theme == "nord"
        assert app.app.views.leaderboard.board.query.tab == 1

    drive(walk)


def test_the_app_opens_with_a_broken_file_and_says_so(file: Path, drive: Drive) -> None:
    file.write_text("theme = \n")

    async def walk(app: Driven) -> None:
        await app.shows("is no TOML")

    drive(walk)
