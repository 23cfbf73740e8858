"""The night plan: hours, mains power, heat and charge, as pure functions and on the real worker."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.disturbing import ended, until

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import life
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.telemetry import MachineState
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import conditions, locks
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SILENT = MachineState(NOON.isoformat(), *[None] * 11)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@pytest.fixture
def berlin() -> Iterator[None]:
    """A place where the clocks change."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def machine(**known: Any) -> MachineState:
    return SILENT._replace(**known)


@given(moments, st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_is_the_next_one_as_the_clock_on_the_wall_shows_it(
    after: datetime, hour: int, minute: int
) -> None:
    found = datetime.fromisoformat(conditions.moment_of(f"{hour}:{minute:02}", after))
    assert found.utcoffset() == timedelta(0)
    assert after < found <= after + timedelta(days=1, hours=2)
    local = found.astimezone()
    assert (local.minute, local.second) == (minute, 0) or local.utcoffset() is None
    assert local.hour == hour or local.dst() is None


@pytest.mark.usefixtures("berlin")
def test_the_nights_in_which_the_clocks_change() -> None:
    longer = conditions.moment_of("06:30", datetime(2026, 10, 24, 20, tzinfo=UTC))  # 22:00 there, summer time
    assert longer == "2026-10-25T05:30:00+00:00", "winter time in the morning"
    shorter = conditions.moment_of("06:30", datetime(2026, 3, 28, 21, tzinfo=UTC))
    assert shorter == "2026-03-29T04:30:00+00:00"
    assert conditions.moment_of("2026-10-25T06:30", NOON) == "2026-10-25T05:30:00+00:00"


@pytest.mark.parametrize("text", ["", "24:00", "12", "noon", "12:60", "2026-13-01", "12:00:00 tomorrow"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RunError, match="is no time"):
        conditions.moment_of(text, NOON)


def test_each_condition_holds_up_and_lets_go_with_a_margin() -> None:
    cases: list[tuple[dict[str, Any], MachineState, MachineState, str]] = [
        ({"mains_only": True}, machine(on_mains=False), machine(on_mains=True), "mains"),
        ({"temperature_at_most_c": 80.0}, machine(temperature_c=80.1), machine(temperature_c=80.0), "cooling off"),
        ({"battery_at_least_percent": 40.0}, machine(battery_percent=39.0), machine(battery_percent=40.0), "battery"),
    ]
    for wanted, bad, good, words in cases:
        assert words in (conditions.why_wait(wanted, NOON, bad) or "")
        assert conditions.why_wait(wanted, NOON, good) is None
        assert conditions.why_wait(wanted, NOON, SILENT) is None, "what the machine does not say holds nothing up"
        assert conditions.why_wait(wanted, NOON, None) is None
    hot = {"temperature_at_most_c": 80.0}
    assert conditions.why_wait(hot, NOON, machine(temperature_c=78.0), waiting=True), "or it would stop and go"
    assert conditions.why_wait(hot, NOON, machine(temperature_c=75.0), waiting=True) is None
    low = {"battery_at_least_percent": 40.0}
    assert conditions.why_wait(low, NOON, machine(battery_percent=20.0, on_mains=True)) is None, "it is charged"


@given(moments, moments, moments)
def test_hours_hold_until_they_come_and_end_when_they_pass(start: datetime, end: datetime, moment: datetime) -> None:
    wanted = {"not_before": start.isoformat(), "not_after": end.isoformat()}
    assert (conditions.why_wait(wanted, moment, None) is not None) == (moment < start)
    assert conditions.is_over(wanted, moment) == (moment >= end)
    left = conditions.still_to_come({**wanted, "nice": 3}, moment)
    assert left["nice"] == 3
    assert ("not_after" in left) == (end > moment)
    assert not conditions.is_over(left, moment), "whoever goes on after the hour means to"


def test_hours_that_leave_no_time_are_refused() -> None:
    def hours(start: int, end: int) -> dict[str, str]:
        return {
            "not_before": (NOON + timedelta(hours=start)).isoformat(),
            "not_after": (NOON + timedelta(hours=end)).isoformat(),
        }

    conditions.check(hours(1, 2), NOON)
    conditions.check({}, NOON)
    with pytest.raises(RunError, match="which has passed"):
        conditions.check(hours(-2, -1), NOON)
    with pytest.raises(RunError, match="before it begins"):
        conditions.check(hours(3, 2), NOON)


# -- on the real worker


def in_seconds(seconds: float) -> str:
    return (conditions.now() + timedelta(seconds=seconds)).isoformat()


def plan(conn: sqlite3.Connection, limit: int, **wanted: Any) -> int:
    options = EvalOptions(limit=limit, n_parallel=1, n_threads=1, budgets=(), conditions={"nice": 0, **wanted})
    return prepare_eval(conn, str(bundled_model()), "nano", options=options)


def test_a_run_waits_for_its_hour_and_lets_others_go_first(conn: sqlite3.Connection, catalog_path: Path) -> None:
    hour = in_seconds(3600)
    later, now = plan(conn, 2, not_before=hour), plan(conn, 2)
    runs.start(catalog_path, conn, later)
    until(conn, later, lambda run: "waiting until" in run.progress_text)
    runs.start(catalog_path, conn, now)
    assert ended(conn, now).state == "finished"
    waiting = catalog_runs.get(conn, later)
    assert (waiting.state, waiting.n_done, waiting.load_s) == ("queued", 0, None), "nothing is loaded for hours"
    actions.stop(conn, later)
    assert ended(conn, later).state == "stopped"
    runs.resume(catalog_path, conn, later, {"not_before": in_seconds(2), "nice": 0})
    run = ended(conn, later)
    assert (run.state, run.n_done) == ("finished", 2)
    assert (run.started_at or "") >= run.conditions["not_before"][:19]


def test_a_run_is_stopped_by_its_hour_and_goes_on_when_asked_to(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 280)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 2 or not run.is_live)
    actions.stop(conn, run_id)
    n_before = ended(conn, run_id).n_done
    life.set_settings_value(conn, run_id, "limit", n_before + 2)
    runs.resume(catalog_path, conn, run_id, {"not_after": in_seconds(0.5), "nice": 0})
    run = ended(conn, run_id)
    assert run.state == "stopped"
    assert "its time was over" in (run.reason or "")
    runs.resume(catalog_path, conn, run_id)
    run = ended(conn, run_id)
    assert "not_after" not in run.conditions, "an hour that has passed stops nothing again"
    assert (run.state, run.n_done) == ("finished", n_before + 2)


def test_a_paused_run_in_the_queue_loads_nothing(conn: sqlite3.Connection, catalog_path: Path) -> None:
    turn = locks.turn_lock(catalog_path)
    assert turn.take()
    first, second = plan(conn, 2), plan(conn, 2)
    for run_id in (first, second):
        runs.start(catalog_path, conn, run_id)
        until(conn, run_id, lambda run: run.pid is not None)
    actions.pause(conn, first)
    until(conn, first, lambda run: run.progress_text == "paused by the user")
    turn.release()
    assert ended(conn, second).state == "finished", "the one that pauses lets it go first"
    assert catalog_runs.get(conn, first).state == "queued"
    runs.resume(catalog_path, conn, first)
    assert ended(conn, first).state == "finished"


def test_a_worker_is_as_nice_as_asked_for(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 280, nice=7)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.state == "running")
    assert psutil.Process(run.pid).nice() >= 7
    actions.stop(conn, run_id)
    assert ended(conn, run_id).state == "stopped"
