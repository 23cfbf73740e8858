"""A run's row on its way between catalogs: what of it travels, and which of two versions is the further one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from aa_tui.catalog.rows import LIVE_STATES, RunOrigin

Row = dict[str, Any]

OF_ONE_CATALOG = frozenset(
    {"id", "file_id", "machine_id", "pid", "pid_started_at", "control", "skip", "live", "log_path", "progress_text"}
    | {"interrupted", "uid", "origin", "origin_facts", "n_done"}
)
"""Columns that say where a run lies in a catalog, or what its worker does now; `n_done` follows from the samples."""

STATE, AS_OF, PARTIAL = "state", "as_of", "partial"
"""Keys of `origin_facts`: how a run stood where it was not at its end, as of when, and that not all of it is here."""

_RANK = {"finished": 4, "stopped": 3, "failed": 2, "running": 1, "starting": 1, "paused": 1, "queued": 1, "planned": 0}
_REASONS = {"planned": "not begun on {where} as of {at}", "queued": "waiting on {where} as of {at}"}
_NOT_ENDED = (*LIVE_STATES, "planned")

Version = tuple[bool, int, bool, str, int, str]


def travelling(row: Mapping[str, Any], where: str) -> Row:
    """A run of another catalog as it may stand in this one.

    One that has not ended there comes in as stopped, since no worker of this catalog has it and none is to be started
    for it; how it stood is kept, and a later merge brings the rest.
    """
    found: Row = {name: value for name, value in row.items() if name not in OF_ONE_CATALOG}
    facts = json.loads(row["origin_facts"])
    kept = {key: facts[key] for key in (STATE, AS_OF, PARTIAL) if key in facts}
    if row["state"] in _NOT_ENDED:
        at = row["heartbeat_at"] or row["started_at"] or row["created_at"]
        kept = {STATE: row["state"], AS_OF: at}
        words = _REASONS.get(row["state"], "{state} on {where} as of {at}")
        found |= {"state": "stopped", "ended_at": at, "ended_by": None, "crash": None}
        found["reason"] = words.format(state=row["state"], where=where, at=f"{at[:16].replace('T', ' ')} UTC")
    if found["crash"]:
        crash = json.loads(found["crash"])
        found["crash"] = json.dumps({**crash, "log_path": None}) if "log_path" in crash else found["crash"]
    found["facts"] = kept
    return found


def version(row: Mapping[str, Any]) -> Version:
    """How far a run has come, for `max`: of two versions of one run the greater is further.

    A whole one before a part; then the one that wants more samples, the one that is finished, the one that was worked
    on later. What is left of a difference is decided by content, so that every catalog decides alike. `row` is what
    `travelling` gives.
    """
    facts = row["facts"]
    state = facts.get(STATE, row["state"])
    last = max(row["ended_at"] or "", row["heartbeat_at"] or "", row["created_at"])
    content = {name: value for name, value in row.items() if name not in ("facts", "reason", "heartbeat_at")}
    content |= {"state": state, "reason": None if STATE in facts else row["reason"]}
    text = json.dumps(content, sort_keys=True, default=_hex)
    return PARTIAL not in facts, row["n_items"] or 0, state == "finished", last, _RANK.get(state, 0), text


def _hex(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def origin_of(row: Mapping[str, Any], fingerprint: str | None, here: str, is_own_catalog: bool) -> RunOrigin:
    """Where a run of another catalog was made, seen from this machine, whose fingerprint is `here`.

    `fingerprint` is of the machine that made it, None where it was asked of a server or has not begun: then it counts
    as made here where all that the other catalog measured itself was (`is_own_catalog`). What another program's log
    told stays that.
    """
    if row["origin"] == "log":
        return "log"
    if fingerprint is not None:
        return "here" if fingerprint == here else "machine"
    return "here" if row["origin"] == "here" and is_own_catalog else "machine"


def columns(conn: sqlite3.Connection, table: str, without: frozenset[str] = frozenset({"id"})) -> list[str]:
    """The columns of one of our tables, in their order."""
    return [row[1] for row in conn.execute(f'PRAGMA main.table_info("{table}")') if row[1] not in without]
