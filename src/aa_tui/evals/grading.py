"""Grading an answer, whatever it does to its grader.

Graders run in worker processes of ours, which are killed with all they started when they take too long: an answer may
be written so that a pattern never comes to an end, a pack may have patterns of its own, code may do anything. A grader
that hangs is its own fault: the outcome is "undecided" where it compares what was said with the key, "error" elsewhere,
never "wrong".
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import threading
import time
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, cast

from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.evals.wire import verdict_from, wire_form
from aa_tui.host import children

_GRADERS = {
    "exact": "aa_tui.evals.graders.exact:GRADER",
    "numeric": "aa_tui.evals.graders.numeric:GRADER",
    "choice": "aa_tui.evals.graders.choice:GRADER",
    "math": "aa_tui.evals.graders.math:GRADER",
    "contains": "aa_tui.evals.graders.contains:GRADER",
    "regex": "aa_tui.evals.graders.regex:GRADER",
    "instructions": "aa_tui.evals.graders.instructions:GRADER",
    "code": "aa_tui.evals.graders.code:GRADER",
    "structure": "aa_tui.evals.graders.structure:GRADER",
    "tools": "aa_tui.evals.graders.tools:GRADER",
    "bfcl": "aa_tui.evals.graders.bfcl:GRADER",
}
GRADER_NAMES = tuple(_GRADERS)
UNSAFE_FLAG = "--unsafe-code"

_LEAST_S = {"code": 60.0}
"""Seconds: on a busy machine the start of its jail takes a while, which is not the answer's doing."""

_COMPARING = frozenset({"exact", "numeric", "choice", "math", "structure", "bfcl"})
"""Graders that compare what an answer says with the key."""

