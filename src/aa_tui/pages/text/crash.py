"""How a run's worker died, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aa_tui.catalog.run_notes import crash_of
from aa_tui.catalog.trials import FileCrash
from aa_tui.runs.death import doing


def lines(noted: Mapping[str, Any]) -> list[str]:
    """The signal, the phase, where the log is, and its last lines."""
    crash = crash_of(noted)
    said = [f"    {line}" for line in crash.last_lines]
    return [
        f"  died of {crash.signal or 'itself'}, phase {crash.phase or 'unknown'}",
        f"  log     {crash.log_path or 'none'}",
        *(["  its last lines", *said] if said else []),
    ]


def crash_words(crash: FileCrash) -> str:
    """What is said of a file that has crashed llama.cpp."""
    return f"crashed llama.cpp in run {crash.run_id} ({crash.signal} {doing(crash.phase)}): not loaded again unasked"
