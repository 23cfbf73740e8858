"""The dialog that syncs: nobody is asked before the user says so, and what came is shown and taken back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven
from tests.support.source_server import Reply, SourceServer, reply

from aa_tui.actions import sync
from aa_tui.catalog import db, models, offers
from aa_tui.tui.widgets.question import Question

OFFER = {"id": "qwen/qwen3.5-4b", "name": "Qwen3.5 4B", "cost": {"input": 0.1, "output": 0.2}}


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    """models.dev, with one provider; no keys."""
    found = SourceServer()
    found.replies["/api.json"] = reply({"box": {"id": "box", "name": "Box", "models": {"a": OFFER}}})
    monkeypatch.setenv("AA_TUI_SOURCE_MODELS_DEV", found.url)
    for name in ("AA_API_KEY", "ARTIFICIAL_ANALYSIS_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield found
    found.close()


def offered(path: Path) -> list[str]:
    """Who offers the model, as the catalog has it."""
    with closing(db.open_catalog(path)) as conn:
        return [one.provider for one in offers.offers_of(conn, models.resolve(conn, "qwen3-5-4b").id)]


@pytest.mark.long
def test_a_source_is_tried_synced_and_taken_back(drive: Drive, fresh: Path, source: SourceServer) -> None:
    async def walk(app: Driven) -> None:
        app.app.action_more("sync")
        await app.shows("Sync what is published", "artificial-analysis", "wanted: AA_API_KEY", "models.dev")
        assert source.asked == []
        await app.press("enter")
        await app.shows("wants a key of your own")
        await app.press("down", "t")
        await app.shows("models.dev would bring 2 new offers")
        assert offered(fresh) == []
        await app.press("enter")
        await app.shows("models.dev brings 2 new offers", "qwen3-5-4b at Box: $0.1 in, $0.2 out")
        assert offered(fresh) == ["Box"]
        for no in ("enter", "escape", "n"):
            await app.press("u")
            await app.until(lambda: isinstance(app.app.screen, Question), "the question")
            await app.press(no)
            await app.shows("Sync what is published")
        assert offered(fresh) == ["Box"]
        await app.press("u")
        await app.until(lambda: isinstance(app.app.screen, Question), "the question")
        await app.press("y")
        await app.shows("is taken back: 0 figures, 2 offers, 0 models")
        assert offered(fresh) == []
        await app.press("escape")
        await app.lacks("Sync what is published")

    drive(walk)


def test_closing_the_dialog_gives_up_what_is_asked(
    drive: Drive, filled: sqlite3.Connection, source: SourceServer
) -> None:
    hold = threading.Event()
    source.replies["/api.json"] = Reply(b"{}", hold=hold)

    async def walk(app: Driven) -> None:
        app.app.action_more("sync")
        await app.shows("Sync what is published")
        await app.press("down", "enter")
        await app.until(lambda: bool(source.asked), "the source to be asked")
        await app.press("escape")
        await app.lacks("Sync what is published")
        await app.until(lambda: all(not one.is_running for one in app.app.workers), "the thread to end")

    drive(walk)
    hold.set()
    assert sync.history(filled) == []
