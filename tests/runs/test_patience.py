"""What a worker does while its catalog cannot be written, in this process: on real locks and a real full disk."""

from __future__ import annotations

import random
import sqlite3
import string
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.disturbing import until
from tests.support.evaluating import on_mock, planned, write_pack

from aa_tui.catalog import connection, db, life, runs, samples
from aa_tui.catalog.telemetry import MachineState
from aa_tui.engine.mock import Reply, by_question
from aa_tui.runs import patience
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import News, Reporter

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(12)}
RIGHT = by_question({question: f"Answer: {answer}" for question, answer in ANSWERS.items()})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon, and wait for no lock."""
    monkeypatch.setattr(patience, "RETRY_S", 0.02)
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.05)


def full(conn: sqlite3.Connection) -> None:
    """No page more: SQLite says what it says of a full disk."""
    conn.execute(f"PRAGMA max_page_count = {conn.execute('PRAGMA page_count').fetchone()[0]}")


def letters(count: int) -> str:
    """A text in which nothing repeats."""
    return "".join(random.Random(0).choices(string.ascii_lowercase, k=count))


def write_much(conn: sqlite3.Connection) -> None:
    conn.execute("INSERT INTO meta (key, value) VALUES ('much', ?)", ("x" * 100_000,))


def test_what_passes_is_waited_for_and_told(conn: sqlite3.Connection, catalog_path: Path) -> None:
    other = sqlite3.connect(catalog_path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    told: list[str | None] = []

    def note(words: str | None) -> None:
        told.append(words)
        if len(told) == 3:
            other.execute("ROLLBACK")

    db.set_patience(conn, 10)
    patiently(lambda: write_much(conn), on_trouble=note)
    assert told[:3] == ["the catalog is locked by another program: the run waits for it"] * 3
    assert told[-1] is None
    other.close()


def test_a_full_disk_is_waited_for_until_there_is_room(conn: sqlite3.Connection) -> None:
    full(conn)
    told: list[str | None] = []

    def note(words: str | None) -> None:
        told.append(words)
        if len(told) == 3:
            conn.execute("PRAGMA max_page_count = 1000000")

    patiently(lambda: write_much(conn), on_trouble=note)
    assert told == ["the disk is full: the run waits until there is room"] * 3 + [None]


def test_a_worker_that_is_to_end_waits_no_longer_than_it_must(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "GIVE_UP_S", 0.1)
    full(conn)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        patiently(lambda: write_much(conn), is_to_end=lambda: True)


def test_what_waiting_does_not_mend_is_raised_at_once(conn: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        patiently(lambda: conn.execute("INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.IntegrityError):
        patiently(lambda: conn.execute("INSERT INTO meta (key, value) VALUES ('x', NULL)"))


def test_a_locked_catalog_delays_every_write_of_an_evaluation(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    """Another program takes the catalog again and again, for longer than anybody waits."""
    run_id = planned(conn, write_pack(tmp_path / "small", ANSWERS), n_parallel=2)
    done = threading.Event()

    def disturb() -> None:
        other = sqlite3.connect(catalog_path, isolation_level=None, timeout=5)
        while not done.is_set():
            other.execute("BEGIN IMMEDIATE")
            done.wait(0.3)
            other.execute("ROLLBACK")
            done.wait(0.1)
        other.close()

    db.set_patience(conn, 50)
    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        ending = on_mock(conn, run_id, RIGHT, sleeps=True, step_s=0.005)
    finally:
        done.set()
        thread.join()
    assert ending.state == "finished"
    rows = samples.scored(conn, run_id)
    assert len({row.item_id for row in rows}) == len(rows) == 12
    assert all(row.outcome == "correct" for row in rows)
    run = runs.get(conn, run_id)
    assert (run.n_done, run.state) == (12, "finished")
    events = [event.state for event in life.events(conn, run_id)]
    assert len(events) < 40, "a pause is noted once, not at each try"


def test_clocks_that_a_pause_spoils_stay_blank(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    run_id = planned(conn, write_pack(tmp_path / "small", ANSWERS), n_parallel=1, limit=4, max_sample_s=100.0)
    begun: list[str] = []
    pauses: list[threading.Thread] = []

    def pause_for_a_moment() -> None:
        with closing(db.open_catalog(catalog_path)) as other:
            db.set_patience(other, 5_000)
            life.ask(other, run_id, "pause")
            until(other, run_id, lambda run: run.state == "paused")
            life.ask(other, run_id, None)

    def replies(question: str, _seed: int) -> Reply:
        begun.append(question)
        if len(begun) == 2:
            pauses.append(threading.Thread(target=pause_for_a_moment))
            pauses[0].start()
            return Reply("Answer: late", letters(600), "timeout", 590)
        return Reply("Answer: yes", "hm")

    assert on_mock(conn, run_id, replies, sleeps=True, step_s=0.005).state == "finished"
    pauses[0].join()
    rows = samples.scored(conn, run_id)
    assert len(rows) == 4
    assert begun[2] == begun[1], "what ran out of time in a pause is written anew"
    assert all(row.e2e_s is not None for row in rows)


def test_a_sample_that_was_held_up_has_no_duration(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    run_id = planned(conn, write_pack(tmp_path / "small", ANSWERS), n_parallel=1, limit=3)
    pauses: list[threading.Thread] = []

    def pause_for_a_moment() -> None:
        with closing(db.open_catalog(catalog_path)) as other:
            db.set_patience(other, 5_000)
            life.ask(other, run_id, "pause")
            until(other, run_id, lambda run: run.state == "paused")
            life.ask(other, run_id, None)

    def replies(_question: str, _seed: int) -> Reply:
        if not pauses:
            pauses.append(threading.Thread(target=pause_for_a_moment))
            pauses[0].start()
        return Reply("Answer: yes", letters(600))

    assert on_mock(conn, run_id, replies, sleeps=True, step_s=0.005).state == "finished"
    pauses[0].join()
    first, *others = samples.scored(conn, run_id)
    assert first.ttft_s is not None, "its first token came before the pause"
    assert (first.ttfat_s, first.e2e_s, first.output_tps) == (None, None, None)
    assert all(None not in (row.ttfat_s, row.e2e_s, row.output_tps) for row in others)


def test_the_reporter_survives_what_fails_in_it_and_goes_on_hearing(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = planned(conn, write_pack(tmp_path / "small", ANSWERS))
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    asked = threading.Event()

    def fails() -> News:
        asked.set()
        raise ZeroDivisionError("no samples yet")

    def no_sensor() -> MachineState:
        raise OSError("the sensor is gone")

    with Reporter(catalog_path, run_id, no_sensor) as reporter:
        reporter.tell_from(fails)
        assert asked.wait(30)
        life.ask(conn, run_id, "stop")
        deadline = threading.Event()
        for _ in range(600):
            if reporter.should_stop():
                break
            deadline.wait(0.05)
        assert reporter.should_stop()
    said = capsys.readouterr().err
    assert said.count("ZeroDivisionError") == said.count("the sensor is gone") == 1, "said once"
