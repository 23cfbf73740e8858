"""Whatever would lose work asks first, and in one way: `y` is yes, `n`, Esc and Enter are no."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.docs.keys_page import view_classes
from tests.support.driven import Drive, Driven
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.noted import SLUG, a_file, take
from tests.support.working import ANSWERS, tell

from aa_tui.catalog import files, labels, life, local_pages, runs, samples, servers
from aa_tui.engine.mock import by_question
from aa_tui.gguf.bundled import bundled_model
from aa_tui.tui.core.command import every
from aa_tui.tui.core.places import Place
from aa_tui.tui.files.pulls import Transfer
from aa_tui.tui.files.view import FilesView
from aa_tui.tui.widgets.question import Question

LOSING = {
    ("runs", "Stop"): "a run",
    ("runs", "Delete"): "a run",
    ("run", "Stop"): "a run",
    ("run", "Delete"): "a run",
    ("run", "Skip"): "a sample",
    ("files", "Stop"): "a download",
    ("files", "Delete"): "a file",
    ("page", "Delete"): "a page",
    ("page", "Stop"): "a download",
    ("samples", "No label"): "a label",
    ("servers", "Delete"): "a server",
}
"""Commands by view and name; what is lost without them is walked below."""

KEEPING = {("compare", "Delete"), ("ask", "Stop")}
"""One takes a mark away, the other keeps what is written."""


def test_every_command_that_may_lose_something_is_walked_here() -> None:
    names = {name for _, name in LOSING}
    found = {
        (name, command.name)
        for name, view in view_classes().items()
        for command in every(view.COMMANDS)
        if command.name in names
    }
    assert found == LOSING.keys() | KEEPING


async def asked(app: Driven, keys: tuple[str, ...], words: str, lost: Callable[[], bool]) -> None:
    """It asks each time; nothing but `y` loses anything."""
    depth = len(app.app.screen_stack)
    for no in ("enter", "escape", "n"):
        await app.press(*keys)
        await app.until(lambda: isinstance(app.app.screen, Question), f"{words} to be asked")
        await app.shows(words, "y  ", "▸ n  ")
        await app.press(no)
        await app.until(lambda: len(app.app.screen_stack) == depth, "the question to close")
        await app.app.workers.wait_for_complete()
        assert not lost(), f"{no} lost it"
    await app.press(*keys)
    await app.shows(words)
    await app.press("y")
    await app.until(lost, f"{words} to be done")


@pytest.fixture
def evaluated(filled: sqlite3.Connection, tmp_path: Path) -> int:
    run_id = planned(filled, write_pack(tmp_path / "small", ANSWERS), budgets=())
    on_mock(filled, run_id, by_question({question: f"Answer: {answer}" for question, answer in ANSWERS.items()}))
    return run_id


@pytest.fixture
def going_on(filled: sqlite3.Connection, tmp_path: Path) -> int:
    """In the hands of this process, with a slot that writes."""
    run_id = planned(filled, write_pack(tmp_path / "small", ANSWERS), n_parallel=3)
    take(filled, run_id)
    tell(filled, run_id)
    return run_id


@pytest.mark.long
@pytest.mark.parametrize("opens", [(), ("enter",)], ids=["runs", "run"])
def test_a_run_is_stopped(drive: Drive, filled: sqlite3.Connection, going_on: int, opens: tuple[str, ...]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", *opens)
        await app.shows("item-007" if opens else "aa-nano")
        await asked(app, ("x",), f"Stop run {going_on}", lambda: life.control_of(filled, going_on)[0] == "stop")

    drive(walk, (100, 30))


def test_a_run_is_stopped_after_its_samples_where_that_answer_is_marked_on_purpose(
    drive: Drive, filled: sqlite3.Connection, going_on: int
) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", "x")
        await app.shows("▸ n  no", "f  after the samples being written")
        await app.press("up")
        await app.shows("▸ f  ")
        await app.press("enter")
        await app.until(lambda: life.control_of(filled, going_on)[0] == "finish", "it to be asked to finish")

    drive(walk, (100, 30))


def test_a_sample_is_left_out(drive: Drive, filled: sqlite3.Connection, going_on: int) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", "enter")
        await app.shows("item-007")
        await asked(app, ("K",), "Leave out the sample", lambda: life.control_of(filled, going_on)[1] == "item-007")

    drive(walk, (100, 30))


@pytest.mark.long
@pytest.mark.parametrize("opens", [(), ("enter",)], ids=["runs", "run"])
def test_a_run_is_deleted(drive: Drive, filled: sqlite3.Connection, evaluated: int, opens: tuple[str, ...]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R", *opens)
        await app.shows("finished")
        await asked(app, ("d",), f"Delete run {evaluated}", lambda: not runs.list_runs(filled))

    drive(walk, (100, 30))


@pytest.mark.long
def test_a_label_is_changed_and_cleared(drive: Drive, filled: sqlite3.Connection, evaluated: int) -> None:
    def label() -> str | None:
        return next((one.label for one in labels.of_run(filled, evaluated).values()), None)

    async def walk(app: Driven) -> None:
        await app.press("R", "a")
        await app.shows("12 samples")
        await app.press("1")
        await app.until(lambda: label() == "right", "a label")
        await app.shows("✓ right")
        await app.press("1")  # it says so already
        assert not isinstance(app.app.screen, Question)
        await asked(app, ("2",), "is labelled right by eye. Change that?", lambda: label() == "wrong")
        await app.shows("✗ wrong")
        await asked(app, ("0",), "is labelled wrong by eye. Clear that?", lambda: label() is None)

    drive(walk, (100, 30))


@pytest.mark.long
def test_verdicts_are_replaced(drive: Drive, filled: sqlite3.Connection, evaluated: int) -> None:
    """Grading again finds right what stands as wrong."""

    def wrong() -> int:
        return sum(row.outcome == "wrong" for row in samples.scored(filled, evaluated))

    filled.execute("UPDATE sample_scores SET outcome = 'wrong', grader = 'exact/0'")
    assert wrong() == len(ANSWERS)

    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("finished")
        await asked(app, ("r",), f"Run {evaluated} graded again", lambda: wrong() == 0)

    drive(walk, (100, 30))


def _local_page(conn: sqlite3.Connection, folder: Path) -> None:
    model_id = files.add_local_model(
        conn,
        name="Fancy",
        creator="somebody",
        total_params_b=1.0,
        context_tokens=None,
        license_name=None,
        reasoning=False,
        source_url="x",
        as_of="2026-11-28",
    )
    a_file(conn, folder / "fancy.gguf", model_id)


def test_a_page_is_removed(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    _local_page(filled, tmp_path)

    async def walk(app: Driven) -> None:
        await app.app.go(Place("page", "fancy"))
        await app.shows("Fancy")
        await asked(app, ("d",), "Remove the page of Fancy", lambda: not local_pages.empty(filled))

    drive(walk, (100, 30))


def test_empty_pages_are_tidied_away(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    _local_page(filled, tmp_path)

    async def walk(app: Driven) -> None:
        async def tidy() -> None:
            app.app.action_more("tidy")

        for no in ("enter", "n"):
            await tidy()
            await app.shows("Remove the page on which nothing is, of Fancy?")
            await app.press(no)
            await app.lacks("on which nothing is")
            assert local_pages.empty(filled)
        await tidy()
        await app.shows("Remove the page")
        await app.press("y")
        await app.until(lambda: not local_pages.empty(filled), "it to go")

    drive(walk, (100, 30))


@pytest.mark.long
def test_a_file_is_deleted(drive: Drive, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    file = home / "models" / "own.gguf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bundled_model().read_bytes() + bytes(32))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("own.gguf")
        await app.press("g")
        await app.move_to("own.gguf")
        await asked(app, ("d",), "Delete own.gguf", lambda: not file.exists())

    drive(walk, (120, 40))


def test_a_server_is_forgotten(drive: Drive, filled: sqlite3.Connection) -> None:
    servers.add(filled, url="http://127.0.0.1:9", name="box")

    async def walk(app: Driven) -> None:
        await app.app.go(Place("servers"))
        await app.shows("http://127.0.0.1:9")
        await asked(app, ("d",), "Forget the server box", lambda: servers.find(filled, "box") is None)

    drive(walk, (120, 40))


@pytest.mark.long
def test_a_download_is_stopped(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available")
        pulls = app.app.views.find(FilesView).pulls  # type: ignore[union-attr]
        pulls.now = Transfer("some.gguf", "downloading", 1, 2)
        await asked(app, ("x",), "Stop the download of some.gguf?", pulls._stop.is_set)
        pulls._stop.clear()
        await app.app.go(Place("page", SLUG))
        await app.shows("INTELLIGENCE")
        await asked(app, ("x",), "Stop the download of some.gguf?", pulls._stop.is_set)

    drive(walk, (100, 30))


@pytest.mark.long
def test_a_file_is_written_over(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "nanbeige4-1-3b.html"
    mine.write_text("mine")

    async def walk(app: Driven) -> None:
        await app.press("1", "e")
        await app.shows(mine.name)
        await asked(app, ("enter",), "exists already. Replace it?", lambda: mine.read_text() != "mine")

    drive(walk, (100, 32), SLUG)


@pytest.mark.long
def test_chosen_columns_are_forgotten(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard.board
        await app.press("vertical_line")
        await app.shows("Columns")
        await app.press("u")
        assert not isinstance(app.app.screen, Question), "there is nothing to forget"
        await app.press("space")
        assert board.shown != board.defaults
        await asked(app, ("u",), "Show the default columns?", lambda: board.shown == board.defaults)

    drive(walk, (100, 30))
