"""How a run's worker died, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aa_tui.catalog.trials import FileCrash
from aa_tui.runs.death import doing
from aa_tui.textsafe import clean


def lines(crash: Mapping[str, Any]) -> list[str]:
    """The signal, the phase, where the log is, and its last lines."""
    said = [f"    {clean(str(line))}" for line in crash.get("last_lines") or []]
    return [
        f"  died of {crash.get('signal') or 'itself'}, phase {crash.get('phase')}",
        f"  log     {clean(str(crash.get('log_path') or 'none'))}",
        *(["  its last lines", *said] if said else []),
    ]


def crash_words(crash: FileCrash) -> str:
    """What is said of a file that has crashed llama.cpp."""
    return f"crashed llama.cpp in run {crash.run_id} ({crash.signal} {doing(crash.phase)}): not loaded again unasked"
