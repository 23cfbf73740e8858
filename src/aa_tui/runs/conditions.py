"""When a run may work: the night plan. Pure but for the clock.

Conditions are plain values in the run's row: `not_before` and `not_after` (UTC, ISO 8601), `mains_only`,
`temperature_at_most_c`, `battery_at_least_percent`, `nice`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aa_tui.catalog.rows import RunRow
from aa_tui.catalog.run_notes import number, whole
from aa_tui.catalog.telemetry import MachineState
from aa_tui.runs.ending import PAUSED
from aa_tui.runs.errors import RunError

COOLER_BY_C = 5.0
"""So much below the ceiling before work goes on, or it would stop and go all the time."""

CHARGED_BY_PERCENT = 5.0


def now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a run may work; what is None holds nothing up."""

    not_before: datetime | None = None
    not_after: datetime | None = None
    mains_only: bool = False
    temperature_at_most_c: float | None = None
    battery_at_least_percent: float | None = None
    nice: int | None = None


def of(noted: Mapping[str, Any]) -> Conditions:
    """The conditions in a run's row; a value of a wrong kind counts as one that was never noted."""
    return Conditions(
        not_before=_moment(noted.get("not_before")),
        not_after=_moment(noted.get("not_after")),
        mains_only=noted.get("mains_only") is True,
        temperature_at_most_c=number(noted.get("temperature_at_most_c")),
        battery_at_least_percent=number(noted.get("battery_at_least_percent")),
        nice=whole(noted.get("nice")),
    )


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)


def why_wait(
    noted: Mapping[str, Any], moment: datetime, machine: MachineState | None, *, waiting: bool = False
) -> str | None:
    """Why the run must not work now, in words; None where it may. `waiting`: it waits already.

    What the machine does not say holds nothing up.
    """
    conditions = of(noted)
    start = conditions.not_before
    if start is not None and moment < start:
        return f"waiting until {local_minute(start)}"
    if machine is None:
        return None
    if conditions.mains_only and machine.on_mains is False:
        return "waiting for mains power"
    ceiling = conditions.temperature_at_most_c
    if ceiling is not None and machine.temperature_c is not None:
        limit = ceiling - COOLER_BY_C if waiting else ceiling
        if machine.temperature_c > limit:
            return f"cooling off: {machine.temperature_c:.0f} °C, at most {ceiling:.0f} °C wanted"
    least = conditions.battery_at_least_percent
    if least is not None and machine.battery_percent is not None and machine.on_mains is not True:
        limit = least + CHARGED_BY_PERCENT if waiting else least
        if machine.battery_percent < limit:
            return f"waiting for the battery: {machine.battery_percent:.0f} %, at least {least:.0f} % wanted"
    return None


def why_hold(run: RunRow, control: str | None, machine: MachineState | None, *, waiting: bool = False) -> str | None:
    """The same of a run, which may have been asked to pause."""
    return PAUSED if control == "pause" else why_wait(run.conditions, now(), machine, waiting=waiting)


def wants_turn(run: RunRow, machine: MachineState | None) -> bool:
    """Whether a run measures or would at once: one that pauses or waits for an hour lets others go first."""
    if run.state == "paused":
        return False
    return run.state != "queued" or why_hold(run, run.control, machine) is None


def are_in_each_others_way(one: RunRow, other: RunRow) -> bool:
    """Whether two runs would disturb one another: both on this machine, or through a server that both ask."""
    if one.file.is_served and other.file.is_served:
        return bool(set(one.setup.servers) & set(other.setup.servers))
    return one.file.is_served == other.file.is_served


def check(noted: Mapping[str, Any], moment: datetime) -> None:
    """Raises `RunError` for hours that leave no time."""
    start, end = of(noted).not_before, of(noted).not_after
    if end is None:
        return
    if end <= moment:
        raise RunError(f"The run is to stop by {local_minute(end)}, which has passed.")
    if start is not None and end <= start:
        raise RunError(f"The run is to stop by {local_minute(end)}, before it begins at {local_minute(start)}.")


def still_to_come(noted: Mapping[str, Any], moment: datetime | None = None) -> dict[str, Any]:
    """The conditions without hours that have passed: whoever goes on in the morning means to."""
    moment = moment or now()
    return {
        name: value
        for name, value in noted.items()
        if name not in ("not_before", "not_after") or ((hour := _moment(value)) is not None and hour > moment)
    }


def is_over(noted: Mapping[str, Any], moment: datetime) -> bool:
    """Whether the time that the run was given is over."""
    end = of(noted).not_after
    return end is not None and moment >= end


def seconds_until(moment: datetime) -> float:
    """Seconds until a moment, negative when it has passed."""
    return (moment - now()).total_seconds()


def moment_of(text: str, after: datetime) -> str:
    """A time of day such as 22:30 (the next one after `after`, local time), or a date and time; as UTC, ISO 8601.

    Raises `RunError` for anything else.
    """
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if clock:
        # Without a time zone until the end: the night in which the clocks change is an hour shorter or longer.
        today = after.astimezone().replace(tzinfo=None, hour=int(clock[1]), minute=int(clock[2]), second=0)
        today = today.replace(microsecond=0)
        found = next(day for add in range(3) if (day := (today + timedelta(days=add)).astimezone()) > after)
    else:
        try:
            found = datetime.fromisoformat(text.strip())
        except ValueError as error:
            raise RunError(f"“{text}” is no time: write 22:30, or 2026-01-31T22:30.") from error
    return found.astimezone(UTC).isoformat(timespec="seconds")


def local_minute(moment: datetime) -> str:
    """A moment in local time, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
