"""How a worker died: put together by the process that watched over it, and told in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aa_tui.catalog.rows import RunRow
from aa_tui.engine import aborts
from aa_tui.host import signals
from aa_tui.textsafe import clean

LAST_LINES = 24
"""So many lines of the log are kept with the run."""

_READ_BYTES = 65_536
_LONGEST_WORD = 200
_FAULT = "Fatal Python error: "
_DOING = {
    "starting": "before it began",
    "loading": "while loading",
    "probing": "while finding out how many slots are fastest",
    "prompt": "while processing a prompt",
    "generating": "while generating",
    "grading": "while grading",
}


_IN_LLAMA_CPP = ("loading", "probing", "prompt", "generating")


@dataclass(frozen=True, slots=True)
class Death:
    """What a watcher saw. `signal` is None for a process that ended by itself, with an exit code that is not 0.

    `excess` is the memory that it held and what it was allowed, in bytes, where the watcher ended it for that.
    """

    signal: str | None
    exit_code: int | None
    phase: str
    for_memory: bool
    log_path: str | None
    last_lines: tuple[str, ...]
    excess: tuple[int, int] | None = None

    @property
    def is_crash(self) -> bool:
        """Whether the process did it itself, which it would do again."""
        return self.signal in signals.CRASHES

    def to_dict(self) -> dict[str, Any]:
        """As kept with the run."""
        return {
            "signal": self.signal,
            "phase": self.phase,
            "log_path": self.log_path,
            "last_lines": list(self.last_lines),
        }


def doing(phase: str) -> str:
    """A phase in words: "while generating"."""
    return _DOING.get(phase, phase)


def words(run: RunRow, death: Death) -> str:
    """The sentence for the run's record."""
    when = doing(death.phase)
    if death.excess is not None:
        held, allowed = death.excess
        what = (
            f"The worker was ended {when}: it took {held / 1e6:,.0f} MB of memory beside the file's own pages, where "
            f"this file and its settings explain {allowed / 1e6:,.0f} MB. Take another file, or ask for a shorter "
            "context or fewer slots"
        )
    elif death.signal is None:
        what = f"The worker failed {when} (exit code {death.exit_code})"
    elif death.for_memory:
        what = f"The worker was killed because memory ran out {when} ({death.signal}, out of memory)"
    elif death.is_crash:
        who = "llama.cpp" if death.phase in _IN_LLAMA_CPP else "The worker"
        what = f"{who} crashed {when}: {death.signal}, {signals.meaning(death.signal)}"
    else:
        what = f"The worker was killed {when} ({death.signal}, {signals.meaning(death.signal)})"
    said = _last_word(death)
    told = f". Its last words: {said}" if said else ""
    return f"{what}{told}. What was measured until then is kept; `aa-tui runs resume {run.id}` continues from there."


def last_lines(log_path: str | None, since: int = 0) -> tuple[str, ...]:
    """The end of a worker's log, cleaned; only what was written after the byte `since`.

    Where Python's fault handler has written, its lines are kept with those before them.
    """
    if log_path is None:
        return ()
    try:
        with Path(log_path).open("rb") as log:
            log.seek(0, 2)
            log.seek(max(since, log.tell() - _READ_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ()
    found = [line for line in map(str.rstrip, map(clean, text.splitlines())) if line]
    fault = next((at for at, line in enumerate(found) if line.startswith(_FAULT)), None)
    if fault is not None:
        return (*found[max(0, fault - LAST_LINES // 2) : fault], *found[fault : fault + LAST_LINES // 2])
    return tuple(found[-LAST_LINES:])


def _last_word(death: Death) -> str:
    """What the worker itself said of its end: an assertion before an abort, the exception of a fault of ours."""
    before = list(death.last_lines)
    if death.signal == "SIGABRT":
        if told := aborts.reason(before):
            return told.rstrip(".")[:_LONGEST_WORD]
        fault = next((at for at, line in enumerate(before) if line.startswith(_FAULT)), len(before))
        before = before[:fault]
    elif death.signal is not None:
        return ""
    return before[-1].strip().rstrip(".")[:_LONGEST_WORD] if before else ""
