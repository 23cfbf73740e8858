"""The catalog's clock: UTC in ISO 8601, to the millisecond, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """This moment, as the catalog writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def seconds_since(moment: str) -> float:
    """Seconds from a moment as the catalog writes it until now; negative when the clock was set back."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one moment to another, as the catalog writes them."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def local(moment: str | None, *, seconds: bool = False) -> str:
    """A moment of the catalog's clock as the user's clock showed it: "2026-11-24 09:05"."""
    if not moment:
        return "–"
    try:
        found = datetime.fromisoformat(moment).astimezone()
    except ValueError:
        return moment[:16].replace("T", " ")
    return f"{found:%Y-%m-%d %H:%M:%S}" if seconds else f"{found:%Y-%m-%d %H:%M}"


def zone(moment: str | None = None) -> str:
    """How far the user's clock was from UTC at a moment, or is now: "UTC+01:00"."""
    try:
        found = datetime.fromisoformat(moment) if moment else datetime.now(UTC)
    except ValueError:
        found = datetime.now(UTC)
    return f"UTC{found.astimezone().isoformat()[-6:]}"
