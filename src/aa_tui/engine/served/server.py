"""One of the servers that share the work: how many requests it has, how it does, and when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from aa_tui.engine.served.exchange import ServerError
from aa_tui.engine.served.pace import Pace
from aa_tui.engine.served.values import Served, Target
from aa_tui.engine.served.waits import backoff_s

DOWN_AFTER = 3
"""Failures in a row, after which a server is asked whether it is well before it gets another request."""

REFUSES_AFTER = 10
"""Requests in a row that it refuses, each with its own fault as it says, until it counts as refusing all."""

SOON_S = 5.0

OUT = frozenset({401, 402})
"""Statuses that are about who asks and not about what is asked."""


@dataclass(frozen=True, slots=True)
class ServerStanding:
    """How a server does, for a live view. `limit` is how many requests it is given at once; `why_down` is empty where
    it answers, else a sentence."""

    url: str
    n_running: int
    n_done: int
    limit: int
    why_down: str


@dataclass(slots=True, eq=False)
class Server:
    """A server's state. Times are of one steady clock.

    `failing_since` is the first failure after its last success. `is_out` means that nothing but the user can help,
    `is_down` that it is asked how it is from `ready_at` on, `is_on_trial` that it gets one request to show it.
    `n_with_tools` counts answers to requests that offered functions.
    """

    target: Target
    served: Served
    pace: Pace
    n_running: int = 0
    n_done: int = 0
    n_failures: int = 0
    n_busy: int = 0
    n_refused: int = 0
    n_with_tools: int = 0
    n_looks: int = 0
    failing_since: float | None = None
    ready_at: float = 0.0
    is_out: bool = False
    is_down: bool = False
    is_on_trial: bool = False
    is_looked_at: bool = False
    why: str = ""
    chance: Random = field(default_factory=Random)

    @property
    def standing(self) -> ServerStanding:
        """How it does."""
        is_gone = self.is_out or self.is_down
        limit = 1 if self.is_on_trial else self.pace.limit
        return ServerStanding(
            self.target.url, self.n_running, self.n_done, 0 if is_gone else limit, self.why if is_gone else ""
        )

    def has_room(self, now: float) -> bool:
        """Whether it may be given another request now."""
        if self.is_out or self.is_down or now < self.ready_at:
            return False
        return self.n_running < (1 if self.is_on_trial else self.pace.limit)

    def is_asked_soon(self, now: float) -> bool:
        """Whether it gets another request within a few seconds, as far as one knows."""
        return not (self.is_out or self.is_down) and self.ready_at < now + SOON_S

    @property
    def load(self) -> float:
        """Its share of what it may have."""
        return self.n_running / self.pace.limit

    def answered(self, now: float, *, was_full: bool) -> None:
        """It has answered a request."""
        self.n_done += 1
        self.n_failures = self.n_busy = self.n_refused = self.n_looks = 0
        self.failing_since, self.is_on_trial, self.why = None, False, ""
        self.pace.ended(now, was_full=was_full)

    def refused(self, error: ServerError) -> bool:
        """It refuses a request for good; whether that is the request's own fault."""
        is_about_us = error.status in OUT or error.status is None or 300 <= error.status < 400
        if is_about_us or (error.status == 404 and not self.n_done):
            self.is_out, self.why = True, str(error)
            return False
        self.n_refused += 1
        if self.n_refused >= REFUSES_AFTER and not self.n_done:
            self.is_out, self.why = True, str(error)
        return True

    def failed(self, error: ServerError, started: float, now: float) -> None:
        """A request of `started` came to nothing, and another may do better."""
        self.why = str(error)
        if self.failing_since is None:
            self.failing_since = now
        if error.is_busy:
            self.n_busy += 1
            self.pace.busy(started, now)
            wait_s = backoff_s(self.n_busy, self.chance) if error.wait_s is None else error.wait_s
            self.ready_at = max(self.ready_at, now + wait_s * (1 + self.chance.random() / 10))
            return
        self.n_failures += 1
        if error.wait_s is not None:
            self.ready_at = max(self.ready_at, now + error.wait_s)
        if self.n_failures >= DOWN_AFTER or self.is_on_trial:
            self.go_down(now)

    def go_down(self, now: float) -> None:
        """It gets no request before it has been asked how it is."""
        self.is_down, self.is_on_trial = True, False
        self.n_looks += 1
        self.ready_at = max(self.ready_at, now + backoff_s(self.n_looks, self.chance))

    def came_back(self) -> None:
        """It says that it is well."""
        self.is_down, self.is_on_trial = False, True

    def is_hopeless(self, now: float, patience_s: float, busy_patience_s: float) -> bool:
        """Whether waiting for it has taken long enough, or would."""
        if self.is_out:
            return True
        if self.failing_since is None:
            return False
        if self.n_busy and not self.is_down:
            return self.ready_at - now > busy_patience_s or now - self.failing_since > busy_patience_s
        return now - self.failing_since > patience_s
