"""What is asked of runs: what happens, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluating import planned, write_pack
from tests.support.noted import take
from tests.support.working import without_workers

from aa_tui.actions import runs as actions
from aa_tui.actions import start
from aa_tui.catalog import life, runs
from aa_tui.errors import UsageError
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import RunError, SpeedOptions, launch, prepare


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the runs whose workers would have been started."""
    return without_workers(monkeypatch)


@pytest.fixture
def queued(conn: sqlite3.Connection, tmp_path: Path) -> int:
    """An evaluation that waits for its worker."""
    return planned(conn, write_pack(tmp_path / "small", {"What is 1?": "one", "What is 2?": "two"}))


def test_a_run_that_is_to_pause_keeps_its_terms(conn: sqlite3.Connection, queued: int) -> None:
    """Its worker would not read other ones: they would be taken and lost."""
    take(conn, queued)
    actions.pause(conn, queued)
    assert runs.get(conn, queued).control == "pause"
    for changes, conditions in (({"limit": 1}, None), (None, {"mains_only": True})):
        with pytest.raises(RunError, match="keeps its terms"):
            actions.resume(conn, queued, changes, conditions)
    assert runs.get(conn, queued).control == "pause"
    actions.resume(conn, queued)
    assert runs.get(conn, queued).control is None


def test_terms_that_cannot_be_kept_change_nothing(conn: sqlite3.Connection, queued: int, started: list[int]) -> None:
    actions.stop(conn, queued)
    with pytest.raises(RunError, match="cannot be aimed at"):
        actions.resume(conn, queued, {"limit": 1, "until_width": 5.0})
    with pytest.raises(RunError, match="has passed"):
        actions.resume(conn, queued, {"limit": 1}, {"not_after": "2020-01-01T00:00:00+00:00"})
    run = runs.get(conn, queued)
    assert (run.state, run.settings["limit"], started) == ("stopped", None, [])
    actions.resume(conn, queued, {"limit": 1})
    run = runs.get(conn, queued)
    assert (run.state, run.settings["limit"], started) == ("queued", 1, [queued])


def test_what_a_run_cannot_do_names_the_next_step(conn: sqlite3.Connection, queued: int) -> None:
    speed = prepare(conn, str(bundled_model()), options=SpeedOptions(tests=("pp32",)))
    with pytest.raises(UsageError, match="set by its tests"):
        actions.resume(conn, speed, {"limit": 1})
    take(conn, speed)
    for ask in (actions.pause, actions.finish):
        with pytest.raises(RunError, match=f"measures speed.*aa-tui runs stop {speed}"):
            ask(conn, speed)
    for ask in (actions.finish, lambda conn, run_id: actions.skip(conn, run_id, "item-000")):
        with pytest.raises(RunError, match=rf"no samples now \(queued\).*aa-tui runs stop {queued}"):
            ask(conn, queued)
    with pytest.raises(RunError, match=f"stop it first.*aa-tui runs stop {queued}"):
        actions.delete(conn, queued)
    assert actions.stop(conn, queued)
    assert not actions.stop(conn, queued), "it has ended"
    for ask in (actions.pause, actions.finish):
        with pytest.raises(RunError, match="stopped"):
            ask(conn, queued)
    assert actions.delete(conn, queued) is None


def test_what_is_refused_before_is_what_is_refused_then(conn: sqlite3.Connection, queued: int) -> None:
    """A face that asks first is told what it would be told."""
    asked = {
        "pause": actions.pause,
        "resume": actions.resume,
        "finish": actions.finish,
        "delete": actions.delete,
        "regrade": actions.grade_again,
    }

    def told() -> dict[str, str]:
        found = {}
        for action, ask in asked.items():
            words = actions.why_not(action, runs.get(conn, queued))  # type: ignore[arg-type]
            if words:
                with pytest.raises(RunError) as refusal:
                    ask(conn, queued)  # type: ignore[operator]
                assert str(refusal.value) == words
            found[action] = words
        return found

    assert [action for action, words in told().items() if words] == ["resume", "finish", "delete", "regrade"]
    take(conn, queued)
    assert [action for action, words in told().items() if words] == ["resume", "delete", "regrade"]
    life.end(conn, queued, "finished")
    assert [action for action, words in told().items() if words] == ["pause", "resume", "finish"]


def test_a_waiting_run_that_cannot_start_is_told_of(
    conn: sqlite3.Connection, queued: int, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    life.put_back(conn, runs.get(conn, queued), "its worker is gone")

    def refuse(*_: object) -> None:
        raise RunError("It cannot be.")

    monkeypatch.setattr(launch, "resume", refuse)
    assert actions.start_waiting(conn) == ([], {queued: "It cannot be."})
    monkeypatch.undo()


def test_the_price_of_power_is_known_to_every_face(
    conn: sqlite3.Connection, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AA_TUI_TARIFF", "0.30 EUR")
    run_id = start.bench(conn, str(bundled_model()), options=SpeedOptions(tests=("pp32",)))
    own = start.bench(conn, str(bundled_model()), options=SpeedOptions(tests=("pp32",), tariff="0.20 USD"))
    found = [runs.get(conn, one).settings["tariff"] for one in (run_id, own)]
    assert [one["currency"] for one in found] == ["EUR", "USD"]
    assert started == [run_id, own]
