"""What shell and app both do they do alike: the same words are refused, and the same words mean the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, told
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.working import without_workers

from aa_tui.catalog import life, runs
from aa_tui.cli import main
from aa_tui.engine.mock import by_question
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import RunError, launch
from aa_tui.runs.target import find_file

ANSWERS = {f"What is {number}?": f"Answer: number {number}" for number in range(12)}
WRONG_AIMS = {
    "5": "An interval of ± 5 cannot be aimed at: take one between 0 and 0.5",
    "50 %": "An interval of ± 0.5 cannot be aimed at",
    "0": "An interval of ± 0 cannot be aimed at",
    "half": "“half” is no share: write 0.05 or 5 %",
    "nan": "“nan” is no share",
}
RIGHT_AIMS = {"5 %": 0.05, "± 5%": 0.05, "0.05": 0.05}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the runs whose workers would have been started."""
    return without_workers(monkeypatch)


@pytest.fixture
def piloted(filled: sqlite3.Connection, tmp_path: Path, started: list[int]) -> int:
    """An evaluation whose pilot is done, so that it waits to go on."""
    pack = write_pack(tmp_path / "small", {question: f"number {n}" for n, question in enumerate(ANSWERS)})
    run_id = planned(filled, pack, pilot=5)
    on_mock(filled, run_id, by_question(ANSWERS))
    return run_id


async def open_the_dialog(app: Driven, run_id: int) -> None:
    """Open what asks how far a run is to go, and stand in the box for its aim."""
    await app.press("R", "enter")
    await app.shows("pilot: 5 done", "95 % range")
    await app.press("u")
    await app.shows(f"Resume run {run_id}")
    await app.press("down", "down", "down")


def resume_in_the_shell(run_id: int, until: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and what is said on standard error."""
    capsys.readouterr()
    code = main.run(["runs", "resume", str(run_id), "--until-width", until])
    return code, " ".join(capsys.readouterr().err.split())


@pytest.mark.long
def test_both_refuse_an_aim_that_cannot_be_reached(
    drive: Drive,
    filled: sqlite3.Connection,
    piloted: int,
    started: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def walk(app: Driven) -> None:
        await open_the_dialog(app, piloted)
        for text, words in WRONG_AIMS.items():
            await app.press(*text, "enter")
            await app.until(lambda words=words: words in " ".join(app.text.split()), words)  # type: ignore[misc]
            await app.press("ctrl+u")

    drive(walk, (160, 48))
    for text, words in WRONG_AIMS.items():
        code, said = resume_in_the_shell(piloted, text, capsys)
        assert code in (1, 2)
        assert words in said
    run = runs.get(filled, piloted)
    assert (started, run.state, run.settings["until_width"]) == ([], "planned", None)


@pytest.mark.long
@pytest.mark.parametrize("text", RIGHT_AIMS)
@pytest.mark.repeats
def test_both_read_an_aim_alike(  # noqa: PLR0917
    drive: Drive,
    filled: sqlite3.Connection,
    piloted: int,
    started: list[int],
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    async def walk(app: Driven) -> None:
        await open_the_dialog(app, piloted)
        await app.press(*text, "enter")
        await app.until(lambda: started == [piloted], "the run to go on")

    drive(walk, (160, 48))
    in_the_app = runs.get(filled, piloted).settings["until_width"]
    life.end(filled, piloted, "stopped", "stopped by the user")
    life.set_settings_value(filled, piloted, "until_width", None)
    code, _ = resume_in_the_shell(piloted, text, capsys)
    in_the_shell = runs.get(filled, piloted).settings["until_width"]
    assert code == 0
    assert in_the_app == in_the_shell == pytest.approx(RIGHT_AIMS[text])


@pytest.mark.long
def test_both_say_that_the_catalog_lies_on_a_network_drive(
    drive: Drive,
    filled: sqlite3.Connection,
    started: list[int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("aa_tui.host.disk.network_file_system", lambda _folder: "nfs4")
    find_file(filled, str(bundled_model()))

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("b")
        await app.shows("Measure aa-nano")
        await app.press("enter")
        await told(app, "on a network drive (nfs4)")
        await app.until(lambda: len(started) == 1, "the run to start")

    drive(walk, (160, 48))
    assert main.run(["bench", str(bundled_model()), "--detach"]) == 0
    assert "on a network drive (nfs4)" in capsys.readouterr().err
    assert len(started) == 2


@pytest.mark.long
def test_both_say_why_a_waiting_run_was_not_started(
    drive: Drive,
    piloted: int,
    started: list[int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise RunError(f"The file of run {piloted} is gone.")

    monkeypatch.setattr(launch, "resume", refuse)

    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("planned")
        await app.press("P")
        await told(app, f"The file of run {piloted} is gone.")

    drive(walk, (160, 48))
    assert main.run(["runs", "start"]) == 0
    assert f"The file of run {piloted} is gone." in capsys.readouterr().err
    assert started == []
