"""Find out by trying how llama.cpp works on this machine: in a child process, the safer ways after the usual one.

A build may hold instructions that this processor does not have (an environment copied from another machine), code that
a compiler has broken (AMX with GCC 12), or a driver that aborts. No list of processors tells; a crash does.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from aa_tui.engine import aborts
from aa_tui.engine.ways import AS_BUILT, WAYS, Way, way_of
from aa_tui.host import children, signals
from aa_tui.textsafe import clean_line

PATIENCE_S = 120.0
"""A try takes half a second; under an emulator, or on a machine that swaps, a minute."""


@dataclass(frozen=True, slots=True)
class Try:
    """One way, tried: `signal` is the name of what killed the child, `why` what else went wrong."""

    mode: str
    ok: bool
    signal: str | None
    seconds: float
    why: str | None = None


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What came of the tries. `mode` is the first way that works, None where none does; `engine` is its build."""

    mode: str | None
    tried: tuple[Try, ...]
    engine: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether llama.cpp works here in some way."""
        return self.mode is not None

    @property
    def is_loadable(self) -> bool:
        """Whether its library could be loaded at all: else no second way was tried."""
        return self.ok or len(self.tried) > 1

    @property
    def way(self) -> Way:
        """The way to run llama.cpp here. Only where there is one."""
        return way_of(self.mode or AS_BUILT.mode)

    def why_not_as_built(self) -> str:
        """What happened when it was run as it was built: "SIGSEGV (it reached for memory that is not there)"."""
        return failure(self.tried[0]) if self.tried and not self.tried[0].ok else ""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {"ok": self.ok, "mode": self.mode, "tried": [asdict(one) for one in self.tried]}


def run(
    ways: Sequence[Way] = WAYS,
    patience_s: float = PATIENCE_S,
    launcher: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> SelfTest:
    """Try the ways in order until one works. Takes half a second where the first does.

    `launcher` is a command that starts the children, such as an emulator of another processor, and `environment` is
    what they find in theirs besides this process'.
    """
    tried: list[Try] = []
    for way in ways:
        one, answer = _try(way, patience_s, launcher, environment or {})
        if not answer.get("same"):
            tried.append(one)
        if one.ok:
            return SelfTest(way.mode, tuple(tried), answer.get("build", {}))
        if answer.get("not_loaded"):  # no other way helps
            break
    return SelfTest(None, tuple(tried), {})


def failure(one: Try) -> str:
    """Why a try failed, in words."""
    if one.signal is not None:
        return f"{one.signal} ({signals.meaning(one.signal)})" + (f": {one.why}" if one.why else "")
    return one.why or "it says nothing"


def _try(way: Way, patience_s: float, launcher: Sequence[str], more: Mapping[str, str]) -> tuple[Try, dict[str, Any]]:
    command = [*launcher, *children.python("aa_tui.engine.trial", way.mode)]
    began = perf_counter()
    try:
        done = children.run(command, timeout_s=patience_s, env=children.environment(computes=True, more=more))
    except children.ChildError:
        return Try(way.mode, False, None, perf_counter() - began, f"it does not answer within {patience_s:.0f} s"), {}
    except OSError as error:
        why = f"its process cannot be started ({clean_line(str(error))})"
        return Try(way.mode, False, None, perf_counter() - began, why), {}
    seconds = perf_counter() - began
    complaint = done.complaint.decode("utf-8", "replace").splitlines()
    said = clean_line(aborts.reason(complaint) or done.last_line)[:300]
    if done.code < 0:
        name = signals.name(-done.code)
        return Try(way.mode, False, name, seconds, said if name == signal.SIGABRT.name and said else None), {}
    try:
        answer: dict[str, Any] = json.loads(done.said)
    except ValueError:
        return Try(way.mode, False, None, seconds, said or f"it ended with exit code {done.code}"), {}
    return Try(way.mode, bool(answer.get("ok")), None, seconds, answer.get("why")), answer
