"""How many slots to use: measured once per machine, file and settings, and kept."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from aa_tui.catalog import runs, slot_probes
from aa_tui.catalog.rows import RunRow
from aa_tui.engine.settings import EngineSettings
from aa_tui.runs.reporter import Reporter

PROBE_CONTEXT = 1_024
"""Tokens of context while probing: the rate of few hundred tokens is looked for, not a whole answer."""


def best_slots(conn: sqlite3.Connection, run: RunRow, settings: EngineSettings, most: int, reporter: Reporter) -> int:
    """The count of slots with the highest total rate, at most `most`."""
    from aa_tui.engine.probe import probe_slots

    if most <= 1:
        return 1
    fingerprint = runs.get(conn, run.id).machine
    wanted = replace(settings, n_ctx=min(settings.n_ctx, PROBE_CONTEXT), shares_prefix=False, forks=False)
    key = _key(wanted)
    known = slot_probes.get(conn, fingerprint.fingerprint, run.file.sha256, key) if fingerprint else None
    if known is not None:
        within = [(rate, count) for count, rate in known.rates if count <= most]
        return max(within)[1] if within else 1
    found = probe_slots(
        Path(run.file.path),
        wanted,
        most=most,
        on_progress=lambda part, text: reporter.tell(0.0, f"probing slots: {text}"),
        should_stop=reporter.should_stop,
    )
    if fingerprint is not None and not reporter.should_stop():
        slot_probes.put(conn, fingerprint.fingerprint, run.file.sha256, key, best=found.best, rates=tuple(found.rates))
    return found.best


def _key(settings: EngineSettings) -> str:
    values = settings.to_dict()
    return json.dumps({name: values[name] for name in values if name != "n_parallel"}, sort_keys=True)
