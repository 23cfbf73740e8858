"""The catalog's clock: UTC in ISO 8601, to the millisecond, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """This moment, as the catalog writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def seconds_since(moment: str) -> float:
    """Seconds from a moment as the catalog writes it until now; negative when the clock was set back."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
