"""How many slots a file is fastest with: measured once per machine, file and settings."""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple

from aa_tui.catalog.clock import utc_now


class SlotRates(NamedTuple):
    """The best count of slots, and the total rates measured: (slots, tokens/s)."""

    best: int
    rates: tuple[tuple[int, float], ...]
    measured_at: str


def get(conn: sqlite3.Connection, fingerprint: str, sha256: str, settings_key: str) -> SlotRates | None:
    """What was measured, None where nothing was."""
    row = conn.execute(
        "SELECT best, rates, measured_at FROM slot_probes WHERE fingerprint = ? AND sha256 = ? AND settings_key = ?",
        (fingerprint, sha256, settings_key),
    ).fetchone()
    if row is None:
        return None
    return SlotRates(int(row[0]), tuple((int(n), float(rate)) for n, rate in json.loads(row[1])), row[2])


def newest(conn: sqlite3.Connection, fingerprint: str, sha256: str) -> SlotRates | None:
    """What was measured last of a file on a machine, with whatever settings."""
    row = conn.execute(
        "SELECT settings_key FROM slot_probes WHERE fingerprint = ? AND sha256 = ? ORDER BY measured_at DESC LIMIT 1",
        (fingerprint, sha256),
    ).fetchone()
    return None if row is None else get(conn, fingerprint, sha256, row[0])


def put(
    conn: sqlite3.Connection,
    fingerprint: str,
    sha256: str,
    settings_key: str,
    *,
    best: int,
    rates: tuple[tuple[int, float], ...],
) -> None:
    """Keep what was measured."""
    conn.execute(
        "INSERT OR REPLACE INTO slot_probes (fingerprint, sha256, settings_key, best, rates, measured_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (fingerprint, sha256, settings_key, best, json.dumps(rates), utc_now()),
    )