FAULTS = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a grader that fails raises; anything else ends its process, which is noticed too."""


class Grader(Protocol):
    """What judges answers. `version` rises whenever the same answer may get another verdict than before."""

    name: str
    version: int

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """The verdict on `answer`, the text after the thinking. Raises PackError where the item cannot be graded."""
        ...


def grader(name: str) -> Grader:
    """The grader of this name. Raises PackError for an unknown one."""
    if name not in _GRADERS:
        raise PackError(f"There is no grader {name!r}; there are {', '.join(GRADER_NAMES)}.")
    module, attribute = _GRADERS[name].split(":")
    return cast("Grader", getattr(import_module(module), attribute))


def judge(pack: Pack, item: Item, answer: str, *, unsafe_code: bool = False) -> Verdict:
    """The verdict of the item's grader in this process; what the grader or the pack gets wrong is an "error".

    `unsafe_code` lets model-written code run where nothing isolates it.
    """
    name = pack.grader_of(item)
    try:
        if name == "code" and unsafe_code:
            from aa_tui.evals.graders.code import Code

            return Code(unsafe=True).grade(pack, item, answer)
        return grader(name).grade(pack, item, answer)
    except PackError as error:
        return Verdict(Outcome.ERROR, None, name, str(error))
    except FAULTS as error:
        too_much = isinstance(error, (MemoryError, RecursionError))
        outcome = _outcome_of_failure(pack, name) if too_much else Outcome.ERROR
        return Verdict(outcome, None, name, f"the grader failed: {type(error).__name__}: {str(error)[:300]}")


class Grading:
    """Grades answers, from any thread; a context manager, at whose end the worker processes end too.

    A worker process is started when one is first needed, and one more for each call under way at the same time, up to
    `processes`; further calls wait. `unsafe_code` lets model-written code run where nothing isolates it.
    """

    def __init__(self, processes: int = 2, *, unsafe_code: bool = False) -> None:
        self._unsafe_code = unsafe_code
        self._places = threading.BoundedSemaphore(processes)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = self._killed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Grading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes: idle ones now, busy ones with their answer."""
        with self._lock:
            workers, self._idle = self._idle, []
            self._closed = True
        for worker in workers:
            worker.kill()

    def kill(self) -> None:
        """End all worker processes now; the answers that busy ones had in hand are "error"."""
        self.close()
        with self._lock:
            self._killed = True
            for worker in self._busy:
                worker.stop()

    def grade(self, pack: Pack, item: Item, answer: str, timeout_s: float = 20.0) -> Verdict:
        """The verdict on the text after the thinking. Never raises for a bad answer, item or grader: that is an
        "error", and so is a grader that takes longer than `timeout_s`, or than the jail may where that is more."""
        name = pack.grader_of(item)
        try:
            timeout_s = max(timeout_s, _LEAST_S.get(name, 0.0))
            request = wire_form(pack, item, answer, timeout_s)
        except (TypeError, ValueError, RecursionError) as error:
            return Verdict(Outcome.ERROR, None, name, f"the item cannot be handed to its grader: {str(error)[:300]}")
        with self._places:
            return self._in_worker(pack, name, request, timeout_s)

    def _in_worker(self, pack: Pack, name: str, request: bytes, timeout_s: float) -> Verdict:
        try:
            worker = self._worker()
            try:
                reply = worker.ask(request, timeout_s)
            finally:
                with self._lock:
                    self._busy.discard(worker)
        except _TooSlowError:
            return Verdict(_outcome_of_failure(pack, name), None, name, f"the grader took longer than {timeout_s:g} s")
        except OSError as error:
            return Verdict(_outcome_of_failure(pack, name), None, name, f"the grader's process failed: {error}")
        with self._lock:
            is_over = self._closed
            if not is_over:
                self._idle.append(worker)
        if is_over:
            worker.kill()
        return verdict_from(reply)

    def _worker(self) -> _Worker:
        """An idle worker process, or a new one. Raises OSError where none can be started."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is not None and not worker.lives():
            worker.kill()
            worker = None
        worker = worker or _Worker(unsafe_code=self._unsafe_code)
        with self._lock:
            self._busy.add(worker)
            if self._killed:
                worker.stop()
        return worker


def _outcome_of_failure(pack: Pack, name: str) -> Outcome:
    """What it means that a grader came to no end. An answer can be too much for any algebra or pattern of ours: nobody
    can tell then whether it is right. Elsewhere the grader or the pack is at fault."""
    return Outcome.UNDECIDED if name in _COMPARING and not pack.extraction.patterns else Outcome.ERROR


class _TooSlowError(Exception):
    """A worker process did not answer in time, and was killed."""


class _Worker:
    """One process of `aa_tui.evals.grading_worker`, in a session of its own so that all it starts dies with it."""

    STARTUP_S = 30.0

    def __init__(self, *, unsafe_code: bool) -> None:
        flags = (UNSAFE_FLAG,) if unsafe_code else ()
        command = children.python("aa_tui.evals.grading_worker", *flags)
        self._process = children.start(command, stdin=children.PIPE, stdout=children.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._started = False

    def ask(self, request: bytes, timeout_s: float) -> dict[str, Any]:
        """Send one line, await one. On any failure the process is killed: _TooSlowError, or OSError if it died."""
        try:
            if not self._started:
                # Starting Python is not the grader's time.
                self._exchange(b"", self.STARTUP_S)
                self._started = True
            reply = self._exchange(request, timeout_s)
        except (_TooSlowError, OSError):
            self.kill()
            raise
        return cast("dict[str, Any]", json.loads(reply))

    def lives(self) -> bool:
        """Whether the process still runs: an idle one may have been killed, for want of memory."""
        return self._process.poll() is None

    def stop(self) -> None:
        """SIGKILL to the whole process group; who awaits its answer notices."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """Stop it and wait for that; no orphan and no zombie is left."""
        self.stop()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _exchange(self, request: bytes, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        left, reply = memoryview(request), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._from, selectors.EVENT_READ)
            if left:
                selector.register(self._to, selectors.EVENT_WRITE)
            while not reply.endswith(b"\n"):
                ready = selector.select(max(deadline - time.monotonic(), 0.0))
                if not ready:
                    raise _TooSlowError
                for key, _ in ready:
                    if key.fd == self._to:
                        left = left[os.write(self._to, left) :]
                        if not left:
                            selector.unregister(self._to)
                        continue
                    piece = os.read(self._from, 65536)
                    if not piece:
                        raise OSError("it ended by itself, perhaps because memory ran out")
                    reply += piece
                    if len(reply) > children.MOST_BYTES:
                        raise OSError("it said more than a verdict")
        return bytes(reply)
