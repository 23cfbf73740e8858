"""Judging one solution: a worker and a tester are started, watched, and killed whatever happens."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aa_tui.evals.jail.isolation import STARTUP_S, JailError, Limits, confined, descendants, kill, start
from aa_tui.evals.jail.tester import READY
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.evals.jail.isolation import Isolation

End = Literal["passed", "failed", "no_code", "timeout", "ended", "garbled", "bad_tests"]
LONGEST_DETAIL = 300
WATCH_S = 0.02
"""How often threads are counted."""
LONGEST_VERDICT = 1 << 16


@dataclass(frozen=True, slots=True)
class Job:
    """A solution and its tests.

    `sources` are readings of one answer, of which `reading.chosen_of` takes one, with the imports and helpers that it
    lacks out of `support`, all blocks of the answer. `prelude` are the task's own definitions, executed before the
    solution and known to the tests as well; `setup` only the tests get. `tests` are Python with asserts; one that
    defines `check(candidate)` gets `entry_point`. Tests use their own names, the entry point and those `names` of the
    solution. `programs` are pairs of standard input and expected output instead, for a whole program.
    """

    sources: tuple[str, ...]
    entry_point: str = ""
    tests: tuple[str, ...] = ()
    prelude: str = ""
    setup: str = ""
    programs: tuple[tuple[str, str], ...] = ()
    support: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended. `detail` is one clean line, `chosen` the index of the source that was taken, None if none was.

    passed, failed (a test did, or loading it raised), no_code (nothing compiles), timeout, ended (the process closed
    the pipe, exited or was stopped by a limit, or it brought down the one that judges), garbled (something that is no
    reply), bad_tests (the pack's own code).
    """

    end: End
    detail: str
    chosen: int | None
    wall_s: float


def run_tests(job: Job, isolation: Isolation, limits: Limits | None = None, *, unsafe: bool = False) -> Result:
    """Judge a solution in two confined processes; neither is left when this returns.

    Raises JailError where the jail fails, and where `isolation` does not isolate, unless `unsafe` says that this is
    wanted.
    """
    if not (isolation.isolating or unsafe):
        raise JailError(f"no isolation for model-written code here: {isolation.why_not}")
    limits = limits or Limits()
    began = time.monotonic()
    with ExitStack() as stack:
        with ExitStack() as pipes:  # closed here at once, so that the end of either process is the end of its pipes
            ask_read, ask_write = _pipe(pipes)
            reply_read, reply_write = _pipe(pipes)
            worker = start(isolation, limits, "worker", (ask_read, reply_write), read_fd=ask_read, write_fd=reply_write)
            stack.callback(kill, worker)
            ends = {"read_fd": reply_read, "write_fd": ask_write}
            tester = start(isolation, limits, "tester", (reply_read, ask_write), wall_s=limits.wall_s, **ends)
            stack.callback(kill, tester)
        for process in (worker, tester):
            _require(isolation, confined(process))
        _hand_over(tester, job)
        verdict, stopped = _watch(worker, tester, limits)
        if verdict["end"] == "ended":
            verdict["detail"] += _cause(worker, limits)
        if stopped:
            verdict = {"end": "ended", "detail": stopped, "chosen": verdict["chosen"]}
    detail = clean_line(str(verdict["detail"]))[:LONGEST_DETAIL]
    return Result(verdict["end"], detail, verdict["chosen"], time.monotonic() - began)


def _pipe(stack: ExitStack) -> tuple[int, int]:
    """Both ends, for the processes that are started; ours are closed with the stack."""
    read, write = os.pipe()
    stack.callback(os.close, read)
    stack.callback(os.close, write)
    return read, write


def _require(isolation: Isolation, layers: list[str]) -> None:
    """A jail must never silently be weaker than the name that is stored with the score."""
    if isolation.isolating and not isolation.name.endswith("+".join(layers)):
        raise JailError(f"the jail is {'+'.join(layers)} where {isolation.name} was expected")


def _hand_over(tester: subprocess.Popen[bytes], job: Job) -> None:
    assert tester.stdin is not None
    request = {
        "nonce": secrets.token_hex(16),
        "sources": job.sources,
        "prelude": job.prelude,
        "setup": job.setup,
        "entry_point": job.entry_point,
        "tests": job.tests,
        "programs": job.programs,
        "support": job.support,
        "names": job.names,
    }
    try:
        tester.stdin.write(json.dumps(request).encode("ascii"))
        tester.stdin.close()
    except BrokenPipeError as error:
        raise JailError("the tests' process ended before it had its tests") from error


def _watch(
    worker: subprocess.Popen[bytes], tester: subprocess.Popen[bytes], limits: Limits
) -> tuple[dict[str, Any], str]:
    """The tester's verdict, and why the worker was stopped from here, if it was."""
    assert tester.stdout is not None
    source, line, stopped = tester.stdout.fileno(), bytearray(), ""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    deadline = time.monotonic() + limits.wall_s + 1.0  # the tester keeps the time itself, unless its own code hangs
    while time.monotonic() < deadline:
        if poll.poll(WATCH_S * 1000):
            piece = os.read(source, 4096)
            line += piece
            if not piece or len(line) > LONGEST_VERDICT:
                return _read_verdict(bytes(line), tester), stopped
        elif _threads(worker.pid) > limits.threads:
            os.kill(worker.pid, signal.SIGKILL)
            stopped = f"it started more than {limits.threads} threads"
    return {"end": "timeout", "detail": f"the tests did not end within {limits.wall_s:g} s", "chosen": None}, stopped


def _read_verdict(lines: bytes, tester: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Of two lines: that the pack's code is in order, then the verdict. Raises JailError where neither came."""
    ready, _, line = lines.partition(b"\n")
    if line.endswith(b"\n"):
        verdict = json.loads(line)
        assert isinstance(verdict, dict)
        return verdict
    status = tester.wait(STARTUP_S)
    if ready != READY:
        raise JailError(f"the tests' process failed with status {status}, before the solution was asked")
    # Only what the solution returns can have done that.
    if status < 0:
        cause = signal.Signals(-status).name
        return {"end": "timeout", "detail": f"the tests were stopped by {cause}", "chosen": None}
    return {"end": "ended", "detail": "the tests did not survive what it returned", "chosen": None}


def _threads(pid: int) -> int:
    """Neither root nor a user who runs much else is bound exactly by RLIMIT_NPROC, so the threads of the process and of
    those below it (bubblewrap's) are counted as well. 0 where there is no /proc."""
    return sum(_own_threads(one) for one in (pid, *descendants(pid)))


def _own_threads(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - every few milliseconds
            return int(file.read().rpartition(b")")[2].split()[17])
    except (OSError, IndexError, ValueError):
        return 0


def _cause(worker: subprocess.Popen[bytes], limits: Limits) -> str:
    """Why the worker is gone, from its exit status."""
    try:
        status = worker.wait(1.0)
    except subprocess.TimeoutExpired:
        return ": it closed its pipe"
    try:
        # Bubblewrap tells a signal as a shell does, by 128 + number.
        name = signal.Signals(-status if status < 0 else status - 128).name
    except ValueError:
        return f": it exited with status {status}"
    return f": more than {limits.cpu_s} s of processor time" if name in ("SIGXCPU", "SIGKILL") else f": {name}"
