"""How many requests a server is given at once: what it says, else what it turns out to bear."""

from __future__ import annotations

FIRST = 4
"""Where a server does not say how many it computes at once."""

GAIN = 1.05
"""Twice as many at once are kept where they bring so much more text a second."""

WINDOW_S = 10.0
"""A rate is judged after so long, or after twice as many answers as run at once."""

CALM = 4
"""After a server had too much to do, one more at once is tried after so many rounds without that."""


class Pace:
    """The limit of one server. Times are of any steady clock.

    It doubles from FIRST to `most` while the server writes faster for it, and halves where the server has too much to
    do; then it grows again one by one. Where `n_slots` is known it begins there.
    """

    def __init__(self, n_slots: int | None, most: int) -> None:
        self.most = max(min(most, n_slots or most), 1)
        self.limit = self.most if n_slots else min(FIRST, self.most)
        self._is_growing = n_slots is None and self.limit < self.most
        self._best, self._before = 0.0, self.limit
        self._since: float | None = None
        self._n_pieces = self._n_ended = self._n_calm = 0
        self._backed_off: float | None = None

    def piece(self, now: float) -> None:
        """Another bit of text from it."""
        self._n_pieces += 1
        if self._is_growing and self._since is not None and now - self._since >= WINDOW_S:
            self._judge(now)

    def ended(self, now: float, *, was_full: bool) -> None:
        """An answer has come; `was_full` says that as many were running as may."""
        if not was_full:
            self._since = None
            return
        if not self._is_growing:
            self._n_calm += 1
            if self.limit < self.most and self._backed_off is not None and self._n_calm >= CALM * self.limit:
                self.limit += 1
                self._n_calm = 0
            return
        if self._since is None:
            self._begin(now)
            return
        self._n_ended += 1
        if self._n_ended >= 2 * self.limit:
            self._judge(now)

    def busy(self, started: float, now: float) -> None:
        """It has too much to do, as it says to a request of `started`: those sent at once count once."""
        self._is_growing, self._n_calm = False, 0
        if self._backed_off is None or started > self._backed_off:
            self.limit = max(self.limit // 2, 1)
            self._backed_off = now

    def _begin(self, now: float) -> None:
        self._since, self._n_pieces, self._n_ended = now, 0, 0

    def _judge(self, now: float) -> None:
        seconds = now - self._since if self._since is not None else 0.0
        rate = self._n_pieces / seconds if seconds > 0 else 0.0
        if rate > self._best * GAIN:
            self._best, self._before = rate, self.limit
            self._is_growing = self.limit < self.most
            self.limit = min(2 * self.limit, self.most)
        else:
            self.limit = self._before
            self._is_growing = False
        self._since = None
